"""Remembers which kinds of requests were slow last time, so that the event loop does not wait for them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")

SLOW_SECONDS = 0.010
REMEMBERED = 5_000


class Pace:
    """One per process. A shape is what makes requests alike: the form and the filter, not the page."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._slow: OrderedDict[int, None] = OrderedDict()

    def is_slow(self, shape: Hashable) -> bool:
        """Whether the last request of this shape took too long for the event loop."""
        return hash(shape) in self._slow

    def timed(self, shape: Hashable, run: Callable[[], T]) -> T:
        """Run it and remember how it went; one that became quick again is forgotten."""
        start = self._clock()
        try:
            return run()
        finally:
            if self._clock() - start > SLOW_SECONDS:
                self._slow[hash(shape)] = None
                while len(self._slow) > REMEMBERED:
                    self._slow.popitem(last=False)
            else:
                self._slow.pop(hash(shape), None)
