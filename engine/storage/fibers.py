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

CURSORS = 200
"""So many statements have a cursor of their own on a connection."""
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
        self.since = 0.0

    def go_on(self, *given: Any) -> None:
        """On the loop's side: run until the next wait, and see to it that it goes on after that."""
        self.since = time.perf_counter()
        try:
            found = self.switch(*given)
        except BaseException as failure:  # noqa: BLE001  handed to who waits for the future
            self._fail(failure)
            return
        finally:
            self.longest = max(self.longest, time.perf_counter() - self.since)
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
            self._loop.add_reader(socket, self._ready, socket, wanted, Ready.R)
        if wanted & Wait.W:
            self._loop.add_writer(socket, self._ready, socket, wanted, Ready.W)

    def _ready(self, socket: int, wanted: Wait, ready: Ready) -> None:
        if wanted & Wait.R:
            self._loop.remove_reader(socket)
        if wanted & Wait.W:
            self._loop.remove_writer(socket)
        self.go_on(ready)

    def drive(self, generator: PQGen[RV], socket: int, arrived: select.poll) -> RV:
        """On the fiber's side: what psycopg's `wait` does, but the waiting is the event loop's. `arrived` tells
        whether there is something to read.
        """
        loop_side = cast("greenlet", self.parent)
        try:
            wanted = next(generator)
            while True:
                ready: Ready | None
                if wanted == Wait.R:
                    ready = Ready.R if arrived.poll(0) else None
                else:
                    ready = _ready_now(socket, wanted)
                wanted = generator.send(ready or loop_side.switch((socket, wanted)))
        except StopIteration as done:
            return cast("RV", done.value)


class LoopConnection(psycopg.Connection[Any]):
    """A connection that waits on the event loop where a fiber uses it, and as ever elsewhere. It keeps a cursor
    for each statement: what a new one has to find out takes as long as all the rest of asking.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._arrived: select.poll | None = None
        self._cursors: dict[str, tuple[str, psycopg.Cursor[Any]]] = {}

    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:
        """See psycopg."""
        fiber = getcurrent()
        if isinstance(fiber, Fiber) and not args and not options:
            return fiber.drive(gen, self.pgconn.socket, self._arrived or self._watched())
        return super().wait(gen, *args, **options)

    def has_answer(self) -> bool:
        """Whether the server sent something that was not read yet."""
        return bool((self._arrived or self._watched()).poll(0))

    def _watched(self) -> select.poll:
        self._arrived = select.poll()
        self._arrived.register(self.pgconn.socket, select.POLLIN)
        return self._arrived

    def ask(
        self, text: str, params: Any = None, *, numbered: bool = False, prepare: bool | None = None
    ) -> psycopg.Cursor[Any]:
        """As `execute`, with a result that lasts until the same statement is asked again. Parameters are `$1`
        where they are `numbered`.
        """
        known = self._cursors.get(text)
        if known is None:
            if len(self._cursors) >= CURSORS:
                self._cursors.clear()
            known = self._cursors[text] = (text, psycopg.RawCursor(self) if numbered else self.cursor())
        same, cursor = known  # the driver goes by the identity of the text
        return cursor.execute(same, params, prepare=prepare)

    @staticmethod
    def let_go(cursor: psycopg.Cursor[Any]) -> None:
        """Forget a result that was read, and what was asked with; what was found out about the statement stays."""
        cursor._results.clear()
        cursor.pgresult = cursor._query = None
        cursor._tx.set_pgresult(None, set_loaders=False)


def start(run: Callable[[], Any]) -> Fiber:
    """Run it in a fiber of the running event loop, at once and until its first wait. It goes on to its end even
    when nobody waits for its `future` any more.
    """
    fiber = Fiber(asyncio.get_running_loop(), run)
    fiber.go_on()
    return fiber


def breathe() -> None:
    """Let others run on the event loop, when this fiber had the thread for a while; does nothing on a thread."""
    fiber = getcurrent()
    if isinstance(fiber, Fiber) and time.perf_counter() - fiber.since >= BREATH_SECONDS:
        cast("greenlet", fiber.parent).switch(None)


def require_thread() -> None:
    """What follows takes long. Raises NeedsThread on the thread of an event loop, in a fiber or not."""
    if in_fiber() or _on_a_loop():
        raise NeedsThread


def in_fiber() -> bool:
    """Whether this runs in a fiber."""
    return isinstance(getcurrent(), Fiber)


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


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
