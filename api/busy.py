"""Which database errors only say: somebody was faster, try the transaction again."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError

SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
LOCK_TIMEOUT = "55P03"
COLLISIONS = frozenset({SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT})


def is_busy(failure: BaseException) -> bool:
    """Whether running the same transaction again may well succeed."""
    if isinstance(failure, DBAPIError):
        return failure.orig is not None and is_busy(failure.orig)
    if isinstance(failure, psycopg.Error):
        return failure.sqlstate in COLLISIONS
    if isinstance(failure, sqlite3.OperationalError):
        code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
        return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return False
