"""One transaction with who acts, when, and why. Only this module commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from engine.definitions.app import AppNotFound
from engine.errors import EngineError
from engine.storage.ahead import WritingAhead
from engine.storage.database import INTEGRITY, LATE_BEGIN, Mode
from engine.storage.fibers import breathe
from engine.storage.waiting import Insert, Row, WaitingRefused, WaitingRows, insert_rows

if TYPE_CHECKING:
    from engine.definitions.app import CompiledApp
    from engine.identity.principal import Principal
    from engine.runtime import Runtime

Params = Mapping[str, Any] | Sequence[Any]
NO_PARAMS: dict[str, Any] = {}
ALL, FIRST, TOUCHED = methodcaller("fetchall"), methodcaller("fetchone"), attrgetter("rowcount")
"""What is wanted of a cursor."""


class TooDeep(EngineError):
    """A chain of automatic changes went deeper than 8 steps and was stopped."""

    code = "cascade_too_deep"
    zh = "自动触发的更改链超过 8 层，已停止。"
    fix_zh = "请检查相互触发的规则。"
    fix_en = "Look for rules that trigger each other."


MAX_DEPTH = 8


@dataclass(slots=True)
class UnitOfWork:
    """One transaction. `cause` is the change that led to what is being done now, `depth` its distance
    from the person's own change; `holding` is the flow instance whose record lock is passed; `address` is
    where the request came from.
    """

    runtime: Runtime
    principal: Principal
    _connection: Connection
    now: datetime
    mode: Mode
    source: str = "api"
    request_id: str | None = None
    address: str | None = None
    cause: int | None = None
    depth: int = 0
    batch: str | None = None
    holding: str | None = None
    apps: dict[str, CompiledApp] = field(default_factory=dict)
    memory: dict[Any, Any] = field(default_factory=dict)
    _driver: Any = None
    _keeps: bool = False
    _begun: bool = True
    _after_commit: list[Callable[[], object]] = field(default_factory=list)
    _waiting: WaitingRows | None = None
    _ahead: WritingAhead | None = None
    writes: int = 0
    drawn: int | None = None
    """An id for the log that was taken when the transaction began (PostgreSQL)."""

    def __post_init__(self) -> None:
        self._driver = self._connection.connection.driver_connection
        self._keeps = self.runtime.database.dialect == "postgres"
        self._begun = self.mode != "write" or not self._keeps

    @property
    def _raw(self) -> Any:
        """The driver's connection, inside the transaction."""
        if not self._begun:
            self._begun = True
            self._driver.execute(LATE_BEGIN)
        if self._ahead is not None:
            self._settle_ahead()
        return self._driver

    @property
    def connection(self) -> Connection:
        """The connection for SQLAlchemy's statements; what waits is written before."""
        self.writes += 1
        raw = self._raw
        if self._waiting:
            self._waiting.write(raw)
        return self._connection

    def opening(self, *statements: str) -> list[tuple[Any, ...]]:
        """The rows of the last of some statements without parameters. On PostgreSQL, when nothing was asked
        before, they travel together with the begin of the transaction; each still sees what was committed
        before it runs.
        """
        if not self._begun:
            self._begun = True
            cursor = self._driver.ask("; ".join((LATE_BEGIN, *statements)), prepare=False)
            while cursor.nextset():
                pass
        else:
            for statement in statements:
                cursor = self._raw.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def rows(self, sql: str, params: Params = NO_PARAMS) -> list[tuple[Any, ...]]:
        """All rows of a driver-ready statement (`engine.expressions.print_sql`)."""
        if self._waiting and self._waiting.concerns(sql):
            self._waiting.write(self._raw)
        fetched: list[tuple[Any, ...]] = self._ask(sql, params, ALL)
        return fetched

    def row(self, sql: str, params: Params = NO_PARAMS) -> tuple[Any, ...] | None:
        """The first row, or None."""
        if not sql.startswith("SELECT"):
            self.writes += 1
        if self._waiting and self._waiting.concerns(sql):
            self._waiting.write(self._raw)
        first: tuple[Any, ...] | None = self._ask(sql, params, FIRST)
        return first

    def run(self, sql: str, params: Params = NO_PARAMS) -> int:
        """Run a statement; the number of rows it touched."""
        self.writes += 1
        if self._waiting:
            self._waiting.write(self._raw)
        return int(self._ask(sql, params, TOUCHED))

    def _ask(self, sql: str, params: Params, read: Callable[[Any], Any]) -> Any:
        """What `read` takes out of the cursor; on PostgreSQL the connection keeps that, without the result."""
        raw = self._raw
        if not self._keeps:
            return read(raw.execute(sql, params))
        cursor = raw.ask(sql, params)
        found = read(cursor)
        raw.let_go(cursor)
        return found

    def run_many(self, sql: str, params: Sequence[Params]) -> None:
        """Run a statement once per set of parameters."""
        self.writes += 1
        if self._waiting:
            self._waiting.write(self._raw)
        self._raw.cursor().executemany(sql, params)

    @property
    def collecting(self) -> bool:
        """Whether rows wait to be written together."""
        return self._waiting is not None

    @property
    def refused_together(self) -> bool:
        """Whether rows wait that the store can only refuse all at once (`together`)."""
        return self._waiting is not None and not self._waiting.brief

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let new and changed rows wait and be written in few statements, at the latest when the block ends.

        Raises WaitingRefused when a constraint refuses one of them: then only undoing the block helps.
        """
        before, self._waiting = self._waiting, WaitingRows(self.runtime.database.dialect)
        try:
            yield
            self._waiting.write(self._raw)
        except BaseException:
            self._abandon_ahead()
            raise
        finally:
            self._waiting = before

    def write_ahead(self) -> None:
        """Within `together`, let PostgreSQL write the new rows while this transaction goes on, unless it is still at
        the last ones: called from time to time, with `breathe` in between. Raises WaitingRefused.
        """
        waiting = self._waiting
        if waiting is None or waiting.brief or not self._keeps:
            return
        self._go_on_ahead()
        if self._ahead is None and waiting.inserts:
            with _refused_together():
                self._ahead = WritingAhead(self._raw, waiting.taken())

    def _go_on_ahead(self) -> None:
        if self._ahead is not None:
            with _refused_together():
                if self._ahead.go_on():
                    self._ahead = None

    def _settle_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            with _refused_together():
                ahead.settle()

    def _abandon_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.abandon()

    @contextmanager
    def in_one(self) -> Iterator[None]:
        """Let the rows of one save wait and go to PostgreSQL in one statement, at the latest when the block ends.
        What may be refused for a reason that is to be told does not wait: see `settle`.
        """
        if self._waiting is not None or self.runtime.database.dialect == "sqlite":
            yield
            return
        self._waiting = waiting = WaitingRows("postgres", brief=True)
        try:
            yield
            waiting.write(self._raw)
        finally:
            self._waiting = None

    def settle(self) -> None:
        """Within `in_one`: write what waits, so that the database refuses it here."""
        if self._waiting is not None and self._waiting.brief:
            self._waiting.write(self._raw)

    def insert(self, insert: Insert, rows: Sequence[Row]) -> None:
        """Insert rows, now or together with others."""
        self.writes += 1
        waiting = self._waiting
        if waiting is not None:
            waiting.insert(insert, rows)
        else:
            insert_rows(self._raw, self.runtime.database.dialect, insert, rows)

    def change(self, sql: str, params: Row, *, table: str, record: str) -> int:
        """Change one row, now or together with others; the number of rows touched, 1 for one that waits."""
        if self._waiting is None:
            return self.run(sql, params)
        if self._waiting.holds(record):
            self._waiting.write(self._raw)
        self.writes += 1
        self._waiting.update(sql, params, table=table, record=record)
        return 1

    def breathe(self) -> None:
        """Let other requests run, if this one keeps the event loop: called between the parts of long work."""
        if self._ahead is not None:
            self._go_on_ahead()
        breathe()

    def app(self, key: str) -> CompiledApp:
        """The app as this transaction sees it. Raises AppNotFound."""
        narrow = self.principal.narrow
        if narrow is not None and not narrow.reaches(key):
            raise AppNotFound()
        app = self.apps.get(key)
        if app is None:
            app = self.apps[key] = self.runtime.current_app(self, key)
        return app

    def after_commit(self, call: Callable[[], object]) -> None:
        """Run `call` once the transaction is durable (waking a worker, never work that must happen)."""
        self._after_commit.append(call)

    @contextmanager
    def acting(
        self,
        principal: Principal,
        source: str,
        *,
        cause: int | None = None,
        holding: str | None = None,
    ) -> Iterator[UnitOfWork]:
        """The same transaction on behalf of somebody else. Raises TooDeep past 8 nested causes."""
        if self.depth >= MAX_DEPTH and cause is not None:
            raise TooDeep()
        kept = (self.principal, self.source, self.cause, self.depth, self.holding)
        self.principal, self.source = principal, source
        if cause is not None:
            self.cause, self.depth = cause, self.depth + 1
        if holding is not None:
            self.holding = holding
        try:
            yield self
        finally:
            self.principal, self.source, self.cause, self.depth, self.holding = kept

    def as_system(self, source: str, cause: int | None = None, *, holding: str | None = None) -> Any:
        """The same transaction with the app's own rights (rules, flow effects, derived values)."""
        from engine.identity.principal import SYSTEM

        return self.acting(SYSTEM, source, cause=cause, holding=holding)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can fail alone: undone on an error, which is raised again."""
        self.run("SAVEPOINT ff_part")  # plain SQL: a tenth of the price of a nested SQLAlchemy transaction
        try:
            yield
            self.settle()
        except Exception:
            self._abandon_ahead()
            if self._waiting:
                self._waiting.clear()  # it has begun to wait within the part that is undone
            self.run("ROLLBACK TO SAVEPOINT ff_part")
            self.run("RELEASE SAVEPOINT ff_part")
            raise
        self.run("RELEASE SAVEPOINT ff_part")


@contextmanager
def _refused_together() -> Iterator[None]:
    try:
        yield
    except INTEGRITY as wrong:
        raise WaitingRefused from wrong


@contextmanager
def open_unit(
    runtime: Runtime,
    principal: Principal,
    mode: Mode,
    *,
    source: str = "api",
    request_id: str | None = None,
    address: str | None = None,
    wait: bool = True,
) -> Iterator[UnitOfWork]:
    """A unit of work; writes commit when the block ends well and roll back when it raises. Raises Occupied
    when it may not `wait` for another writer on SQLite.
    """
    with runtime.database.connect(mode, wait=wait) as connection:
        work = UnitOfWork(
            runtime,
            principal,
            connection,
            runtime.clock.now(),
            mode,
            source=source,
            request_id=request_id,
            address=address,
        )
        yield work
    for call in work._after_commit:
        call()
