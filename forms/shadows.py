"""Shadow columns of existing tables: what unique constraints and encrypted fields need beside the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form, RowKind
from forms.evolution.physical import columns_in
from forms.tables import quoted


def fresh_shadows(before: Form, after: Form) -> dict[str | None, tuple[str, ...]]:
    """The shadow columns that rows stored so far have no value in, by child table (None: the form itself)."""
    found: dict[str | None, tuple[str, ...]] = {}
    for child, old, new in _pairs(before, after):
        columns = tuple(column for column in new.shadows() if column not in old.shadows())
        if columns:
            found[child] = columns
    return found


def extend_shadows(work: UnitOfWork, before: Mapping[str, Form], after: Mapping[str, Form]) -> None:
    """Add the columns that are new to existing tables. A column that an earlier version had is still there and
    begins empty.
    """
    for key, form in after.items():
        fresh = fresh_shadows(before[key], form) if key in before else {}
        for child, columns in fresh.items():
            row: RowKind = form.children[child] if child is not None else form
            known = columns_in(work, row.table)
            for column in columns:
                work.run(_begin(row.table, column, known=column in known))


def _begin(table: str, column: str, *, known: bool) -> str:
    if known:
        return f"UPDATE {quoted(table)} SET {quoted(column)} = NULL WHERE {quoted(column)} IS NOT NULL"
    return f"ALTER TABLE {quoted(table)} ADD COLUMN {quoted(column)} TEXT"


def _pairs(before: Form, after: Form) -> Iterator[tuple[str | None, RowKind, RowKind]]:
    yield None, before, after
    for key, child in after.children.items():
        if key in before.children:
            yield key, before.children[key], child
