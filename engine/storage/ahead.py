"""Rows on their way to PostgreSQL while their transaction goes on preparing others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.waiting import Ready

from engine.storage.copying import begin_rows

if TYPE_CHECKING:
    from psycopg.abc import PQGen

    from engine.storage.fibers import LoopConnection
    from engine.storage.waiting import Insert, Row


class WritingAhead:
    """Writes rows one table after the other. The connection takes nothing else before all of them are written:
    whoever needs it calls `settle`. Errors of the database come from any of the methods.
    """

    __slots__ = ("_left", "_raw", "_rest")

    def __init__(self, raw: LoopConnection, new: Sequence[tuple[Insert, list[Row]]]) -> None:
        self._raw = raw
        self._left = list(reversed(new))
        self._rest: PQGen[Any] | None = None
        self._begin()

    def go_on(self) -> bool:
        """Hand over the next table if the server is done with the last one; whether everything is written."""
        while self._rest is not None:
            if not self._raw.has_answer():
                return False
            try:
                self._rest.send(Ready.R)
            except StopIteration:
                self._begin()
        return True

    def settle(self) -> None:
        """Wait until everything is written."""
        while self._rest is not None:
            rest, self._rest = self._rest, None
            self._raw.wait(rest)
            self._begin()

    def abandon(self) -> None:
        """Make the connection free for undoing what was written."""
        self._left.clear()
        rest, self._rest = self._rest, None
        if rest is not None:
            with suppress(psycopg.Error):  # it is undone in any case
                self._raw.wait(rest)

    def _begin(self) -> None:
        self._rest = None
        while self._left and self._rest is None:
            self._rest = begin_rows(self._raw, *self._left.pop())
