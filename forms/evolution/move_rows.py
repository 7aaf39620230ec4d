"""Makes the rows of fields that went into a child table, in the order of the records' ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.ids import new_ids
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution.conversions.table import OF_FILES
from forms.evolution.fill import CHUNK, Filled, bound, loader
from forms.evolution.in_use import columns_of, holding_after
from forms.evolution.moves import Moved
from forms.rows import among, listed
from forms.tables import ORDER, PARENT, TARGET, link_table, quoted

Values = tuple[Any, ...]
"""One value per moved field, in memory form."""


def fill_rows(
    work: UnitOfWork, moved: Moved, after: str = "", *, limit: int = CHUNK, only: Sequence[str] | None = None
) -> Filled:
    """Give the next records that have a value their row. Neither revision nor log moves."""
    found = _next(work, moved, after, limit, only)
    if found:
        _insert(work, moved, found)
    return Filled(found[-1][0] if len(found) == limit else None, len(found), 0)


def fill_all_rows(work: UnitOfWork, moved: Moved) -> int:
    """Make all rows at once; how many."""
    made, last = 0, ""
    while True:
        done = fill_rows(work, moved, last)
        made += done.rows
        if done.last is None:
            return made
        last = done.last


def refill_rows(work: UnitOfWork, moved: Moved, records: Sequence[str]) -> None:
    """Make the rows of some records anew, in a child table that nobody else writes to yet."""
    dialect = work.runtime.database.dialect
    text = f"DELETE FROM {quoted(moved.row.table)} WHERE {quoted(PARENT)} {among(dialect)}"
    work.run(text, (listed(records, dialect),))
    last: str | None = ""
    while last is not None:
        last = fill_rows(work, moved, last, only=records).last


def hold_files(work: UnitOfWork, app: str, moved: Moved) -> None:
    """Files that a record holds in a moved field it holds in the child table, too: the parked column is still
    to be restored.
    """
    mark = MARK[work.runtime.database.dialect]
    text = (
        "INSERT INTO ff_file_link (file, record, field, app, form, since) "
        f"SELECT file, record, {mark}, app, form, since FROM ff_file_link "
        f"WHERE app = {mark} AND form = {mark} AND field = {mark} AND until IS NULL ON CONFLICT DO NOTHING"
    )
    for before, after in moved.fields:
        if before.type in OF_FILES:
            work.run(text, (f"{moved.child}.{after.key}", app, moved.form.key, before.key))


def _next(
    work: UnitOfWork, moved: Moved, after: str, limit: int, only: Sequence[str] | None
) -> list[tuple[str, Values]]:
    dialect = work.runtime.database.dialect
    sources = [before for before, _ in moved.fields]
    loads = [(loader(source, dialect), len(columns_of(source))) for source in sources]
    rows = holding_after(work, moved.was.table, sources, after, limit=limit, only=only)
    return [(row[0], tuple(_read(row[1:], loads))) for row in rows]


def _read(row: Sequence[Any], loads: Sequence[tuple[Any, int]]) -> Iterator[Any]:
    at = 0
    for load, width in loads:
        yield load(row[at : at + width])
        at += width


def _insert(work: UnitOfWork, moved: Moved, found: Sequence[tuple[str, Values]]) -> None:
    dialect = work.runtime.database.dialect
    targets = [after for _, after in moved.fields]
    binds = [[each.codec.bind(dialect) for each in columns_of(target)] for target in targets]
    names = ["id", PARENT, ORDER, *(each.column for target in targets for each in columns_of(target))]
    marks = ", ".join([MARK[dialect]] * len(names))
    text = f"INSERT INTO {quoted(moved.row.table)} ({', '.join(map(quoted, names))}) VALUES ({marks})"
    ids, orders = new_ids(len(found)), _orders(work, moved, [record for record, _ in found])
    rows = []
    for row, (record, values) in zip(ids, found, strict=True):
        cells = (bound(*each) for each in zip(values, targets, binds, strict=True))
        rows.append((row, record, orders.get(record, 0), *(cell for part in cells for cell in part)))
    work.run_many(text, rows)
    for index, target in enumerate(targets):
        if target.linked:
            links = [
                (row, each)
                for row, (_, values) in zip(ids, found, strict=True)
                for each in values[index] or ()
            ]
            _link(work, link_table(moved.row, target), links)


def _link(work: UnitOfWork, table: str, links: Sequence[tuple[str, str]]) -> None:
    mark = MARK[work.runtime.database.dialect]
    if links:
        text = f"INSERT INTO {quoted(table)} ({quoted(PARENT)}, {quoted(TARGET)}) VALUES ({mark}, {mark})"
        work.run_many(text, links)


def _orders(work: UnitOfWork, moved: Moved, records: Sequence[str]) -> dict[str, int]:
    """The place after the last row of each record that has rows."""
    if moved.fresh:
        return {}
    dialect = work.runtime.database.dialect
    text = (
        f"SELECT {quoted(PARENT)}, max({quoted(ORDER)}) + 1 FROM {quoted(moved.row.table)} "
        f"WHERE {quoted(PARENT)} {among(dialect)} GROUP BY {quoted(PARENT)}"
    )
    return {str(record): int(place) for record, place in work.rows(text, (listed(records, dialect),))}
