"""Fills the new column of a field whose values become those of another type, in the order of ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.storage.database import DialectName
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field
from forms.evolution.conversions.conversion import unfit
from forms.evolution.conversions.records import told_by_records
from forms.evolution.conversions.table import Convert, converter
from forms.evolution.evolution import Changed
from forms.evolution.in_use import columns_of, emptied, holding_after
from forms.field_type import Reading
from forms.links import into_links
from forms.rows import among, listed
from forms.tables import PARENT, link_table, quoted
from forms.values import Problem

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Converted:
    """One row: its old value in memory form, and the new one, or why there is none."""

    id: str
    before: Any
    after: Any
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Filled:
    """How far a chunk came: the last id, None when no row is left."""

    last: str | None
    rows: int
    failed: int


def _reading(changed: Changed) -> Reading:
    if changed.form.reading is None:
        raise LookupError(changed.form.key)
    return changed.form.reading


def convert_chunk(
    work: UnitOfWork, changed: Changed, after: str, *, limit: int = CHUNK, only: Sequence[str] | None = None
) -> list[Converted]:
    """The next rows that have a value, each with what becomes of it; `only` those of some records."""
    sources = [changed.before] if changed.original is None else [changed.before, changed.original]
    of = PARENT if changed.child else "id"
    rows = holding_after(work, changed.was.table, sources, after, limit=limit, of=of, only=only)
    dialect, own = work.runtime.database.dialect, 1 + len(columns_of(changed.before))
    load = loader(changed.before, dialect)
    values = [load(row[1:own]) for row in rows]
    convert = _converter(work, changed, changed.before, changed.after, values)
    if changed.original is None:
        return [_converted(row[0], value, convert) for row, value in zip(rows, values, strict=True)]
    load = loader(changed.original, dialect)
    firsts = [load(row[own:]) for row in rows]
    there = _converter(work, changed, changed.original, changed.before, firsts)
    return [
        _again(row[0], value, first, there, convert)
        for row, value, first in zip(rows, values, firsts, strict=True)
    ]


def _converter(
    work: UnitOfWork, changed: Changed, before: Field, after: Field, values: Sequence[Any]
) -> Convert | None:
    """How these values become those of another field."""
    reading, json_of = _reading(changed), getattr(before.codec, "inner", before.codec).json_of
    said = (json_of(each) for each in values if each is not None)
    return converter(
        before, after, reading, told_by_records(work, changed.forms, before, after, said, reading)
    )


def _again(
    identifier: str, value: Any, first: Any, there: Convert | None, convert: Convert | None
) -> Converted:
    """What becomes of a value that came from another one of the type which it is to have."""
    if first is not None and _made(there, first) == value:
        return Converted(identifier, value, first, None)  # nobody has changed it since
    if value is None:
        return Converted(identifier, None, None, None)
    return _converted(identifier, value, convert)


def _made(convert: Convert | None, value: Any) -> Any:
    """What a value became, None for nothing."""
    try:
        return convert(value) if convert is not None else None
    except Problem:
        return None


def _converted(identifier: str, value: Any, convert: Convert | None) -> Converted:
    if convert is None:
        return Converted(identifier, value, None, NO_WAY)
    try:
        return Converted(identifier, value, convert(value), None)
    except Problem as problem:
        return Converted(identifier, value, None, problem)


NO_WAY = unfit("这两种类型之间不能转换。", "There is no way from one type to the other.")


def loader(field: Field, dialect: DialectName) -> Any:
    loads = [each.codec.load(dialect) for each in columns_of(field)]

    def load(values: Sequence[Any]) -> Any:
        found = tuple(
            value if value is None or one is None else one(value)
            for one, value in zip(loads, values, strict=True)
        )
        if not field.parts:
            return found[0]
        return None if all(part is None for part in found) else found

    return load


def fill(
    work: UnitOfWork,
    changed: Changed,
    after: str = "",
    *,
    limit: int = CHUNK,
    only: Sequence[str] | None = None,
) -> Filled:
    """Convert the next rows and store what came of them. Neither revision nor log moves."""
    found = convert_chunk(work, changed, after, limit=limit, only=only)
    store(work, changed, found)
    failed = sum(1 for each in found if each.problem is not None)
    last = found[-1].id if len(found) == limit else None
    return Filled(last, len(found), failed)


def refill(work: UnitOfWork, changed: Changed, records: Sequence[str]) -> None:
    """Convert the values of some records anew, in a column that holds what they had before."""
    dialect = work.runtime.database.dialect
    place = quoted(PARENT if changed.child else "id")
    chosen = (listed(records, dialect),)
    text = f"UPDATE {quoted(changed.was.table)} SET {emptied(changed.after)} WHERE {place} {among(dialect)}"
    work.run(text, chosen)
    if changed.after.linked:
        rows = f"SELECT {quoted('id')} FROM {quoted(changed.was.table)} WHERE {place} {among(dialect)}"
        links = quoted(link_table(changed.row, changed.after))
        work.run(f"DELETE FROM {links} WHERE {quoted(PARENT)} IN ({rows})", chosen)
    last: str | None = ""
    while last is not None:
        last = fill(work, changed, last, only=records).last


def store(work: UnitOfWork, changed: Changed, found: Sequence[Converted]) -> None:
    """Write new values; where there is none the column becomes empty."""
    if not found:
        return
    dialect = work.runtime.database.dialect
    columns = columns_of(changed.after)
    binds = [each.codec.bind(dialect) for each in columns]
    sets = ", ".join(f"{quoted(each.column)} = {MARK[dialect]}" for each in columns)
    text = f"UPDATE {quoted(changed.was.table)} SET {sets} WHERE {quoted('id')} = {MARK[dialect]}"
    work.run_many(text, [(*bound(each.after, changed.after, binds), each.id) for each in found])
    if changed.after.linked:
        _link(work, changed, found)


def bound(value: Any, field: Field, binds: Sequence[Any]) -> Iterator[Any]:
    """A value, or each part of one, as the database takes it."""
    parts = value if field.parts else (value,)
    for part, bind in zip(parts if value is not None else (None,) * len(binds), binds, strict=True):
        yield part if part is None or bind is None else bind(part)


def _link(work: UnitOfWork, changed: Changed, found: Sequence[Converted]) -> None:
    dialect = work.runtime.database.dialect
    table = quoted(link_table(changed.row, changed.after))
    ids = [each.id for each in found]
    work.run(f"DELETE FROM {table} WHERE {quoted(PARENT)} {among(dialect)}", (listed(ids, dialect),))
    links = [(each.id, target) for each in found for target in each.after or ()]
    if links:
        work.insert(into_links(changed.row, changed.after), links)


def fill_all(work: UnitOfWork, changed: Changed) -> Filled:
    """Convert every row at once, for small tables."""
    rows = failed = 0
    last: str | None = ""
    while last is not None:
        done = fill(work, changed, last)
        rows, failed, last = rows + done.rows, failed + done.failed, done.last
    return Filled(None, rows, failed)


def assess(work: UnitOfWork, changed: Changed) -> tuple[int, int]:
    """(how many values there are, how many of them will not convert); nothing is written."""
    rows = failed = 0
    last: str | None = ""
    while last is not None:
        found = convert_chunk(work, changed, last, limit=CHUNK)
        rows += len(found)
        failed += sum(1 for each in found if each.problem is not None)
        last = found[-1].id if len(found) == CHUNK else None
    return rows, failed
