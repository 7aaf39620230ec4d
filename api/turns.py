"""Short transactions of PostgreSQL on the event loop: a few at a time, the others wait for their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from api.busy import is_busy
from api.pace import Pace
from engine.storage import fibers
from engine.storage.database import Database

T = TypeVar("T")


class NotHere(Exception):
    """This is to be run on a thread."""


class Turns:
    """One per process. What keeps the event loop too long between two waits runs on a thread the next time."""

    def __init__(self, database: Database, pace: Pace, most: int) -> None:
        self._database, self._pace, self._most = database, pace, most
        self._running: set[asyncio.Future[Any]] = set()
        self._free: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, shape: Hashable, run: Callable[[], T]) -> T:
        """Run a transaction between others. Raises NotHere for one that was slow, needs a thread, has no
        connection yet or collided with another one.
        """
        if not self._pace.is_quick(shape):
            raise NotHere
        fiber = await self._begun(run)
        try:
            return cast("T", await asyncio.shield(fiber.future))  # it ends though nobody waits
        except fibers.NeedsThread:
            raise NotHere from None
        except Exception as failure:
            if is_busy(failure):
                raise NotHere from failure
            raise
        finally:
            self._pace.note(shape, fiber.longest)

    async def _begun(self, run: Callable[[], T]) -> fibers.Fiber:
        """The fiber, which has its turn until its end. Raises NotHere without a connection for it."""
        turn = self._turn()
        await turn.acquire()
        if not self._database.has_free_connection():
            turn.release()
            raise NotHere
        fiber = fibers.start(run)
        self._running.add(fiber.future)
        fiber.future.add_done_callback(self._running.discard)
        fiber.future.add_done_callback(lambda _: turn.release())
        return fiber

    async def ended(self) -> None:
        """When all that runs has come to its end."""
        if self._running:
            await asyncio.wait(self._running)

    def _turn(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._free is None or self._loop is not loop:
            self._free, self._loop = asyncio.Semaphore(self._most), loop
        return self._free
