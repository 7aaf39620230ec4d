"""Gives rows the new one of two names, for several names at a time: two of them may change places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.tables import quoted

ASIDE = "~"
"""Before a name that its rows get in a moment; no key begins so."""
Where = Mapping[str, str | None]
"""Column -> what it holds; None: nothing."""


def rename_at_once(work: UnitOfWork, table: str, column: str, names: Mapping[str, str], where: Where) -> None:
    """Let rows that say an old name in a column say the new one. A name that others give up is taken when
    they have; rows that have a new name already, though nobody gives it up, keep it.
    """
    for old, new in names.items():
        _rename(work, table, column, old, ASIDE + new if new in names else new, where)
    for new in names.values():
        if new in names:
            _rename(work, table, column, ASIDE + new, new, where)


def _rename(work: UnitOfWork, table: str, column: str, old: str, new: str, where: Where) -> None:
    condition, params = conditions(work, {**where, column: old})
    mark = MARK[work.runtime.database.dialect]
    work.run(f"UPDATE {table} SET {quoted(column)} = {mark} WHERE {condition}", (new, *params))


def conditions(work: UnitOfWork, where: Where, alias: str = "") -> tuple[str, list[Any]]:
    """SQL of columns that hold certain values, with its parameters."""
    mark = MARK[work.runtime.database.dialect]
    before = f"{alias}." if alias else ""
    parts = [
        f"{before}{quoted(name)} IS NULL" if value is None else f"{before}{quoted(name)} = {mark}"
        for name, value in where.items()
    ]
    return " AND ".join(parts), [value for value in where.values() if value is not None]
