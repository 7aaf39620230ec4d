"""Which database errors only say: somebody was faster, try the transaction again."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError

from engine.errors import TryAgain
from engine.storage.database import ConnectionLost

T = TypeVar("T")
ATTEMPTS = 6
FIRST_PAUSE = 0.005

SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
LOCK_TIMEOUT = "55P03"
COLLISIONS = frozenset({SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT})


def is_busy(failure: BaseException) -> bool:
    """Whether running the same transaction again may well succeed."""
    if isinstance(failure, ConnectionLost):
        return True
    if isinstance(failure, DBAPIError):
        return failure.orig is not None and is_busy(failure.orig)
    if isinstance(failure, psycopg.Error):
        return failure.sqlstate in COLLISIONS
    if isinstance(failure, sqlite3.OperationalError):
        code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
        return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return False


def retried(run: Callable[[], T]) -> T:
    """Run a whole transaction again when the store says it collided. Raises TryAgain in the end."""
    pause = FIRST_PAUSE
    for attempt in range(ATTEMPTS):
        try:
            return run()
        except Exception as failure:
            if not is_busy(failure):
                raise
            if attempt == ATTEMPTS - 1:
                raise TryAgain() from failure
        time.sleep(pause * (1 + random.random()))  # noqa: S311  spread, not secrecy
        pause *= 2
    raise TryAgain()
