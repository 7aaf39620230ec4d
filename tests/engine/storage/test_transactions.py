"""Transactions of the unit of work: where they begin, what they see, and how they end."""

from __future__ import annotations

import threading

import pytest

from engine.identity import repository
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.storage.database import Occupied

HOW_MANY = "SELECT count(*) FROM ff_department"


def add(work, key):
    repository.add_department(work, {"id": key, "name": {"zh": key, "en": key}})


def departments(runtime: Runtime) -> int:
    with runtime.reading(SYSTEM) as work:
        return work.row(HOW_MANY)[0]


def test_statements_that_open_a_transaction_are_inside_it(runtime):
    before = departments(runtime)
    with pytest.raises(LookupError), runtime.unit_of_work(SYSTEM) as work:
        assert work.opening("SELECT 1", HOW_MANY) == [(before,)]
        add(work, "lab")
        raise LookupError
    assert departments(runtime) == before


def test_opening_later_sees_what_the_transaction_wrote(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        before = work.row(HOW_MANY)[0]
        add(work, "lab")
        assert work.opening("SELECT 1", HOW_MANY) == [(before + 1,)]


@pytest.mark.database("postgresql")
def test_a_statement_that_opens_sees_what_was_committed_while_the_one_before_it_waited(runtime):
    before, seen, holding = departments(runtime), [], threading.Event()

    def second() -> None:
        holding.wait()
        with runtime.unit_of_work(SYSTEM) as work:
            seen.append(work.opening("SELECT pg_advisory_xact_lock(77)::text", HOW_MANY)[0][0])

    other = threading.Thread(target=second)
    other.start()
    with runtime.unit_of_work(SYSTEM) as work:
        work.row("SELECT pg_advisory_xact_lock(77)::text")
        holding.set()
        with runtime.reading(SYSTEM) as watching:
            waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 77"
            while watching.row(waits)[0] == 0:
                pass
        add(work, "lab")
    other.join()
    assert seen == [before + 1]


@pytest.mark.database("sqlite")
def test_who_may_not_wait_is_told_that_another_one_writes(runtime):
    told = []

    def second() -> None:
        try:
            with runtime.unit_of_work(SYSTEM, wait=False) as work:
                add(work, "shop")
        except Occupied:
            told.append("occupied")

    with runtime.unit_of_work(SYSTEM) as work:
        add(work, "lab")
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert told == ["occupied"]
    second()
    assert told == ["occupied"]


def test_after_a_failure_the_next_transaction_begins_anew(runtime):
    before = departments(runtime)
    for key in ("lab", "shop"):
        with pytest.raises(LookupError), runtime.unit_of_work(SYSTEM) as work:
            add(work, key)
            raise LookupError
        with runtime.unit_of_work(SYSTEM) as work:
            add(work, key)
    assert departments(runtime) == before + 2


@pytest.mark.database("sqlite")
def test_a_write_within_a_write_is_refused_instead_of_waiting_for_itself(runtime):
    with runtime.unit_of_work(SYSTEM), pytest.raises(Occupied), runtime.unit_of_work(SYSTEM):
        pytest.fail("never reached")
    with runtime.unit_of_work(SYSTEM) as work:
        add(work, "lab")


@pytest.mark.database("sqlite")
def test_a_store_that_was_closed_opens_again(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        add(work, "lab")
    runtime.database.close()
    with runtime.unit_of_work(SYSTEM) as work:
        add(work, "shop")
