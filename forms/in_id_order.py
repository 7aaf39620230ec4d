"""Going through a table in the order of ids, a chunk at a time, as every job does that has all rows to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.tables import quoted


def rows_after(
    work: UnitOfWork,
    table: str,
    after: str,
    *,
    limit: int,
    columns: Iterable[str] = (),
    where: str = "",
    params: Sequence[Any] = (),
) -> list[tuple[Any, ...]]:
    """(id, columns …) of the next rows behind the id `after`, of those for which the SQL `where` holds."""
    mark = MARK[work.runtime.database.dialect]
    names = ", ".join(quoted(each) for each in ("id", *columns))
    only = f" AND {where}" if where else ""
    text = (
        f"SELECT {names} FROM {quoted(table)} WHERE {quoted('id')} > {mark}{only} "
        f"ORDER BY {quoted('id')} LIMIT {limit:d}"
    )
    return work.rows(text, (after, *params))


def ids_after(work: UnitOfWork, table: str, after: str, *, limit: int, live: bool = False) -> list[str]:
    """The next ids; with `live` records in the recycle bin are passed over."""
    where = f"{quoted('deleted_at')} IS NULL" if live else ""
    return [row[0] for row in rows_after(work, table, after, limit=limit, where=where)]
