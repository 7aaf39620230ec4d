"""Counts what the store holds: values of a column, rows of a table, uses of an option."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, RowKind
from forms.evolution.likeness import options_of, renamed_options
from forms.in_id_order import rows_after
from forms.rows import among, listed
from forms.tables import quoted


def columns_of(field: Field) -> tuple[Field, ...]:
    """The field, or its parts: what has a column."""
    return field.parts or (field,)


def some_value(field: Field) -> str:
    """SQL: whether a row has a value of the field."""
    return "(" + " OR ".join(f"{quoted(each.column)} IS NOT NULL" for each in columns_of(field)) + ")"


def emptied(field: Field) -> str:
    """SQL: what an update sets so that a row has no value of the field."""
    return ", ".join(f"{quoted(each.column)} = NULL" for each in columns_of(field))


def holding_after(
    work: UnitOfWork,
    table: str,
    fields: Sequence[Field],
    after: str,
    *,
    limit: int,
    of: str = "id",
    only: Sequence[str] | None = None,
    more: Sequence[str] = (),
    without: Field | None = None,
) -> list[tuple[Any, ...]]:
    """(id, columns `more`, columns of `fields`) of the next rows in the order of ids that have a value of one
    of the fields, and none of `without`; `only` those whose column `of` is one of these.
    """
    dialect = work.runtime.database.dialect
    where = "(" + " OR ".join(some_value(each) for each in fields) + ")"
    if without is not None:
        where += f" AND NOT {some_value(without)}"
    params: list[Any] = []
    if only is not None:
        where += f" AND {quoted(of)} {among(dialect)}"
        params.append(listed(only, dialect))
    columns = [*more, *(part.column for each in fields for part in columns_of(each))]
    return rows_after(work, table, after, limit=limit, columns=columns, where=where, params=params)


def count_values(work: UnitOfWork, row: RowKind, field: Field) -> int:
    """How many rows have a value of the field."""
    return _number(work, f"SELECT count(*) FROM {quoted(row.table)} WHERE {some_value(field)}")


def count_rows(work: UnitOfWork, row: RowKind) -> int:
    """How many rows a table has, deleted ones included."""
    return _number(work, f"SELECT count(*) FROM {quoted(row.table)}")


def lost_options(before: Field, after: Field) -> list[str]:
    """Options that may be stored and exist no more; those that another took over are not among them."""
    if not options_of(before) or not options_of(after):
        return []
    return sorted(options_of(before) - options_of(after) - renamed_options(before, after).keys())


def lost_in_use(work: UnitOfWork, row: RowKind, before: Field, after: Field) -> dict[str, int]:
    """How many rows have each of the lost options that are stored."""
    if before.sealed:
        return {}
    counted = {key: count_option(work, row, before, key) for key in lost_options(before, after)}
    return {key: count for key, count in counted.items() if count}


def count_option(work: UnitOfWork, row: RowKind, field: Field, option: str) -> int:
    """How many rows have an option."""
    dialect, column = work.runtime.database.dialect, quoted(field.column)
    table, mark = quoted(row.table), MARK[dialect]
    if field.codec.storage != "list":
        return _number(work, f"SELECT count(*) FROM {table} WHERE {column} = {mark}", (option,))
    if dialect == "postgres":
        return _number(work, f"SELECT count(*) FROM {table} WHERE jsonb_exists({column}, {mark})", (option,))
    has = f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {mark})"
    return _number(work, f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND {has}", (option,))


def _number(work: UnitOfWork, text: str, params: Sequence[str] = ()) -> int:
    found = work.row(text, params)
    return int(found[0]) if found else 0
