"""Reading and writing whole rows by id, with statements made once per form and database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson

from engine.protocols import Record
from engine.storage.database import DialectName
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import ChildTable, Form, RowKind
from forms.tables import ORDER, PARENT, quoted

MARK: dict[DialectName, str] = {"sqlite": "?", "postgres": "%s"}
Convert = Callable[[Any], Any]
Lock = Literal["none", "change", "remove"]
LOCKS: dict[Lock, str] = {
    "none": "",
    "change": " FOR NO KEY UPDATE OF r",
    "remove": " FOR UPDATE OF r",
}


def _once(row: RowKind, key: Any, make: Callable[[], Any]) -> Any:
    known = row.sql.get(key)
    if known is None:
        known = row.sql[key] = make()
    return known


def loaders(row: RowKind, dialect: DialectName) -> list[tuple[str, Convert | None]]:
    """For each stored column, in order: its key and how the driver's value becomes the memory form."""
    return _once(  # type: ignore[no-any-return]
        row, ("load", dialect), lambda: [(field.key, field.codec.load(dialect)) for field in row.stored()]
    )


def binders(row: RowKind, dialect: DialectName) -> dict[str, Convert | None]:
    """For each stored column how the memory form becomes what the driver takes."""
    return _once(  # type: ignore[no-any-return]
        row, ("bind", dialect), lambda: {field.key: field.codec.bind(dialect) for field in row.stored()}
    )


def read_row(row: RowKind, dialect: DialectName, values: Sequence[Any]) -> Record:
    """The memory form of one stored row."""
    return {
        key: value if value is None or load is None else load(value)
        for (key, load), value in zip(loaders(row, dialect), values, strict=False)
    }


def _bound(row: RowKind, dialect: DialectName, record: Mapping[str, Any], keys: Iterable[str]) -> list[Any]:
    bind = binders(row, dialect)
    out = []
    for key in keys:
        value = record.get(key)
        change = bind.get(key)
        out.append(value if value is None or change is None else change(value))
    return out


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
        columns = ", ".join(f"r.{quoted(field.key)}" for field in form.stored())
        held = "" if waits else ", l.instance, l.editors"
        join = "" if waits else f" LEFT JOIN ff_record_lock AS l ON l.record = r.{quoted('id')}"
        text = f"SELECT {columns}{held} FROM {quoted(form.table)} AS r{join} WHERE r.{quoted('id')} = {MARK[dialect]}"
        if not deleted:
            text += f" AND r.{quoted('deleted_at')} IS NULL"
        return text + (LOCKS[lock] if waits else "")

    row = work.row(_once(form, ("one", dialect, lock, deleted), make), (record,))
    if row is None or not waits:
        return row
    # after waiting for a row lock PostgreSQL reads that row anew, but not what is joined to it
    flow = work.row("SELECT instance, editors FROM ff_record_lock WHERE record = %s", (record,))
    return (*row, *(flow or (None, None)))


def select_children(
    work: UnitOfWork, child: ChildTable, parents: Sequence[str]
) -> list[tuple[str, int, Record]]:
    """(parent, order, row) of all rows of some records, in order."""
    dialect = work.runtime.database.dialect

    def make() -> str:
        columns = ", ".join(quoted(field.key) for field in child.stored())
        among = "(SELECT value FROM json_each(?))" if dialect == "sqlite" else "ANY(%s)"
        operator = "IN" if dialect == "sqlite" else "="
        return (
            f"SELECT {quoted(PARENT)}, {quoted(ORDER)}, {columns} FROM {quoted(child.table)} "
            f"WHERE {quoted(PARENT)} {operator} {among} ORDER BY {quoted(PARENT)}, {quoted(ORDER)}, {quoted('id')}"
        )

    rows = work.rows(_once(child, ("children", dialect), make), (_list(parents, dialect),))
    return [(row[0], row[1], read_row(child, dialect, row[2:])) for row in rows]


def _list(values: Sequence[str], dialect: DialectName) -> Any:
    if dialect == "postgres":
        return list(values)
    return orjson.dumps(list(values)).decode()


def insert(
    work: UnitOfWork, row: RowKind, records: Sequence[Record], extra: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows; `extra` holds for each row its unique keys and, for child rows, parent and order."""
    dialect = work.runtime.database.dialect
    if not records:
        return
    keys = [field.key for field in row.stored()]
    more = list(extra[0])

    def make() -> str:
        names = ", ".join(quoted(name) for name in [*keys, *more])
        marks = ", ".join([MARK[dialect]] * (len(keys) + len(more)))
        return f"INSERT INTO {quoted(row.table)} ({names}) VALUES ({marks})"

    text = _once(row, ("insert", dialect), make)
    params = [
        [*_bound(row, dialect, record, keys), *(added[name] for name in more)]
        for record, added in zip(records, extra, strict=True)
    ]
    if len(params) == 1:
        work.run(text, params[0])
    else:
        work.run_many(text, params)


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
        sets = ", ".join(f"{quoted(name)} = {MARK[dialect]}" for name in names)
        guard = f" AND {quoted('rev')} = {MARK[dialect]}" if rev is not None else ""
        return f"UPDATE {quoted(row.table)} SET {sets} WHERE {quoted('id')} = {MARK[dialect]}{guard}"

    text = _once(row, ("update", dialect, names, rev is not None), make)
    params = [*_bound(row, dialect, record, keys), *extra.values(), record["id"]]
    return work.run(text, [*params, rev] if rev is not None else params)


def delete_rows(work: UnitOfWork, row: RowKind, ids: Iterable[str]) -> None:
    """Remove child rows for good; the change log keeps them."""
    mark = MARK[work.runtime.database.dialect]
    work.run_many(f"DELETE FROM {quoted(row.table)} WHERE {quoted('id')} = {mark}", [(each,) for each in ids])


def exists(work: UnitOfWork, form: Form, record: str) -> bool:
    """Whether a live record has this id; on PostgreSQL it cannot be deleted before this transaction ends."""
    dialect = work.runtime.database.dialect
    share = " FOR KEY SHARE" if dialect == "postgres" and work.mode == "write" else ""
    text = (
        f"SELECT 1 FROM {quoted(form.table)} WHERE {quoted('id')} = {MARK[dialect]} "
        f"AND {quoted('deleted_at')} IS NULL{share}"
    )
    return work.row(text, (record,)) is not None
