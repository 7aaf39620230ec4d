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
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from engine.errors import EngineError, TryAgain
from engine.storage.fibers import LoopConnection, NeedsThread, in_fiber
from engine.storage.prepared import keep_prepared

INTEGRITY = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)
"""What the drivers raise when a constraint of the database refuses a row."""

SNAPSHOT = {"sqlite": "BEGIN", "postgres": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
LATE_BEGIN = "BEGIN"
"""A write on PostgreSQL begins with its first statement, and the two travel together where they can."""

BUSY_SECONDS = 30
"""How long a writer on SQLite waits for one of another process."""

DialectName = Literal["sqlite", "postgres"]
Mode = Literal["write", "read", "snapshot"]


class ConnectionLost(TryAgain):
    """The database ended the connection; nothing was changed."""

    zh = "数据库连接中断，未做任何更改。"


class CommitUnknown(EngineError):
    """The database went away while it stored this: it may be stored or not."""

    code = "commit_unknown"
    zh = "保存时数据库连接中断，不确定是否已保存。"
    fix_zh = "请先查看数据是否已保存，再决定是否重试；带 Idempotency-Key 的请求可直接重试。"
    fix_en = "Look whether it is there before you send it again; with an Idempotency-Key just send it again."


class Occupied(Exception):
    """Somebody else is writing, and the caller would not wait."""


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
        self._writes = False
        self._idle: list[Connection] = []
        self._wanting: list[bool] = []
        """One for each thread that waits for a connection of the pool."""
        self._size = 2 * pool_size
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
                f"busy_timeout={BUSY_SECONDS * 1000}",
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
        self._kept: Connection | None = None
        self._read_pool = engine(pool_size, isolation_level="AUTOCOMMIT")
        self.writer = engine(1)
        event.listen(self.writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))

    def _open_postgres(self, pool_size: int) -> None:
        set_json_loads(orjson.loads)
        url = self.url.set(drivername="postgresql+psycopg")

        def connect(_dialect: Any, _record: Any, given: list[Any], options: dict[str, Any]) -> Any:
            if in_fiber():
                raise NeedsThread
            made = LoopConnection.connect(*given, **options)
            keep_prepared(made)
            return made

        def engine(**options: Any) -> Engine:
            made = sa.create_engine(
                url,
                max_overflow=4,
                connect_args={"options": "-c timezone=UTC"},
                json_serializer=lambda value: orjson.dumps(value).decode(),
                **options,
            )
            event.listen(made, "do_connect", connect)
            return made

        self._write_pool = self._read_pool = engine(pool_size=self._size, isolation_level="AUTOCOMMIT")
        self.writer = engine(pool_size=1)

    @contextmanager
    def connect(self, mode: Mode, *, wait: bool = True) -> Iterator[Connection]:
        """A connection inside one transaction: committed on success, rolled back on any error.

        Only the unit of work calls this. The transaction is begun and ended on the driver's connection:
        SQLAlchemy's own way costs more than most statements of a save. Without `wait` a write on SQLite
        raises Occupied while another one goes on; a write within a write does in any case.
        """
        if mode == "write" and self.dialect == "sqlite":
            with self._writing(wait=wait) as connection:
                yield connection
            return
        with self._read_pool.connect() if self.dialect == "sqlite" else self._lent() as connection:
            if mode == "read":
                yield connection
                return
            raw: Any = connection.connection.driver_connection
            if mode == "snapshot":
                raw.execute(SNAPSHOT[self.dialect])
            with _ended(raw, writes=mode == "write"):
                yield connection

    @contextmanager
    def _writing(self, *, wait: bool) -> Iterator[Connection]:
        """The one connection of this process that writes to SQLite. It is kept from one transaction to the
        next until one fails: taking it out of the pool each time costs as much as a few statements.
        """
        if not self._write_lock.acquire(blocking=wait):
            raise Occupied
        if self._writes:  # by this very thread, which would wait for itself
            self._write_lock.release()
            raise Occupied
        self._writes = True
        try:
            connection, self._kept = self._kept or self._write_pool.connect(), None
            try:
                raw: Any = connection.connection.driver_connection
                _begin_immediate(raw, wait=wait)
                with _ended(raw):
                    yield connection
                connection.rollback()  # SQLAlchemy's own idea of a transaction; the real one is committed
            except BaseException:
                connection.close()
                raise
            self._kept = connection
        finally:
            self._writes = False
            self._write_lock.release()

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        """A connection to PostgreSQL. It is kept for the next one who asks, unless the block fails: taking it out
        of the pool each time costs as much as a few statements. Raises ConnectionLost.
        """
        connection = self._kept_one() or self._connected()
        raw: Any = connection.connection.driver_connection
        try:
            yield connection
            if connection.in_transaction():  # SQLAlchemy's own idea of one; the real one is committed
                connection.rollback()
        except BaseException as failure:
            if raw.closed:
                connection.invalidate()
            connection.close()
            if raw.closed and isinstance(failure, (psycopg.Error, DBAPIError)):
                raise ConnectionLost from failure
            raise
        if raw.closed or len(self._idle) >= self._size:
            connection.close()
            return
        self._idle.append(connection)
        if self._wanting and (kept := self._popped()) is not None:
            kept.close()  # who waits for the pool does not look here

    def _popped(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _kept_one(self) -> Connection | None:
        """One that is kept. To one that nobody asked anything the server says only that it ends."""
        while (kept := self._popped()) is not None:
            raw: Any = kept.connection.driver_connection
            if not raw.has_answer():
                return kept
            kept.invalidate()
            kept.close()
        return None

    def _connected(self) -> Connection:
        """One of the pool, waiting for it where all are in use. Raises ConnectionLost, NeedsThread."""
        if in_fiber() and not self.has_free_connection():
            raise NeedsThread  # it would connect or wait
        self._wanting.append(True)
        try:
            return self._kept_one() or self._write_pool.connect()
        except OperationalError as failure:
            raise ConnectionLost from failure
        finally:
            self._wanting.pop()

    def has_free_connection(self) -> bool:
        """Whether a transaction that begins now need not connect first (PostgreSQL)."""
        pool = self._write_pool.pool
        return bool(self._idle) or (isinstance(pool, QueuePool) and pool.checkedin() > 0)

    @contextmanager
    def outside(self) -> Iterator[Any]:
        """A connection of the driver in no transaction, for what PostgreSQL refuses to do inside one."""
        with self._lent() as connection:
            yield connection.connection.driver_connection

    def close(self) -> None:
        """Close all connections."""
        if self.dialect == "sqlite" and self._kept is not None:
            self._kept.close()
            self._kept = None
        while self._idle:
            self._idle.pop().close()
        for engine in {self._write_pool, self._read_pool, self.writer}:
            engine.dispose()


@contextmanager
def _ended(raw: Any, *, writes: bool = True) -> Iterator[None]:
    """Commit what the block did, or roll it back. Raises CommitUnknown for what was written to a database that
    went away meanwhile.
    """
    try:
        yield
    except BaseException:
        if not _is_gone(raw):
            raw.rollback()
        raise
    try:
        raw.commit()
    except psycopg.Error as failure:
        if writes and _is_gone(raw):
            raise CommitUnknown() from failure
        raise


def _is_gone(raw: Any) -> bool:
    """Whether a connection of PostgreSQL is at its end."""
    return isinstance(raw, psycopg.Connection) and raw.closed


def _begin_immediate(raw: Any, *, wait: bool) -> None:
    """Become the writer of a SQLite file. Raises Occupied when another process is, and `wait` is not asked for."""
    if wait:
        raw.execute("BEGIN IMMEDIATE")
        return
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as busy:
        raise Occupied from busy
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
