"""The collector of cycles, paused while many small objects are made."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Collector:
    """Thousands of small objects in a row make the collector of cycles walk through the whole process time
    and again, for a third of the time of a set; these objects form no cycles. Threads may pause it at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pauses = 0
        self._collected = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        with self._lock:
            if not self._pauses:
                self._collected = gc.isenabled()
                gc.disable()
            self._pauses += 1
        try:
            yield
        finally:
            with self._lock:
                self._pauses -= 1
                if not self._pauses and self._collected:
                    gc.enable()


COLLECTOR = Collector()
