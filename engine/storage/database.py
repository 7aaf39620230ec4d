"""Connections to the main store: SQLite with one writer, or PostgreSQL with a pool."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import QueuePool

INTEGRITY = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)
"""What the drivers raise when a constraint of the database refuses a row."""

DialectName = Literal["sqlite", "postgres"]
Mode = Literal["write", "read", "snapshot"]


class Database:
    """Opens connections for writing, for single reads and for reads of one snapshot.

    SQLite: WAL, one writer connection per process behind a lock, readers beside it.
    PostgreSQL: a pool for writers (READ COMMITTED), one in autocommit for single reads, and
    REPEATABLE READ for answers that take several statements.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 8,
        synchronous: str = "NORMAL",
        prepare: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:
        self.url = sa.make_url(url)
        self.dialect: DialectName = "sqlite" if self.url.get_backend_name() == "sqlite" else "postgres"
        self._write_lock = threading.RLock()
        if self.dialect == "sqlite":
            self._open_sqlite(pool_size, synchronous, prepare)
        else:
            self._open_postgres(pool_size)

    def _open_sqlite(
        self, pool_size: int, synchronous: str, prepare: Callable[[sqlite3.Connection], None] | None
    ) -> None:
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)

        def configure(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # transactions are begun below, explicitly
            for pragma in (
                "journal_mode=WAL",
                f"synchronous={synchronous}",
                "busy_timeout=30000",
                "foreign_keys=ON",
                "cache_size=-65536",
                "temp_store=MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}")
            if prepare is not None:
                prepare(connection)

        def engine(begin: str, size: int) -> Engine:
            made = sa.create_engine(
                self.url,
                poolclass=QueuePool,
                pool_size=size,
                max_overflow=0,
                pool_timeout=60,
                connect_args={"check_same_thread": False, "cached_statements": 512},
            )
            event.listen(made, "connect", configure)
            event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
            return made

        self._writer = engine("BEGIN IMMEDIATE", 1)
        self._reader = self._snapshot = engine("BEGIN", pool_size)

    def _open_postgres(self, pool_size: int) -> None:
        url = self.url.set(drivername="postgresql+psycopg")

        def engine(**options: Any) -> Engine:
            return sa.create_engine(
                url,
                pool_size=pool_size,
                max_overflow=4,
                connect_args={"options": "-c timezone=UTC"},
                json_serializer=lambda value: orjson.dumps(value).decode(),
                **options,
            )

        self._writer = engine(isolation_level="READ COMMITTED")
        self._reader = engine(isolation_level="AUTOCOMMIT")
        self._snapshot = engine(isolation_level="REPEATABLE READ")

    @property
    def writer(self) -> Engine:
        """For migrations and tests."""
        return self._writer

    @contextmanager
    def connect(self, mode: Mode) -> Iterator[Connection]:
        """A connection inside one transaction: committed on success, rolled back on any error.

        Only the unit of work calls this.
        """
        if mode == "write":
            if self.dialect == "sqlite":
                with self._write_lock, self._writer.begin() as connection:
                    yield connection
            else:
                with self._writer.begin() as connection:
                    yield connection
            return
        engine = self._reader if mode == "read" else self._snapshot
        with engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close all pooled connections."""
        for engine in {self._writer, self._reader, self._snapshot}:
            engine.dispose()
