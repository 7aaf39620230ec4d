"""Link tables: for each field that refers to several records, a row for each of these.

They stand beside the column of the field, which keeps the order, and are written with it. What deletes,
counts and lists the records that name another one asks them, because they have an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.protocols import Record
from engine.storage.database import DialectName
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import Insert
from forms.compiled import Field, Named, RowKind
from forms.tables import PARENT, TARGET, link_table, quoted


def insert_links(work: UnitOfWork, row: RowKind, records: Sequence[Record]) -> None:
    """The link rows of new records, which are in the store or waiting to be."""
    for field in row.linked:
        links = [(record["id"], each) for record in records for each in record.get(field.key) or ()]
        if links:
            work.insert(into_links(row, field), links)


def update_links(work: UnitOfWork, row: RowKind, record: Record, keys: Iterable[str]) -> None:
    """The link rows of a record whose fields `keys` were written."""
    for field in row.linked:
        if field.key in keys:
            mark = MARK[work.runtime.database.dialect]
            named = quoted(link_table(row, field))
            work.run(f"DELETE FROM {named} WHERE {quoted(PARENT)} = {mark}", (record["id"],))
            links = [(record["id"], each) for each in record.get(field.key) or ()]
            if links:
                work.insert(into_links(row, field), links)


def into_links(row: RowKind, field: Field) -> Insert:
    """How link rows of a field are written; one for all its records, so that they are written together."""
    columns = (quoted(PARENT), quoted(TARGET))
    return row.once(("into links", field.key), lambda: Insert(quoted(link_table(row, field)), columns))


def naming_text(row: RowKind, field: Field, alias: str, dialect: DialectName) -> str:
    """Driver-ready condition: the row under `alias` names a record, which `naming_params` fills in."""
    mark = MARK[dialect]
    if field.linked:
        named = quoted(link_table(row, field))
        return (
            f"{alias}.{quoted('id')} IN "
            f"(SELECT {quoted(PARENT)} FROM {named} WHERE {quoted(TARGET)} = {mark})"
        )
    if field.parts:
        form, record = (f"{alias}.{quoted(part.column)} = {mark}" for part in field.parts)
        return f"({form} AND {record})"
    return f"{alias}.{quoted(field.column)} = {mark}"


def naming_params(field: Field, named: Named) -> tuple[str, ...]:
    """The parameters of `naming_text`."""
    return (named.form, named.record) if field.parts else (named.record,)
