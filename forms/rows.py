"""Reading and writing whole rows by id, with statements made once per form and database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson

from engine.changes import log
from engine.protocols import Record
from engine.storage.database import DialectName
from engine.storage.driver import MARK
from engine.storage.tables import NEXT_CHANGE
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import Insert
from forms.compiled import ChildTable, Form, RowKind
from forms.links import insert_links, update_links
from forms.tables import ORDER, PARENT, quoted
from forms.telling import taking

Convert = Callable[[Any], Any]
_HELD = (
    f"SELECT l.instance, l.editors, {NEXT_CHANGE} FROM (SELECT %s::text AS record) AS r "
    "LEFT JOIN ff_record_lock AS l ON l.record = r.record"
)
"""The flow that holds a record, and an id for the change of who locked it."""
Lock = Literal["none", "change", "remove"]
LOCKS: dict[Lock, str] = {
    "none": "",
    "change": " FOR NO KEY UPDATE OF r",
    "remove": " FOR UPDATE OF r",
}


def loaders(row: RowKind, dialect: DialectName) -> list[tuple[str, Convert | None]]:
    """For each stored column, in order: its key and how the driver's value becomes the memory form."""
    return row.once(
        ("load", dialect), lambda: [(field.key, field.codec.load(dialect)) for field in row.stored()]
    )


def binders(row: RowKind, dialect: DialectName) -> dict[str, Convert | None]:
    """For each stored column how the memory form becomes what the driver takes."""
    return row.once(
        ("bind", dialect), lambda: {field.key: field.codec.bind(dialect) for field in row.stored()}
    )


def read_row(row: RowKind, dialect: DialectName, values: Sequence[Any]) -> Record:
    """The memory form of one stored row."""
    return {
        key: value if value is None or load is None else load(value)
        for (key, load), value in zip(loaders(row, dialect), values, strict=False)
    }


def _bound(row: RowKind, dialect: DialectName, record: Record, keys: Iterable[str]) -> list[Any]:
    bind = binders(row, dialect)
    stored = dict.get  # the columns alone: a record would compute what it does not hold
    return [
        value
        if (value := stored(record, key)) is None or (change := bind.get(key)) is None
        else change(value)
        for key in keys
    ]


def _binding(
    row: RowKind, dialect: DialectName
) -> tuple[Callable[[Record], tuple[Any, ...]], list[tuple[int, Callable[[Any], Any]]]]:
    """What takes the values of all columns out of a record, and what changes which of them."""
    bind = list(binders(row, dialect).items())
    changing = [(place, change) for place, (_, change) in enumerate(bind) if change is not None]
    return taking([key for key, _ in bind]), changing


def select_one(
    work: UnitOfWork, form: Form, record: str, *, lock: Lock, deleted: bool
) -> tuple[Any, ...] | None:
    """One stored row with its flow lock (instance, editors) at the end, or None.

    A lock for changing lets others refer to the row meanwhile (each new reference holds its target's key):
    otherwise two new children of one parent would wait for each other. A lock for removing does not.
    """
    dialect = work.runtime.database.dialect
    waits = dialect == "postgres" and lock != "none"

    def make() -> str:
        return _select(form, f"= {MARK[dialect]}", lock=lock if waits else None, live=not deleted)

    row = work.row(form.once(("one", dialect, lock, deleted), make), (record,))
    if row is None or not waits:
        return row
    # after waiting for a row lock PostgreSQL reads that row anew, but not what is joined to it
    if not work.collecting or work.refused_together:
        flow = work.row("SELECT instance, editors FROM ff_record_lock WHERE record = %s", (record,))
        return (*row, *(flow or (None, None)))
    ((instance, editors, identifier),) = work.rows(_HELD, (record,))
    log.hold(work, (record,), identifier)
    return (*row, instance, editors)


def select_many(work: UnitOfWork, form: Form, records: Sequence[str], *, lock: Lock) -> list[tuple[Any, ...]]:
    """The live rows of these ids in id order, each as `select_one` gives it."""
    dialect = work.runtime.database.dialect
    waits = dialect == "postgres" and lock != "none"

    def make() -> str:
        return _select(form, among(dialect), lock=lock if waits else None, order=True)

    rows = work.rows(form.once(("many", dialect, lock), make), (listed(records, dialect),))
    if not waits:
        return rows
    text = f"SELECT record, instance, editors FROM ff_record_lock WHERE record {among(dialect)}"
    flows = {record: held for record, *held in work.rows(text, (listed(records, dialect),))}
    place = [field.key for field in form.stored()].index("id")
    return [(*row, *flows.get(row[place], (None, None))) for row in rows]


def _select(form: Form, chosen: str, *, lock: Lock | None, live: bool = True, order: bool = False) -> str:
    """SQL of the rows whose id is as `chosen` says, with their flow locks; with `lock` held, and without these."""
    columns = ", ".join(f"r.{quoted(field.column)}" for field in form.stored())
    held = ", l.instance, l.editors" if lock is None else ""
    join = f" LEFT JOIN ff_record_lock AS l ON l.record = r.{quoted('id')}" if lock is None else ""
    parts = [f"SELECT {columns}{held} FROM {quoted(form.table)} AS r{join} WHERE r.{quoted('id')} {chosen}"]
    if live:
        parts.append(f" AND r.{quoted('deleted_at')} IS NULL")
    if order:
        parts.append(f" ORDER BY r.{quoted('id')}")
    return "".join(parts) + (LOCKS[lock] if lock is not None else "")


