"""Transactions of PostgreSQL on the event loop: while one waits for the server, others go on.

The code of a transaction is written without `await`. A fiber (a greenlet) runs it on the thread of the
event loop, and each wait for the server gives that thread back until the socket can be read. So many
transactions share one thread, where threads of their own would spend half their time on handing Python's
lock to each other.

What runs in a fiber keeps everybody else waiting between two waits. Work of many parts calls `breathe`
between them; what takes long by nature calls `require_thread`, and its transaction is run again on a thread.
A lock of `threading` must not be held across a statement: the fiber that waits for it would stop the loop.
"""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import psycopg
from greenlet import getcurrent, greenlet
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

T = TypeVar("T")
RV = TypeVar("RV")

BREATH_SECONDS = 0.005
"""How long a fiber goes on before `breathe` lets others run."""


class NeedsThread(Exception):
    """This takes too long for the event loop: the transaction is to be run on a thread."""


class Fiber(greenlet):
    """One transaction on the event loop; `longest` is the longest stretch without a wait, in seconds.

    Only the loop's own greenlet talks to the loop, after it got the thread back: while a fiber runs, its
    part of the C stack may lie over the one in which libuv keeps its events.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, run: Callable[[], Any]) -> None:
        super().__init__(run)
        self.future: asyncio.Future[Any] = loop.create_future()
        self.longest = 0.0
        self._loop = loop
        self._since = 0.0

    def go_on(self, *given: Any) -> None:
        """On the loop's side: run until the next wait, and see to it that it goes on after that."""
        self._since = time.perf_counter()
        try:
            found = self.switch(*given)
        except BaseException as failure:  # noqa: BLE001  handed to who waits for the future
            self._fail(failure)
            return
        finally:
            self.longest = max(self.longest, time.perf_counter() - self._since)
        if self.dead:
            if not self.future.done():
                self.future.set_result(found)
        elif found is None:
            self._loop.call_soon(self.go_on)
        else:
            self._watch(*found)

    def _fail(self, failure: BaseException) -> None:
        if self.future.done():
            return
        if isinstance(failure, StopIteration):  # a future takes everything but that
            reason, failure = failure, RuntimeError("a transaction raised StopIteration")
            failure.__cause__ = reason
        self.future.set_exception(failure)

    def _watch(self, socket: int, wanted: Wait) -> None:
        if wanted & Wait.R:
            self._loop.add_reader(socket, self._ready, socket, Ready.R)
        if wanted & Wait.W:
            self._loop.add_writer(socket, self._ready, socket, Ready.W)

    def _ready(self, socket: int, ready: Ready) -> None:
        self._loop.remove_reader(socket)
        self._loop.remove_writer(socket)
        self.go_on(ready)

    def drive(self, generator: PQGen[RV], socket: int) -> RV:
        """On the fiber's side: what psycopg's `wait` does, but the waiting is the event loop's."""
        loop_side = cast("greenlet", self.parent)
        try:
            wanted = next(generator)
            while True:
                ready = _ready_now(socket, wanted) or loop_side.switch((socket, wanted))
                wanted = generator.send(ready)
        except StopIteration as done:
            return cast("RV", done.value)

    def breathe(self) -> None:
        """On the fiber's side: let others run, when this one had the thread for a while."""
        if time.perf_counter() - self._since >= BREATH_SECONDS:
            cast("greenlet", self.parent).switch(None)


class LoopConnection(psycopg.Connection[Any]):
    """A connection that waits on the event loop where a fiber uses it, and as ever elsewhere."""

    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:
        """See psycopg."""
        fiber = getcurrent()
        if isinstance(fiber, Fiber) and not args and not options:
            return fiber.drive(gen, self.pgconn.socket)
        return super().wait(gen, *args, **options)


def start(run: Callable[[], Any]) -> Fiber:
    """Run it in a fiber of the running event loop, at once and until its first wait. It goes on to its end even
    when nobody waits for its `future` any more.
    """
    fiber = Fiber(asyncio.get_running_loop(), run)
    fiber.go_on()
    return fiber


def breathe() -> None:
    """Let others run on the event loop; does nothing on a thread."""
    fiber = getcurrent()
    if isinstance(fiber, Fiber):
        fiber.breathe()


def require_thread() -> None:
    """What follows takes long. Raises NeedsThread in a fiber."""
    if isinstance(getcurrent(), Fiber):
        raise NeedsThread


def _ready_now(socket: int, wanted: Wait) -> Ready | None:
    """What the socket can do at once; psycopg asks before it sends, when it nearly always can."""
    poll = select.poll()
    events = (select.POLLIN if wanted & Wait.R else 0) | (select.POLLOUT if wanted & Wait.W else 0)
    poll.register(socket, events)
    found = poll.poll(0)
    if not found:
        return None
    event = found[0][1]
    ready = (Ready.R if event & ~select.POLLOUT else 0) | (Ready.W if event & select.POLLOUT else 0)
    return Ready(ready) if ready else None
