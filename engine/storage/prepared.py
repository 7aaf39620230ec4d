"""Statements of a connection to PostgreSQL stay prepared over a rollback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg._preparing import Prepare, PrepareManager

CHANGED = (b"CREATE", b"ALTER", b"DROP")
GONE = (b"ALTER", b"DROP", b"DISCARD", b"DEALLOCATE")


class KeptStatements(PrepareManager):
    """What a connection has prepared.

    The driver forgets it with every rollback, since tables that the transaction made are gone with it. But a
    request that is refused is rolled back too, and then each statement was planned anew five times before it
    was prepared again: one refused request in twenty made all writes half as dear again for the server. So
    here it is forgotten only when the transaction may have changed tables.
    """

    def __init__(self) -> None:
        super().__init__()
        self._unsure = False

    def _should_discard(self, prep: Prepare, results: Sequence[Any], *_: Any) -> bool:
        tags = [result.command_status or b"" for result in results]
        if any(tag.startswith(CHANGED) for tag in tags):
            self._unsure = True
        if any(tag.startswith(GONE) or (self._unsure and tag.startswith(b"ROLLBACK")) for tag in tags):
            return super().clear()
        return False

    def clear(self) -> bool:
        """Called after a rollback."""
        if not self._unsure:
            return False
        self._unsure = False
        return super().clear()


def keep_prepared(connection: psycopg.Connection[Any]) -> None:
    """Give a new connection its `KeptStatements`."""
    connection._prepared = KeptStatements()
