"""Transactions of PostgreSQL on the event loop: they wait without keeping each other waiting."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, suppress

import psycopg
import pytest
import uvloop

from engine.identity import repository
from engine.identity.principal import SYSTEM
from engine.storage import fibers

pytestmark = pytest.mark.database("postgresql")
LOCK = "SELECT pg_advisory_xact_lock(78)::text"
FREE = "SELECT pg_try_advisory_xact_lock(78)"
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 78"
LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


@pytest.fixture
def connected(runtime):
    """The runtime with ten connections open: no fiber may open one."""
    with ExitStack() as opened:
        for _ in range(10):
            opened.enter_context(runtime.database.connect("read"))
    return runtime


def add(work, key):
    repository.add_department(work, {"id": key, "name": {"zh": key, "en": key}})


def exists(runtime, key):
    with runtime.reading(SYSTEM) as work:
        return repository.department_by_id(work, key) is not None


@LOOPS
def test_a_transaction_that_waits_lets_the_one_go_on_for_which_it_waits(connected, run):
    told = []

    def take(name):
        with connected.unit_of_work(SYSTEM) as work:
            work.row(LOCK)
            told.append((name, threading.get_ident()))
            work.row("SELECT 1")
            told.append((name, threading.get_ident()))

    async def both():
        await asyncio.gather(*(fibers.start(lambda name=name: take(name)).future for name in "abcd"))

    run(both())
    names = [name for name, _ in told]
    assert sorted(names) == sorted("aabbccdd")
    assert names[::2] == names[1::2]  # the lock kept them apart
    assert {thread for _, thread in told} == {threading.get_ident()}


@LOOPS
def test_the_loop_goes_on_while_a_transaction_waits(connected, run):
    holds, may_end = threading.Event(), threading.Event()

    def hold():
        with connected.unit_of_work(SYSTEM) as work:
            work.row(LOCK)
            holds.set()
            may_end.wait(30)

    def take():
        with connected.unit_of_work(SYSTEM) as work:
            work.row(LOCK)
            return "taken"

    async def other():
        waits = fibers.start(take).future
        seen = 0
        while not seen:  # asked on the very loop on which the other one waits
            seen = await fibers.start(lambda: count(connected)).future
        assert not waits.done()
        may_end.set()
        return await waits

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(30)
    assert run(other()) == "taken"
    thread.join()


def count(runtime):
    with runtime.reading(SYSTEM) as work:
        return work.row(WAITING)[0]


@LOOPS
def test_what_goes_wrong_reaches_who_waits_and_leaves_nothing(connected, run):
    def fail():
        with connected.unit_of_work(SYSTEM) as work:
            add(work, "lab")
            work.row("SELECT 1 / 0")

    async def ask():
        await fibers.start(fail).future

    with pytest.raises(psycopg.errors.DivisionByZero):
        run(ask())
    assert not exists(connected, "lab")


def test_a_stop_iteration_does_not_leave_who_waits_waiting():
    async def ask():
        await fibers.start(lambda: next(iter(()))).future

    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(asyncio.wait_for(ask(), 10))


@LOOPS
def test_a_transaction_ends_well_though_nobody_waits_for_it_any_more(connected, run):
    def save():
        with connected.unit_of_work(SYSTEM) as work:
            add(work, "lab")

    async def hang_up():
        fiber = fibers.start(save)
        fiber.future.cancel()
        with suppress(asyncio.CancelledError):
            await fiber.future
        await fibers.start(lambda: add_last(fiber)).future

    def add_last(fiber):
        with connected.unit_of_work(SYSTEM) as work:
            while not fiber.dead:
                work.row("SELECT 1")

    run(hang_up())
    assert exists(connected, "lab")


def test_long_work_lets_others_on_where_it_breathes(monkeypatch):
    monkeypatch.setattr(fibers, "BREATH_SECONDS", 0.0)
    told = []

    def count_to_three(name):
        for number in range(3):
            fibers.breathe()
            told.append(f"{name}{number}")

    async def both():
        await asyncio.gather(*(fibers.start(lambda name=name: count_to_three(name)).future for name in "ab"))

    asyncio.run(both())
    assert told == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_breathing_does_nothing_on_a_thread():
    fibers.breathe()
    fibers.require_thread()


def test_what_needs_a_thread_says_so_on_the_loop():
    async def ask():
        await fibers.start(fibers.require_thread).future

    with pytest.raises(fibers.NeedsThread):
        asyncio.run(ask())


def test_the_longest_stretch_is_known(monkeypatch):
    ticks = iter([0.0, 1.0, 10.0, 13.0, 20.0, 22.0])
    monkeypatch.setattr(fibers, "BREATH_SECONDS", -100.0)

    def work():
        fibers.breathe()
        fibers.breathe()

    async def ask():
        fiber = fibers.start(work)
        await fiber.future
        return fiber.longest

    class Clock:
        asked = 0

        def perf_counter(self):
            Clock.asked += 1
            return 0.0 if Clock.asked in breaths else next(ticks)

    breaths = {2, 5}  # what `breathe` itself asks
    monkeypatch.setattr(fibers, "time", Clock())
    assert asyncio.run(ask()) == 3.0


@LOOPS
def test_many_transactions_keep_their_own_connection_and_their_own_answers(connected, run):
    def ask(number):
        with connected.unit_of_work(SYSTEM) as work:
            found = [work.row("SELECT %s::int", (number,))[0] for _ in range(20)]
            add(work, f"d{number}")
            return set(found)

    async def all_of_them():
        rounds = []
        for start in range(0, 40, 8):
            rounds += await asyncio.gather(
                *(fibers.start(lambda n=n: ask(n)).future for n in range(start, start + 8))
            )
        return rounds

    assert run(all_of_them()) == [{number} for number in range(40)]
    assert all(exists(connected, f"d{number}") for number in range(40))


def test_nobody_connects_in_a_fiber(runtime):
    def ask():
        with runtime.reading(SYSTEM) as work:
            return work.row("SELECT 1")

    async def first():
        await fibers.start(ask).future

    with pytest.raises(fibers.NeedsThread):
        asyncio.run(first())
    assert ask() == (1,)
