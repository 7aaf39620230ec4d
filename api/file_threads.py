"""Threads where files are read, written and looked at, apart from those of other requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
THREADS = 6


class FileThreads:
    """A slow store or a large picture holds up other files at most, never records."""

    def __init__(self, threads: int = THREADS) -> None:
        self._executor = ThreadPoolExecutor(threads, "fourfold-file")

    async def run(self, function: Callable[[], T]) -> T:
        """Run it beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function)

    def later(self, function: Callable[[], object]) -> None:
        """Run it some time soon; nobody waits for it."""
        self._executor.submit(function)

    def close(self) -> None:
        """Let what runs end, then stop the threads."""
        self._executor.shutdown(wait=True)
