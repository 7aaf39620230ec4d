"""Publishing a time rule: records that exist already, changed rules, withdrawn rules."""

from __future__ import annotations

from datetime import date

import pytest

from engine.jobs.worker import Worker
from tests.rules.small_crm import Crm, local, publish_rules, rule
from tests.support.prepared import prepared_by

MARK = {"type": "create_record", "form": "task", "set": {"title": {"expr": "name"}}}


def renewal(offset="-30d", **trigger):
    return rule(
        "renewal",
        "contract",
        {"type": "date_reached", "at": "end_date", "offset": offset, "time": "09:00", **trigger},
        [MARK],
        when='status = "effective"',
    )


@pytest.fixture
@prepared_by(publish_rules)
def crm(runtime, people):
    return Crm(runtime)


@pytest.fixture
def worker(runtime):
    return Worker(runtime, jitter=lambda: 0.0)


@pytest.fixture
def contracts(crm):
    """One whose thirty days began already, one that has time, one that is a draft."""
    return [
        crm.create("contract", name="past", status="effective", end_date=date(2026, 3, 20)),
        crm.create("contract", name="ahead", status="effective", end_date=date(2026, 5, 1)),
        crm.create("contract", name="draft", end_date=date(2026, 3, 20)),
    ]


def titles(crm):
    return sorted(task["title"] for task in crm.all("task"))


def test_existing_records_are_armed_and_past_ones_fire(crm, runtime, clock, worker, contracts):
    publish_rules(runtime, renewal())
    worker.run_due()
    assert titles(crm) == ["past"]
    clock.set(local(4, 1, 9))
    worker.run_due()
    assert titles(crm) == ["ahead", "past"]


def test_arm_from_now_passes_over_what_is_past(crm, runtime, clock, worker, contracts):
    publish_rules(runtime, renewal(past="skip"))
    worker.run_due()
    assert titles(crm) == []
    clock.set(local(4, 1, 9))
    worker.run_due()
    assert titles(crm) == ["ahead"]
    crm.update("contract", contracts[0], name="touched")
    worker.run_due()
    assert titles(crm) == ["ahead"]


def test_a_changed_offset_moves_the_timers(crm, runtime, clock, worker, contracts):
    publish_rules(runtime, renewal())
    worker.run_due()
    publish_rules(runtime, renewal("-10d"))
    worker.run_due()
    clock.set(local(4, 1, 9))
    worker.run_due()
    assert titles(crm) == ["past"]
    clock.set(local(4, 21, 9))
    worker.run_due()
    assert titles(crm) == ["ahead", "past"]


def test_publishing_again_without_a_change_fires_nothing_again(crm, runtime, worker, contracts):
    publish_rules(runtime, renewal())
    worker.run_due()
    publish_rules(
        runtime, renewal(), rule("other", "task", {"type": "deleted"}, [MARK | {"set": {"title": "x"}}])
    )
    worker.run_due()
    assert titles(crm) == ["past"]


def test_a_withdrawn_rule_leaves_no_timer(crm, runtime, clock, worker, contracts):
    publish_rules(runtime, renewal())
    worker.run_due()
    publish_rules(runtime)
    clock.set(local(6, 1))
    assert worker.run_due() == 0
    assert titles(crm) == ["past"]


def test_a_rule_published_anew_does_not_answer_the_same_date_twice(crm, runtime, worker, contracts):
    publish_rules(runtime, renewal())
    worker.run_due()
    publish_rules(runtime)
    publish_rules(runtime, renewal())
    worker.run_due()
    assert titles(crm) == ["past"]


def test_more_records_than_one_batch_holds(crm, runtime, worker, monkeypatch):
    monkeypatch.setattr("rules.jobs.arm.BATCH", 2)
    for number in range(5):
        crm.create("contract", name=f"c{number}", status="effective", end_date=date(2026, 3, 20))
    publish_rules(runtime, renewal())
    worker.run_due()
    assert len(titles(crm)) == 5


def test_a_condition_on_another_record_is_asked_again_when_this_one_is_saved(runtime, people, clock, worker):
    publish_rules(
        runtime,
        rule(
            "vip",
            "opportunity",
            {"type": "date_reached", "at": "stage_since", "offset": "1d"},
            [{"type": "set_fields", "set": {"note": "vip"}}],
            when='customer.level = "A"',
        ),
    )
    crm = Crm(runtime)
    customer = crm.create("customer", name="C", level="B")
    record = crm.create("opportunity", name="OP", customer=customer, stage_since=clock.now())
    clock.advance(days=1)
    worker.run_due()
    assert crm.get("opportunity", record)["note"] is None
    crm.update("customer", customer, level="A")
    crm.update("opportunity", record, amount=100)
    worker.run_due()
    assert crm.get("opportunity", record)["note"] == "vip"