def existing(work: UnitOfWork, form: Form, records: Sequence[str]) -> set[str]:
    """Which of these ids name live records; on PostgreSQL those cannot be deleted before this transaction ends."""
    dialect = work.runtime.database.dialect
    share = " FOR KEY SHARE" if dialect == "postgres" and work.mode == "write" else ""
    text = (
        f"SELECT {quoted('id')} FROM {quoted(form.table)} WHERE {quoted('id')} {among(dialect)} "
        f"AND {quoted('deleted_at')} IS NULL ORDER BY {quoted('id')}{share}"
    )
    return {row[0] for row in work.rows(text, (listed(records, dialect),))}


def select_children(
    work: UnitOfWork, child: ChildTable, parents: Sequence[str]
) -> list[tuple[str, int, Record]]:
    """(parent, order, row) of all rows of some records, in order."""
    dialect = work.runtime.database.dialect

    def make() -> str:
        columns = ", ".join(quoted(field.column) for field in child.stored())
        return (
            f"SELECT {quoted(PARENT)}, {quoted(ORDER)}, {columns} FROM {quoted(child.table)} "
            f"WHERE {quoted(PARENT)} {among(dialect)} ORDER BY {quoted(PARENT)}, {quoted(ORDER)}, {quoted('id')}"
        )

    rows = work.rows(child.once(("children", dialect), make), (listed(parents, dialect),))
    return [(row[0], row[1], read_row(child, dialect, row[2:])) for row in rows]


def among(dialect: DialectName) -> str:
    """The end of a condition: the value before is one of a list, which is one parameter (`listed`)."""
    return "IN (SELECT value FROM json_each(?))" if dialect == "sqlite" else "= ANY(%s)"


def listed(values: Sequence[str], dialect: DialectName) -> Any:
    """A list as a parameter."""
    if dialect == "postgres":
        return list(values)
    return orjson.dumps(list(values)).decode()


def insert(
    work: UnitOfWork, row: RowKind, records: Sequence[Record], extra: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows; `extra` holds for each row its unique keys and, for child rows, parent and order."""
    if not records:
        return
    into, take, changing = inserting(row, work.runtime.database.dialect, extra[0])
    params = []
    for record, added in zip(records, extra, strict=True):
        values = [*take(record), *added.values()]
        for place, change in changing:
            if (value := values[place]) is not None:
                values[place] = change(value)
        params.append(values)
    work.insert(into, params)
    if row.shadows():
        work.settle()
    if row.linked:
        insert_links(work, row, records)


def inserting(
    row: RowKind, dialect: DialectName, more: Iterable[str]
) -> tuple[Insert, Callable[[Record], tuple[Any, ...]], list[tuple[int, Callable[[Any], Any]]]]:
    """Into what new rows go, what takes the values of all columns out of a record, and what changes which of
    them on the way. The columns are those of the fields, then `more`.
    """

    def make() -> Insert:
        columns = [field.column for field in row.stored()]
        return Insert(quoted(row.table), tuple(quoted(name) for name in [*columns, *more]))

    take, changing = row.once(("bind whole", dialect), lambda: _binding(row, dialect))
    return row.once("insert", make), take, changing


def update(
    work: UnitOfWork,
    row: RowKind,
    record: Record,
    keys: Iterable[str],
    extra: Mapping[str, Any],
    *,
    rev: int | None = None,
) -> int:
    """Write some columns of one row, with `rev` only if it still has that revision; rows touched."""
    dialect = work.runtime.database.dialect
    keys = tuple(sorted(keys))
    names = (*keys, *extra)

    def make() -> str:
        columns = (*(row.column_of(key) for key in keys), *extra)
        sets = ", ".join(f"{quoted(name)} = {MARK[dialect]}" for name in columns)
        guard = f" AND {quoted('rev')} = {MARK[dialect]}" if rev is not None else ""
        return f"UPDATE {quoted(row.table)} SET {sets} WHERE {quoted('id')} = {MARK[dialect]}{guard}"

    text = row.once(("update", dialect, names, rev is not None), make)
    params = [*_bound(row, dialect, record, keys), *extra.values(), record["id"]]
    if rev is not None:
        params.append(rev)
    touched = work.change(text, params, table=quoted(row.table), record=record["id"])
    if row.shadows():
        work.settle()
    if row.linked:
        update_links(work, row, record, keys)
    return touched


def delete_rows(work: UnitOfWork, row: RowKind, ids: Iterable[str]) -> None:
    """Remove child rows for good; the change log keeps them."""
    gone = [(each,) for each in ids]
    if gone:
        mark = MARK[work.runtime.database.dialect]
        work.run_many(f"DELETE FROM {quoted(row.table)} WHERE {quoted('id')} = {mark}", gone)


def taken(work: UnitOfWork, child: ChildTable, column: str, keys: Sequence[str], parent: str) -> set[str]:
    """Which of these unique keys rows of other records than `parent` have."""
    dialect = work.runtime.database.dialect
    text = (
        f"SELECT {quoted(column)} FROM {quoted(child.table)} "
        f"WHERE {quoted(column)} {among(dialect)} AND {quoted(PARENT)} <> {MARK[dialect]}"
    )
    return {row[0] for row in work.rows(text, (listed(keys, dialect), parent))}


def exists(work: UnitOfWork, form: Form, record: str) -> bool:
    """Whether a live record has this id; on PostgreSQL it cannot be deleted before this transaction ends."""
    dialect = work.runtime.database.dialect
    share = " FOR KEY SHARE" if dialect == "postgres" and work.mode == "write" else ""
    text = (
        f"SELECT 1 FROM {quoted(form.table)} WHERE {quoted('id')} = {MARK[dialect]} "
        f"AND {quoted('deleted_at')} IS NULL{share}"
    )
    return work.row(text, (record,)) is not None
