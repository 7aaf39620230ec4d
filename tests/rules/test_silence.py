"""S27: seven days without a follow-up."""

from __future__ import annotations

import pytest

from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from rules.jobs.arm import arm_from_now
from tests.rules.small_crm import Crm, local, publish_rules, rule
from tests.support.prepared import prepared_by

NO_FOLLOW_UP = rule(
    "r09_no_follow_up",
    "opportunity",
    {"type": "silent", "since": "MAX(last_follow, stage_since)", "for": "168h"},
    [
        {"type": "set_fields", "set": {"risk": True}},
        {
            "type": "notify",
            "to": [{"field": "owner"}, {"superior_of": "owner"}],
            "subject": {"zh": "{{name}} 已 7 天未跟进", "en": "{{name}}: no follow-up for 7 days"},
        },
    ],
    when='stage = "initial"',
)
RISK_OVER = rule(
    "r09_risk_over",
    "opportunity",
    {"type": "updated", "fields": ["last_follow"]},
    [{"type": "set_fields", "set": {"risk": False}}],
    when="risk = true",
)


@pytest.fixture
@prepared_by(lambda runtime: publish_rules(runtime, NO_FOLLOW_UP, RISK_OVER))
def crm(runtime, people):
    return Crm(runtime)


@pytest.fixture
def worker(runtime):
    return Worker(runtime, jitter=lambda: 0.0)


@pytest.fixture
def silent(crm, clock):
    """An opportunity at initial since 1 March, last human activity Tue 10 March 10:00."""
    clock.set(local(3, 1))
    record = crm.create("opportunity", name="OP", owner="li", stage_since=local(3, 1))
    clock.set(local(3, 10, 10))
    crm.create("activity", opportunity=record, happened_at=local(3, 10, 10))
    return record


def test_nothing_a_second_before_and_once_on_the_second(crm, clock, worker, silent):
    clock.set(local(3, 17, 9, 59, 59))
    worker.run_due()
    assert crm.runs("r09_no_follow_up") == []
    clock.set(local(3, 17, 10))
    worker.run_due()
    [run] = crm.runs("r09_no_follow_up")
    assert (run.state, run.late, run.due_at) == ("done", False, local(3, 17, 10))
    assert crm.get("opportunity", silent)["risk"] is True
    assert [note["title"] for note in crm.inbox("li")] == ["OP 已 7 天未跟进"]
    assert len(crm.inbox("wang")) == 1
    for day in (18, 19, 25):
        clock.set(local(3, day, 10))
        worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 1


def test_a_new_activity_ends_the_risk_and_starts_the_next_week(crm, clock, worker, silent):
    clock.set(local(3, 17, 10))
    worker.run_due()
    clock.set(local(3, 20, 15))
    crm.create("activity", opportunity=silent, happened_at=local(3, 20, 15))
    assert crm.get("opportunity", silent)["risk"] is False
    clock.set(local(3, 27, 14, 59))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 1
    clock.set(local(3, 27, 15))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 2


def test_an_archived_chat_message_does_not_postpone(crm, clock, worker, silent):
    clock.set(local(3, 16, 10))
    crm.create("activity", opportunity=silent, type="wecom", happened_at=local(3, 16, 10))
    clock.set(local(3, 17, 10))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 1


def test_an_activity_dated_back_clears_the_risk_and_counts_from_its_own_time(crm, clock, worker, silent):
    clock.set(local(3, 17, 10))
    worker.run_due()
    clock.set(local(3, 18, 9))
    crm.create("activity", opportunity=silent, happened_at=local(3, 12, 10))
    assert crm.get("opportunity", silent)["risk"] is False
    clock.set(local(3, 19, 9, 59))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 1
    clock.set(local(3, 19, 10))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 2


def test_another_stage_never_fires(crm, clock, worker, silent):
    clock.set(local(3, 15))
    crm.update("opportunity", silent, stage="need", stage_since=local(3, 15))
    clock.set(local(4, 30))
    worker.run_due()
    assert crm.runs("r09_no_follow_up") == []


def test_a_deleted_activity_is_forgotten(crm, clock, worker, silent):
    clock.set(local(3, 15, 10))
    later = crm.create("activity", opportunity=silent, happened_at=local(3, 15, 10))
    crm.delete("activity", later)
    clock.set(local(3, 17, 10))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 1


def test_deleting_the_activity_that_moved_the_anchor_never_fires_the_same_silence_twice(
    crm, clock, worker, silent
):
    clock.set(local(3, 17, 10))
    worker.run_due()
    clock.set(local(3, 18, 10))
    later = crm.create("activity", opportunity=silent, happened_at=local(3, 18, 10))
    crm.delete("activity", later)
    clock.set(local(3, 30))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 1


def test_a_deleted_record_has_no_timer(crm, clock, worker):
    worker.run_due()
    record = crm.create("opportunity", name="OP", owner="li", stage_since=local(3, 2))
    crm.delete("opportunity", record)
    clock.set(local(4, 30))
    assert worker.run_due() == 0


def test_without_any_activity_it_counts_from_entering_the_stage(crm, clock, worker):
    crm.create("opportunity", name="OP", owner="li", stage_since=local(3, 2))
    clock.set(local(3, 9))
    worker.run_due()
    assert len(crm.runs("r09_no_follow_up")) == 1


def test_missed_time_is_caught_up_and_marked(crm, clock, worker, silent):
    clock.set(local(3, 17, 12))
    worker.run_due()
    [run] = crm.runs("r09_no_follow_up")
    assert (run.state, run.late) == ("done", True)


def test_records_brought_in_with_rules_off_are_timed_from_now_on(runtime, people, clock, worker):
    clock.set(local(3, 20))
    publish_rules(runtime, NO_FOLLOW_UP)
    listeners, runtime.listeners = runtime.listeners, ()
    crm = Crm(runtime)
    long_silent = crm.create("opportunity", name="old", owner="li", stage_since=local(3, 1))
    lately = crm.create("opportunity", name="new", owner="li", stage_since=local(3, 19))
    runtime.listeners = listeners
    with runtime.unit_of_work(SYSTEM, source="demo") as work:
        arm_from_now(work, work.app("crm"))
    worker.run_due()
    assert crm.runs("r09_no_follow_up") == []
    clock.set(local(3, 26))
    worker.run_due()
    assert [run.record for run in crm.runs("r09_no_follow_up")] == [lately]
    assert not crm.get("opportunity", long_silent)["risk"]
