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
from psycopg.types.json import set_json_loads
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import QueuePool

INTEGRITY = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)
"""What the drivers raise when a constraint of the database refuses a row."""

BEGIN: dict[str, dict[str, str]] = {
    "sqlite": {"write": "BEGIN IMMEDIATE", "snapshot": "BEGIN"},
    "postgres": {"write": "BEGIN", "snapshot": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
}

DialectName = Literal["sqlite", "postgres"]
Mode = Literal["write", "read", "snapshot"]


class Database:
    """Opens connections for writing, for single reads and for reads of one snapshot.

    SQLite: WAL, one writer connection per process behind a lock, readers beside it.
    PostgreSQL: one pool; writes run READ COMMITTED, single reads without a transaction, and answers of
    several statements REPEATABLE READ. `writer` is a plain engine for migrations.
    """

    writer: Engine

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

        def engine(size: int, **options: Any) -> Engine:
            made = sa.create_engine(
                self.url,
                poolclass=QueuePool,
                pool_size=size,
                max_overflow=0,
                pool_timeout=60,
                connect_args={"check_same_thread": False, "cached_statements": 512},
                **options,
            )
            event.listen(made, "connect", configure)
            return made

        self._write_pool = engine(1, isolation_level="AUTOCOMMIT")
        self._read_pool = engine(pool_size, isolation_level="AUTOCOMMIT")
        self.writer = engine(1)
        event.listen(self.writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))

    def _open_postgres(self, pool_size: int) -> None:
        set_json_loads(orjson.loads)
        url = self.url.set(drivername="postgresql+psycopg")

        def engine(**options: Any) -> Engine:
            return sa.create_engine(
                url,
                max_overflow=4,
                connect_args={"options": "-c timezone=UTC"},
                json_serializer=lambda value: orjson.dumps(value).decode(),
                **options,
            )

        self._write_pool = self._read_pool = engine(pool_size=2 * pool_size, isolation_level="AUTOCOMMIT")
        self.writer = engine(pool_size=1)

    @contextmanager
    def connect(self, mode: Mode) -> Iterator[Connection]:
        """A connection inside one transaction: committed on success, rolled back on any error.

        Only the unit of work calls this. The transaction is begun and ended on the driver's connection:
        SQLAlchemy's own way costs more than most statements of a save.
        """
        if mode == "write" and self.dialect == "sqlite":
            with self._write_lock, self._transaction(self._write_pool, mode) as connection:
                yield connection
        else:
            with self._transaction(
                self._write_pool if mode == "write" else self._read_pool, mode
            ) as connection:
                yield connection

    @contextmanager
    def _transaction(self, engine: Engine, mode: Mode) -> Iterator[Connection]:
        begin = BEGIN[self.dialect].get(mode)
        with engine.connect() as connection:
            if begin is None:
                yield connection
                return
            raw: Any = connection.connection.driver_connection
            raw.execute(begin)
            try:
                yield connection
            except BaseException:
                raw.rollback()
                raise
            raw.commit()

    def close(self) -> None:
        """Close all pooled connections."""
        for engine in {self._write_pool, self._read_pool, self.writer}:
            engine.dispose()
