"""Rows that PostgreSQL writes while their transaction goes on: nothing differs from waiting for it."""

from __future__ import annotations

import asyncio

import pytest

from engine.identity.principal import SYSTEM
from engine.storage import fibers
from engine.storage.waiting import Insert, WaitingRefused

COUNTERS = Insert("ff_counter", ("scope", "value"))
DEPARTMENTS = Insert("ff_department", ("id", "name"))


@pytest.fixture
def work(runtime):
    with runtime.unit_of_work(SYSTEM) as opened:
        yield opened


def put(work, *scopes):
    work.insert(COUNTERS, [(scope, 1) for scope in scopes])


def found(work):
    return {scope for (scope,) in work.rows("SELECT scope FROM ff_counter")}


def many(name, count=300):
    return [f"{name}{number}" for number in range(count)]


def test_all_rows_of_all_tables_are_there_in_the_end(work):
    with work.together():
        for part in "abc":
            put(work, *many(part))
            work.insert(DEPARTMENTS, [(key, '{"zh": "部", "en": "dept"}') for key in many(part)])
            work.write_ahead()
            work.breathe()
    assert found(work) == {*many("a"), *many("b"), *many("c")}
    assert work.row("SELECT count(*) FROM ff_department")[0] >= 900


def test_one_row_and_none_are_written_too(work):
    with work.together():
        work.write_ahead()
        put(work, "alone")
        work.write_ahead()
        work.write_ahead()
    assert found(work) == {"alone"}


def test_who_looks_sees_what_is_on_its_way(work):
    with work.together():
        put(work, *many("a"))
        work.write_ahead()
        put(work, "late")
        assert found(work) == {*many("a"), "late"}


def test_rows_that_are_refused_end_the_block(work):
    put(work, "a7")
    with pytest.raises(WaitingRefused), work.savepoint(), work.together():
        put(work, *many("a"))
        work.write_ahead()
    assert found(work) == {"a7"}


@pytest.mark.database("postgresql")
def test_a_refusal_is_known_at_the_next_look(work):
    put(work, "a7")
    with pytest.raises(WaitingRefused), work.savepoint(), work.together():
        put(work, *many("a"))
        work.write_ahead()
        work.row("SELECT count(*) FROM ff_department")
        pytest.fail("it is known by now")
    assert found(work) == {"a7"}


def test_what_fails_meanwhile_undoes_rows_on_their_way(work):
    with pytest.raises(LookupError), work.savepoint(), work.together():
        put(work, *many("a", 5_000))
        work.write_ahead()
        raise LookupError
    assert found(work) == set()


def test_what_fails_meanwhile_undoes_rows_that_would_have_been_refused(work):
    put(work, "a7")
    with pytest.raises(LookupError), work.savepoint(), work.together():
        put(work, *many("a"))
        work.write_ahead()
        raise LookupError
    assert found(work) == {"a7"}


def test_a_transaction_that_fails_meanwhile_leaves_a_connection_that_works(runtime):
    for _ in range(3):
        with pytest.raises(LookupError), runtime.unit_of_work(SYSTEM) as work, work.together():
            put(work, *many("a"))
            work.write_ahead()
            raise LookupError
    with runtime.reading(SYSTEM) as work:
        assert found(work) == set()


@pytest.mark.database("postgresql")
def test_fibers_write_ahead_at_the_same_time(runtime):
    def add(name):
        with runtime.unit_of_work(SYSTEM) as work, work.together():
            for part in range(4):
                put(work, *many(f"{name}{part}-"))
                work.write_ahead()
                work.breathe()

    async def all_of_them():
        with runtime.database.connect("read"), runtime.database.connect("read"):
            """Two connections are open: no fiber may open one."""
        await asyncio.gather(*(fibers.start(lambda name=name: add(name)).future for name in "ab"))

    asyncio.run(all_of_them())
    with runtime.reading(SYSTEM) as work:
        assert found(work) == {f"{name}{part}-{n}" for name in "ab" for part in range(4) for n in range(300)}
