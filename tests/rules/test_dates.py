"""R10 and S28: thirty days before the end of a contract, at nine in the morning."""

from __future__ import annotations

from datetime import date

import pytest

from engine.jobs.worker import Worker
from tests.rules.small_crm import Crm, local, publish_rules, rule
from tests.support.prepared import prepared_by

RENEWAL = rule(
    "r10_renewal",
    "contract",
    {"type": "date_reached", "at": "end_date", "offset": "-30d", "time": "09:00"},
    [
        {
            "type": "create_record",
            "form": "task",
            "key": "no_key",
            "set": {
                "title": {"expr": '"续约 " & name'},
                "assignee": {"expr": "COALESCE(service_owner, owner)"},
                "contract": {"expr": "id"},
            },
        },
        {"type": "set_fields", "set": {"status": "expiring"}},
    ],
    when='status = "effective"',
)
del RENEWAL["actions"][0]["key"]


@pytest.fixture
@prepared_by(lambda runtime: publish_rules(runtime, RENEWAL))
def crm(runtime, people):
    return Crm(runtime)


@pytest.fixture
def worker(runtime):
    return Worker(runtime, jitter=lambda: 0.0)


def test_fires_at_nine_local_thirty_days_before(crm, clock, worker):
    contract = crm.create("contract", name="HT", owner="li", status="effective", end_date=date(2026, 5, 1))
    clock.set(local(4, 1, 8, 59, 59))
    worker.run_due()
    assert crm.all("task") == []
    clock.set(local(4, 1, 9))
    worker.run_due()
    [task] = crm.all("task")
    assert (task["title"], task["assignee"], task["contract"]) == ("续约 HT", "li", contract)
    assert crm.get("contract", contract)["status"] == "expiring"


def test_entered_later_than_that_it_fires_at_once(crm, clock, worker):
    crm.create("contract", name="HT", owner="li", status="effective", end_date=date(2026, 3, 10))
    worker.run_due()
    assert len(crm.all("task")) == 1
    [run] = crm.runs("r10_renewal")
    assert run.late is False


def test_becoming_effective_later_than_that_fires_at_once(crm, clock, worker):
    contract = crm.create("contract", name="HT", owner="li", end_date=date(2026, 3, 10))
    worker.run_due()
    assert crm.all("task") == []
    crm.update("contract", contract, status="effective")
    worker.run_due()
    assert len(crm.all("task")) == 1


def test_never_twice_for_the_same_end_date_and_again_for_another(crm, clock, worker):
    contract = crm.create("contract", name="HT", owner="li", status="effective", end_date=date(2026, 3, 10))
    worker.run_due()
    crm.update("contract", contract, end_date=date(2026, 12, 31))
    crm.update("contract", contract, end_date=date(2026, 3, 10), status="effective")
    worker.run_due()
    assert len(crm.all("task")) == 1
    crm.update("contract", contract, end_date=date(2026, 3, 11), status="effective")
    worker.run_due()
    assert len(crm.all("task")) == 2


def test_a_moved_date_cancels_the_old_timer(crm, clock, worker):
    contract = crm.create("contract", name="HT", owner="li", status="effective", end_date=date(2026, 5, 1))
    crm.update("contract", contract, end_date=date(2026, 6, 1))
    clock.set(local(4, 1, 9))
    worker.run_due()
    assert crm.all("task") == []
    clock.set(local(5, 2, 9))
    worker.run_due()
    assert len(crm.all("task")) == 1


def test_two_workers_fire_once(crm, runtime, clock):
    crm.create("contract", name="HT", owner="li", status="effective", end_date=date(2026, 3, 10))
    for worker in (Worker(runtime), Worker(runtime)):
        worker.run_due()
    assert len(crm.all("task")) == 1


def test_a_record_in_approval_is_left_alone_and_the_rule_comes_again(crm, runtime, clock, worker):
    from sqlalchemy import delete, insert

    from engine.identity.principal import SYSTEM
    from engine.storage.tables import record_lock

    contract = crm.create("contract", name="HT", owner="li", status="effective", end_date=date(2026, 3, 10))
    with runtime.unit_of_work(SYSTEM) as work:
        lock = {"record": contract, "app": "crm", "form": "contract", "instance": "i1", "editors": {}}
        work.connection.execute(insert(record_lock).values(**lock))
    worker.run_due()
    assert (crm.all("task"), crm.runs("r10_renewal")) == ([], [])
    with runtime.unit_of_work(SYSTEM) as work:
        work.connection.execute(delete(record_lock))
    clock.advance(minutes=2)
    worker.run_due()
    assert len(crm.all("task")) == 1


def test_a_record_locked_for_too_long_is_a_failed_run(crm, runtime, clock, worker):
    from sqlalchemy import insert

    from engine.identity.principal import SYSTEM
    from engine.storage.tables import record_lock

    contract = crm.create("contract", name="HT", owner="li", status="effective", end_date=date(2026, 3, 10))
    with runtime.unit_of_work(SYSTEM) as work:
        lock = {"record": contract, "app": "crm", "form": "contract", "instance": "i1", "editors": {}}
        work.connection.execute(insert(record_lock).values(**lock))
    for _ in range(8):
        worker.run_due()
        clock.advance(hours=5)
    [run] = crm.runs("r10_renewal")
    assert (run.state, run.error["code"], crm.all("task")) == ("failed", "record_locked", [])
