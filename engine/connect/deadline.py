"""An end to one connection: timeouts of sockets start anew with every byte, a slow drip would hold us for ever."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Deadline:
    """Cuts the connection it watches when its time is up; whoever reads or writes there sees it broken.

    It holds a second handle of the connection, which stays valid when TLS is put over the first one.
    """

    def __init__(self) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []

    def watch(self, connection: socket.socket) -> None:
        """Cut this plain connection too, at once when the time is up already."""
        with self._lock:
            self._watched.append(connection.dup())
            if self.passed:
                self._cut()

    def pass_now(self) -> None:
        """The time is up."""
        with self._lock:
            self.passed = True
            self._cut()

    def release(self) -> None:
        """The connection is done with."""
        with self._lock:
            for handle in self._watched:
                handle.close()
            self._watched.clear()

    def _cut(self) -> None:
        for handle in self._watched:
            with suppress(OSError):  # the other side closed it already
                handle.shutdown(socket.SHUT_RDWR)


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Time for what is done inside; `watch` the connections that are to be cut when it is over."""
    made = Deadline()
    timer = threading.Timer(seconds, made.pass_now)
    timer.daemon = True
    timer.start()
    try:
        yield made
    finally:
        timer.cancel()
        made.release()
