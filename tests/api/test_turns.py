"""Which requests run on the event loop on PostgreSQL, and what becomes of those that must not."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack

import psycopg
import pytest

from api import pace
from api.edge import Edge
from api.pace import Pace
from api.turns import NotHere, Turns
from engine.storage import fibers
from engine.storage.fibers import require_thread

pytestmark = pytest.mark.database("postgresql")


@pytest.fixture
def turns(runtime, monkeypatch):
    monkeypatch.setattr(pace, "SLOW_SECONDS", 60.0)  # how busy the machine is decides nothing
    with runtime.database.connect("read"):
        pass  # one connection is open now
    made = Turns(runtime.database, Pace(), 2)
    made._pace.note("quick", 0.0)
    return made


def test_what_nobody_asked_yet_and_what_was_slow_is_refused(turns):
    turns._pace.note("slow", 100.0)
    for shape in ("new", "slow"):
        with pytest.raises(NotHere):
            asyncio.run(turns.run(shape, lambda: 1))
    assert asyncio.run(turns.run("quick", lambda: 1)) == 1


def test_nobody_connects_on_the_event_loop(runtime, turns):
    with runtime.database.connect("read"), pytest.raises(NotHere):  # the only one is taken
        asyncio.run(turns.run("quick", lambda: 1))


@pytest.mark.parametrize("failure", [psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected])
def test_a_collision_is_tried_again_on_a_thread(turns, failure):
    def collide():
        raise failure

    with pytest.raises(NotHere):
        asyncio.run(turns.run("quick", collide))


def test_other_failures_are_told(turns):
    def fail():
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(turns.run("quick", fail))


def test_what_needs_a_thread_gets_one(runtime, turns):
    edge = Edge(runtime)
    edge._pace.note("quick", 0.0)
    told = []

    def run():
        told.append(threading.current_thread().name)
        require_thread()
        return "done"

    assert asyncio.run(edge._between("quick", run, edge._pool)) == "done"
    assert len(told) == 2
    assert not told[0].startswith("fourfold")
    assert told[1].startswith("fourfold-request")
    edge.close()


class Crowd:
    """Transactions that count how many of them run at once; a connection is open for each."""

    def __init__(self, runtime):
        self.runtime, self.running, self.most = runtime, 0, 0
        with ExitStack() as opened:
            for _ in range(10):
                opened.enter_context(runtime.database.connect("read"))

    def run(self):
        self.running += 1
        self.most = max(self.most, self.running)
        with self.runtime.database.connect("read") as connection:
            connection.connection.driver_connection.execute("SELECT 1")
            fibers.breathe()
        self.running -= 1


def test_no_more_run_at_once_than_may(runtime, turns, monkeypatch):
    monkeypatch.setattr(fibers, "BREATH_SECONDS", -1.0)  # each lets others run
    crowd = Crowd(runtime)

    async def six():
        await asyncio.gather(*(turns.run("quick", crowd.run) for _ in range(6)))

    asyncio.run(six())
    assert crowd.most == 2


def test_the_end_waits_for_what_runs(runtime, turns):
    told = []

    def run():
        with runtime.database.connect("read") as connection:
            connection.connection.driver_connection.execute("SELECT 1")
        told.append("done")

    async def stop():
        asking = asyncio.ensure_future(turns.run("quick", run))
        await asyncio.sleep(0)  # it begins
        asking.cancel()
        await turns.ended()
        return list(told)

    assert asyncio.run(stop()) == ["done"]


def test_a_request_that_is_cancelled_keeps_its_turn_until_its_transaction_ends(runtime, turns):
    crowd = Crowd(runtime)

    async def impatient():
        for _ in range(8):
            asking = asyncio.ensure_future(turns.run("quick", crowd.run))
            await asyncio.sleep(0)
            asking.cancel()
        await turns.ended()

    asyncio.run(impatient())
    assert crowd.most <= 2
