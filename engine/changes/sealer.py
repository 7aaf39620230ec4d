"""Seals the log now and then in a thread of its own, beside the worker."""

from __future__ import annotations

import threading

import structlog

from engine.changes import heads
from engine.changes.seal import seal
from engine.changes.streams import STREAMS
from engine.runtime import Runtime

log = structlog.get_logger("fourfold.log")

PAUSE_SECONDS = 5.0


class Sealer:
    """`run_once` seals what is ready; `start` keeps a thread doing so until `stop`, which seals the rest."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def run_once(self, *, all_rows: bool = False) -> None:
        """Seal both streams, and remember their ends in the data folder."""
        for stream in STREAMS:
            newest = seal(self._runtime, stream, all_rows=all_rows)
            if newest is not None:
                heads.remember(self._runtime.settings.home, heads.head_of(newest))

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="fourfold-sealer", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        while not self._stopping.wait(PAUSE_SECONDS):
            self._attempt(all_rows=False)
        self._attempt(all_rows=True)

    def _attempt(self, *, all_rows: bool) -> None:
        try:
            self.run_once(all_rows=all_rows)
        except Exception:
            # the store may be away for a moment; what waits is sealed next time
            log.exception("sealing failed")

    def stop(self) -> None:
        """Seal what is committed and end the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
