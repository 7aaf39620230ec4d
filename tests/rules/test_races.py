"""Writers, workers and timers at the same moment."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from tests.rules.small_crm import Crm, local, publish_rules, rule
from tests.support.prepared import prepared_by

RENEWAL = rule(
    "renewal",
    "contract",
    {"type": "date_reached", "at": "end_date", "offset": "-30d", "time": "09:00"},
    [
        {
            "type": "create_record",
            "form": "task",
            "set": {"title": {"expr": "name"}, "contract": {"expr": "id"}},
        }
    ],
    when='status = "effective"',
)


@pytest.fixture
@prepared_by(lambda runtime: publish_rules(runtime, RENEWAL))
def crm(runtime, people):
    return Crm(runtime)


def together(*calls):
    start = threading.Barrier(len(calls))
    failures = []

    def run(call):
        start.wait()
        try:
            call()
        except Exception as failure:  # noqa: BLE001 - whatever a thread dies of is shown
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


def test_many_workers_at_the_same_moment_fire_each_occurrence_once(crm, runtime, clock):
    for number in range(20):
        crm.create("contract", name=f"c{number:02}", status="effective", end_date=date(2026, 5, 1))
    clock.set(local(4, 1, 9))
    failures = together(*(Worker(runtime).run_due for _ in range(4)))
    assert failures == []
    assert sorted(task["title"] for task in crm.all("task")) == [f"c{number:02}" for number in range(20)]


def test_a_date_moved_while_it_is_due_fires_for_the_old_or_the_new_but_never_twice_for_one(
    crm, runtime, clock
):
    contracts = [
        crm.create("contract", name=f"c{number}", status="effective", end_date=date(2026, 5, 1))
        for number in range(8)
    ]
    clock.set(local(4, 1, 9))

    def move():
        for contract in contracts:
            crm.update("contract", contract, end_date=date(2026, 12, 31))

    assert together(Worker(runtime).run_due, move) == []
    clock.set(local(12, 1, 9))
    Worker(runtime).run_due()
    runs = crm.runs("renewal")
    seen = [(run.record, run.occurrence) for run in runs]
    assert len(seen) == len(set(seen))
    assert {run.record for run in runs if run.occurrence == "2026-12-31"} == set(contracts)


@pytest.mark.parametrize(
    "place", ["engine.jobs.repository.finish", "rules.repository.add_runs", "rules.jobs.due.rest"]
)
def test_killed_anywhere_in_a_firing_it_fires_once_after_the_restart(crm, runtime, clock, monkeypatch, place):
    crm.create("contract", name="c", status="effective", end_date=date(2026, 5, 1))
    Worker(runtime).run_due()
    clock.set(local(4, 1, 9))

    class Killed(BaseException):
        """The process dies."""

    def die(*_, **__):
        raise Killed

    monkeypatch.setattr(place, die)
    with pytest.raises(Killed):
        Worker(runtime).run_due()
    monkeypatch.undo()
    assert crm.all("task") == []
    clock.advance(minutes=10)
    Worker(runtime).run_due()
    assert len(crm.all("task")) == 1
    assert len(crm.runs("renewal")) == 1


days = st.integers(1, 120)
moves = st.one_of(
    st.tuples(st.just("date"), days),
    st.tuples(st.just("status"), st.booleans()),
    st.tuples(st.just("wait"), days),
)


@pytest.mark.slow
@given(st.lists(moves, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_an_occurrence_fires_once_when_due_and_true(crm, runtime, clock, steps):
    from datetime import timedelta

    start = date(2026, 3, 2)
    clock.set(local(3, 2, 10))
    worker = Worker(runtime)
    record = crm.create("contract", name="c", end_date=start + timedelta(days=60))
    end, active, expected = start + timedelta(days=60), False, set()

    def observe():
        due = local(1, 1, 9) + timedelta(days=(end - timedelta(days=30) - date(2026, 1, 1)).days)
        if active and due <= clock.now():
            expected.add(end.isoformat())

    for kind, value in steps:
        if kind == "date":
            end = start + timedelta(days=value)
            crm.update("contract", record, end_date=end)
        elif kind == "status":
            active = value
            crm.update("contract", record, status="effective" if value else "draft")
        else:
            clock.advance(days=value)
        observe()
        worker.run_due()
    with runtime.reading(SYSTEM):
        fired = [run.occurrence for run in crm.runs("renewal") if run.record == record]
    assert sorted(fired) == sorted(expected)
