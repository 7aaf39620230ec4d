"""The change log: each save of a record is one row, written in the transaction of the save.

A sequence is not commit order on PostgreSQL: a reader of `id > last` would miss rows that commit late.
`sequence` gives committed rows a dense `pos`; every follower reads by `pos`, on both databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import orjson
from sqlalchemy import func, select

from engine.changes import streams
from engine.changes.streams import BATCH
from engine.identity.principal import SYSTEM
from engine.protocols import RecordChange
from engine.storage.driver import moment_param
from engine.storage.tables import NEXT_CHANGE
from engine.storage.tables import change as table
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import Insert

_COLUMNS = "at, app, form, record, op, actor, source, cause, batch, rev, diff, request, address"
_WITH_ID = Insert("ff_change", ("id", *_COLUMNS.split(", ")))
_NEW = Insert("ff_change", tuple(_COLUMNS.split(", ")))
_BLOCK = "change ids"
_HELD = "records held"
BLOCK, FEW = 100, 4
"""Ids taken at once: for a batch, and for what one save leads to."""
_INSERT = {
    "sqlite": f"INSERT INTO ff_change ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id",
    "postgres": f"INSERT INTO ff_change ({_COLUMNS}) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) RETURNING id",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the log. `diff` is {field: [old, new]}, child tables {"insert", "update", "delete"}."""

    id: int
    pos: int | None
    at: datetime
    app: str
    form: str
    record: str
    op: str
    actor: str
    source: str
    cause: int | None
    batch: str | None
    rev: int
    diff: dict[str, Any]
    request: str | None = None
    address: str | None = None


def append(work: UnitOfWork, change: RecordChange, rev: int, diff: Mapping[str, Any]) -> int:
    """Write the row of one save; sets and returns its id."""
    dialect = work.runtime.database.dialect
    values = (
        moment_param(dialect, work.now),
        change.app.key,
        change.form,
        change.record,
        change.op,
        work.principal.user,
        work.source,
        work.cause,
        work.batch,
        rev,
        orjson.dumps(diff).decode(),
        work.request_id,
        work.address,
    )
    if work.collecting and (change.op == "create" or change.record in work.memory.get(_HELD, ())):
        change.id = _next_id(work, new=change.op == "create")
        work.insert(_WITH_ID, [(change.id, *values)])
        return change.id
    work.memory.pop(_BLOCK, None)
    work.drawn = None
    row = work.row(_INSERT[dialect], values)
    change.id = int(row[0]) if row else 0
    return change.id


def appending(work: UnitOfWork, app: str, form: str) -> Callable[[RecordChange, Mapping[str, Any]], int]:
    """As `append` for new records of one form, at their first revision: what is the same for all is put
    together once. It holds as long as who acts in `work`, and why, stays the same.
    """
    head = (moment_param(work.runtime.database.dialect, work.now), app, form)
    origin = ("create", work.principal.user, work.source, work.cause, work.batch, 1)
    asked = (work.request_id, work.address)

    def append_one(change: RecordChange, diff: Mapping[str, Any]) -> int:
        if not work.collecting:
            return append(work, change, 1, diff)
        change.id = _next_id(work, new=True)
        text = orjson.dumps(diff).decode()
        work.insert(_WITH_ID, ((change.id, *head, change.record, *origin, text, *asked),))
        return change.id

    return append_one


def append_new(work: UnitOfWork, app: str, form: str, created: Sequence[tuple[str, str]]) -> None:
    """Write the rows of new records that nobody listens to: (record, what it holds as the JSON of a diff)."""
    at = moment_param(work.runtime.database.dialect, work.now)
    before = (at, app, form)
    after = ("create", work.principal.user, work.source, work.cause, work.batch, 1)
    origin = (work.request_id, work.address)
    work.insert(_NEW, [(*before, record, *after, diff, *origin) for record, diff in created])


def hold(work: UnitOfWork, records: Iterable[str], identifier: int | None = None) -> None:
    """These records are locked: their next changes may wait to be written, with ids that are drawn from now on,
    as `identifier` was.
    """
    work.memory[_HELD] = frozenset(records)
    work.drawn = None
    if identifier is None:
        work.memory.pop(_BLOCK, None)
    else:
        work.memory[_BLOCK] = iter((identifier,))


def _next_id(work: UnitOfWork, *, new: bool) -> int:
    """An id for a row that waits to be written.

    Ids are taken in blocks. That keeps the order of changes of one record: nobody else changes it before
    this transaction ends, because it is new or locked (`_HELD`); any other change ends the block. The one
    that was drawn when the transaction began is for a record that was not there then.
    """
    drawn, work.drawn = work.drawn, None
    block: Iterator[int] | None = work.memory.get(_BLOCK)
    if drawn is not None and new and block is None:
        return drawn
    found = next(block, None) if block is not None else None
    if found is None:
        block = work.memory[_BLOCK] = _block(work)
        found = next(block)
    return found


def _block(work: UnitOfWork) -> Iterator[int]:
    if work.runtime.database.dialect == "sqlite":  # the only writer: what follows the last id is free
        last = work.row("SELECT coalesce(max(id), 0) FROM ff_change")
        return count((last[0] if last else 0) + 1)
    found = work.rows(f"SELECT {NEXT_CHANGE} FROM generate_series(1, {BLOCK if work.batch else FEW})")
    return iter([row[0] for row in found])


def sequence(work: UnitOfWork) -> None:
    """Give every committed row its place. Needs a writing unit of work; safe to call at any time."""
    streams.sequence(work, streams.CHANGES)


def bring_to_head(work: UnitOfWork) -> int:
    """The head of the log after sequencing what is committed; opens a write only when there is something."""
    if streams.waits(work, streams.CHANGES):
        with work.runtime.unit_of_work(SYSTEM, source="engine") as writer:
            sequence(writer)
    return head(work)


def head(work: UnitOfWork) -> int:
    """The last position given so far; 0 for an empty log."""
    found = work.row("SELECT coalesce(max(pos), 0) FROM ff_change")
    return int(found[0]) if found else 0


def read_since(work: UnitOfWork, pos: int, *, limit: int = BATCH) -> list[Change]:
    """Rows after `pos` in commit order."""
    rows = work.connection.execute(select(table).where(table.c.pos > pos).order_by(table.c.pos).limit(limit))
    return [_read(row) for row in rows]


def of_record(
    work: UnitOfWork,
    app: str,
    form: str,
    record: str,
    *,
    limit: int = 200,
    before: int | None = None,
    also: Sequence[str] = (),
) -> list[Change]:
    """The history of one record, newest first; `before` is the id to continue below, `also` names the form
    had before.
    """
    statement = select(table).where(
        table.c.app == app, table.c.form.in_([form, *also]), table.c.record == record
    )
    if before is not None:
        statement = statement.where(table.c.id < before)
    rows = work.connection.execute(statement.order_by(table.c.id.desc()).limit(limit))
    return [_read(row) for row in rows]


def unsequenced(work: UnitOfWork) -> int:
    """How many committed rows wait for their place."""
    return int(
        work.connection.execute(
            select(func.count()).select_from(table).where(table.c.pos.is_(None))
        ).scalar_one()
    )


def _read(row: Any) -> Change:
    values = dict(row._mapping)
    values["diff"] = orjson.loads(values["diff"])
    return Change(**values)
