"""SQL of changes of many records at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from sqlalchemy import insert, select, update

from engine.definitions.app import CompiledApp
from engine.errors import NotFound
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.bulk.tables import bulk as table
from forms.evolution.past import Diff, diff_now, earlier_keys, epochs_of
from forms.rows import among, listed


class BulkNotFound(NotFound):
    """There is no such change of many records, or it is somebody else's."""

    code = "bulk_not_found"
    zh = "没有该批量修改，或不属于您。"


@dataclass(frozen=True, slots=True)
class Bulk:
    """One change of many records."""

    id: str
    app: str
    form: str
    user: str
    at: datetime
    changed: int
    first_change: int
    last_change: int
    undone_at: datetime | None = None


def add(work: UnitOfWork, bulk: Bulk) -> None:
    work.connection.execute(insert(table).values(**asdict(bulk)))


def get(work: UnitOfWork, app: str, form: str, identifier: str) -> Bulk:
    """One bulk change; nobody else takes it back meanwhile. Raises BulkNotFound."""
    statement = select(table).where(table.c.id == identifier, table.c.app == app, table.c.form == form)
    row = work.connection.execute(statement.with_for_update()).first()
    if row is None:
        raise BulkNotFound()
    return Bulk(**row._mapping)


def mark_undone(work: UnitOfWork, identifier: str) -> None:
    work.connection.execute(update(table).where(table.c.id == identifier).values(undone_at=work.now))


def span(work: UnitOfWork, batch: str, records: Sequence[str]) -> tuple[int, int]:
    """The first and last change of these records in a batch."""
    dialect = work.runtime.database.dialect
    text = f"SELECT min(id), max(id) FROM ff_change WHERE record {among(dialect)} AND batch = {MARK[dialect]}"
    row = work.row(text, (listed(records, dialect), batch))
    return (int(row[0]), int(row[1])) if row and row[0] is not None else (0, 0)


def saves(work: UnitOfWork, app: CompiledApp, bulk: Bulk) -> list[tuple[str, int, Diff]]:
    """(record, revision after it, what it changed) of each save, the last first, as the form is called and typed
    now. Rules' own saves are no part.
    """
    epochs, dialect = epochs_of(work, app.key), work.runtime.database.dialect
    mark, forms = MARK[dialect], [bulk.form, *earlier_keys(epochs, bulk.form)]
    text = (
        f"SELECT id, form, record, rev, diff FROM ff_change WHERE id >= {mark} AND id <= {mark} "
        f"AND batch = {mark} AND op = 'update' AND form {among(dialect)} AND actor = {mark} "
        "AND source <> 'engine' ORDER BY id DESC"
    )
    params = (bulk.first_change, bulk.last_change, bulk.id, listed(forms, dialect), bulk.user)
    told = []
    for number, called, record, rev, diff in work.rows(text, params):
        form, now = diff_now(work, app, epochs, int(number), called, orjson.loads(diff))
        if form == bulk.form:
            told.append((record, int(rev), now))
    return told
