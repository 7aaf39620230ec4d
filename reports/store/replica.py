"""The replica: one file, one writer that follows the log, one cursor per query."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import structlog

from reports.store import state
from reports.store.errors import StoreBuilding, StoreFailed
from reports.store.follow import at_head, follow
from reports.store.protocol import StoreQuery, StoreRows
from reports.store.session import BROKEN, open_database, read, transaction
from reports.store.tables import ReplicaTable

if TYPE_CHECKING:
    from engine.runtime import Runtime

log = structlog.get_logger("fourfold.reports")


@dataclass(frozen=True, slots=True)
class Limits:
    """`wait`: seconds a query waits for the replica to catch up before it answers stale;
    `build`: seconds it waits for a table that is not there yet."""

    memory: str = "1GB"
    timeout: float = 30.0
    wait: float = 2.0
    build: float = 120.0


class Replica:
    """A disposable copy of the main store for reports. Threads share it."""

    def __init__(self, runtime: Runtime, path: Path | None, limits: Limits) -> None:
        self._runtime = runtime
        self._path = path
        self._limits = limits
        self._lock = threading.Lock()
        self._wanted: dict[str, ReplicaTable] = {}
        self._reached: dict[str, tuple[str, int]] = {}
        self._next: Future[int] | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="report-store")
        self._connection = self._open()

    def query(self, query: StoreQuery, *, min_pos: int | None = None) -> StoreRows:
        """Rows that show every change committed before the call, or `stale` ones after a bounded wait."""
        used = self._connection
        try:
            return self._attempt(query, min_pos)
        except BROKEN as broken:
            self._writer.submit(self._renew, broken, used).result()
        try:
            return self._attempt(query, min_pos)
        except BROKEN as broken:
            raise StoreFailed(details={"reason": str(broken).splitlines()[0]}) from broken

    def close(self) -> None:
        """Stop following and close the file."""
        self._writer.shutdown(wait=True)
        self._connection.close()

    def _attempt(self, query: StoreQuery, min_pos: int | None) -> StoreRows:
        """Raises StoreBuilding when the tables are not there, even after a second pass: a publish that
        comes between reshapes them.
        """
        for _pass in range(2):
            stale = not self._caught_up(query, min_pos)
            found = self._read(query)
            if found is not None:
                rows, pos = found
                return StoreRows(rows, pos, stale=stale or (min_pos is not None and pos < min_pos))
        raise StoreBuilding()

    def _read(self, query: StoreQuery) -> tuple[list[tuple[Any, ...]], int] | None:
        """Rows, and a position up to which they show every change; None when a table is not there."""
        pos = self._reached_by(query)
        cursor = self._connection.cursor()
        try:
            if pos is not None:  # one statement is one snapshot, at or after what was reached before it
                return read(cursor, query.sql, query.params, timeout=self._limits.timeout), pos
            with transaction(cursor):
                pos = _position(cursor, query)
                if pos is None:
                    return None
                return read(cursor, query.sql, query.params, timeout=self._limits.timeout), pos
        finally:
            cursor.close()

    def _reached_by(self, query: StoreQuery) -> int | None:
        """Where this process has brought the tables of a query; None when it has not done so yet."""
        reached, positions = self._reached, []
        for table in query.tables:
            fingerprint, pos = reached.get(table.name, ("", -1))
            if fingerprint != table.fingerprint:
                return None
            positions.append(pos)
        return min(positions, default=0)

    def _caught_up(self, query: StoreQuery, min_pos: int | None) -> bool:
        """Whether the replica came to the head of the log (and to `min_pos`) in time."""
        if self._already_there(query, min_pos):
            return True
        began = time.monotonic()
        while True:
            waiting = self._follow(query.tables)
            pos = self._waited(waiting, self._limits.wait - (time.monotonic() - began))
            if pos is None and not self._ready(query):
                pos = self._waited(waiting, self._limits.build)
            if pos is None or min_pos is None or pos >= min_pos:
                return pos is not None
            if time.monotonic() - began > self._limits.wait:
                return False
            time.sleep(0.02)

    def _already_there(self, query: StoreQuery, min_pos: int | None) -> bool:
        """Whether nothing was saved since the tables were brought forward: then no thread has to wait."""
        reached = self._reached_by(query)
        if reached is None or not all(table.follows_log for table in query.tables):
            return False
        head = at_head(self._runtime)
        return head is not None and reached >= max(head, min_pos or 0)

    @staticmethod
    def _waited(waiting: Future[int], seconds: float) -> int | None:
        try:
            return waiting.result(timeout=max(seconds, 0))
        except Late:
            return None

    def _ready(self, query: StoreQuery) -> bool:
        cursor = self._connection.cursor()
        try:
            return _position(cursor, query) is not None
        finally:
            cursor.close()

    def _follow(self, tables: tuple[ReplicaTable, ...]) -> Future[int]:
        """A pass that starts after this call; callers that wait for the same start share it."""
        with self._lock:
            self._wanted |= {table.name: table for table in tables}
            if self._next is None:
                self._next = self._writer.submit(self._pass)
            return self._next

    def _pass(self) -> int:
        """In the writer thread: one step forward; a broken file is built anew first."""
        with self._lock:
            self._next = None
            wanted = dict(self._wanted)
        used = self._connection
        try:
            pos = follow(self._runtime, self._connection, wanted)
        except BROKEN as broken:
            self._renew(broken, used)
            pos = follow(self._runtime, self._connection, wanted)
        self._reached = {name: (table.fingerprint, pos) for name, table in wanted.items()}
        return pos

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._prepared(self._path)
        except duckdb.Error as broken:
            if self._path is not None and "set lock on file" in str(broken):
                log.warning("another process owns the report store; using memory", path=str(self._path))
                self._path = None
            else:
                log.warning("the report store cannot be read; building it anew", reason=str(broken))
                self._discard()
            return self._prepared(self._path)

    def _prepared(self, path: Path | None) -> duckdb.DuckDBPyConnection:
        connection = open_database(path, memory=self._limits.memory)
        try:
            state.prepare(connection)
        except duckdb.Error:
            connection.close()
            raise
        return connection

    def _renew(self, reason: Exception, broken: duckdb.DuckDBPyConnection) -> None:
        """In the writer thread: throw the file away and begin again; the main store has everything."""
        if self._connection is not broken:
            return  # somebody else saw the same and was first
        log.warning("the report store failed; building it anew", reason=str(reason))
        self._reached = {}
        self._connection.close()
        self._discard()
        self._connection = self._prepared(self._path)

    def _discard(self) -> None:
        if self._path is not None:
            for file in (self._path, self._path.with_name(self._path.name + ".wal")):
                file.unlink(missing_ok=True)


def _position(cursor: duckdb.DuckDBPyConnection, query: StoreQuery) -> int | None:
    """Up to where the tables of a query have every change; None when one is missing or shaped otherwise."""
    known = state.known(cursor)
    positions = []
    for table in query.tables:
        found = known.get(table.name)
        if found is None or not found.fingerprint.startswith(table.fingerprint):
            return None
        positions.append(found.pos)
    return min(positions, default=0)
