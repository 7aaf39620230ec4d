"""Remembers which kinds of requests were quick last time: only those may keep the event loop waiting."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")

SLOW_SECONDS = 0.010
REMEMBERED = 5_000


class Pace:
    """One per process. A shape is what makes requests alike: the form and the filter, not the page.

    Only quick shapes are kept. One that nobody has run yet may take any time, so it counts as slow.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._quick: OrderedDict[int, None] = OrderedDict()

    def is_quick(self, shape: Hashable) -> bool:
        """Whether the last request of this shape was short enough for the event loop."""
        return hash(shape) in self._quick

    def timed(self, shape: Hashable, run: Callable[[], T], *, parts: int = 1) -> T:
        """Run it and remember how it went; others may run between its `parts`, which are much the same."""
        start = self._clock()
        try:
            return run()
        finally:
            self.note(shape, (self._clock() - start) / parts)

    def note(self, shape: Hashable, seconds: float) -> None:
        """Remember how long it kept everybody waiting; those asked longest ago are forgotten first."""
        # Several threads come here. Each step is safe on its own, whatever another did in between.
        key = hash(shape)
        self._quick.pop(key, None)
        if seconds <= SLOW_SECONDS:
            self._quick[key] = None
            if len(self._quick) > REMEMBERED:
                self._quick.popitem(last=False)
