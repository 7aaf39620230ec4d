"""Few threads and a short queue for what takes long: a flood of it holds up nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from engine.errors import EngineError

T = TypeVar("T")


class BoundedThreads:
    """`refusal` makes what is raised when the queue is full."""

    def __init__(self, name: str, refusal: Callable[[], EngineError], *, threads: int, waiting: int) -> None:
        self._executor = ThreadPoolExecutor(threads, name)
        self._places = threading.Semaphore(threads + waiting)
        self._refusal = refusal

    async def run(self, function: Callable[[], T]) -> T:
        """Run it when a thread is free. Raises the refusal when the queue is full."""
        if not self._places.acquire(blocking=False):
            raise self._refusal()
        running = self._executor.submit(function)
        running.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(running)

    def close(self) -> None:
        """Let what runs end, then stop the threads."""
        self._executor.shutdown(wait=True, cancel_futures=True)
