"""Brings the replica forward by rows of the change log.

The diffs carry absolute values, so they are laid over what is there: applying a row twice changes nothing.
Whole rows are replaced, in bulk: in a columnar store a delete and an insert cost less than updates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from engine.changes.log import Change
from forms.tables import PARENT
from reports.store.rows import LOGGED, insert
from reports.store.tables import HASH, Native, ReplicaTable, listed, quoted

Values = dict[str, Any]


@dataclass(slots=True)
class Overlay:
    """What happened to the rows of one table: new values by id, rows that are gone."""

    table: ReplicaTable
    values: dict[str, Values] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def put(self, row: str, values: Values, *, whole: bool = False) -> None:
        if whole:
            self.values[row] = dict(values)
            self.whole.add(row)
        else:
            self.values.setdefault(row, {}).update(values)
        self.gone.discard(row)

    def remove(self, row: str) -> None:
        self.values.pop(row, None)
        self.whole.discard(row)
        self.gone.add(row)


def overlays(
    changes: Iterable[Change], tables: Mapping[tuple[str, str], list[ReplicaTable]], since: Mapping[str, int]
) -> list[Overlay]:
    """What the changes do to each table of `tables` ((app, form) -> form and child tables).

    A change at or before `since[table]` is in the table already.
    """
    made = {table.name: Overlay(table) for group in tables.values() for table in group}
    for change in changes:
        for table in tables.get((change.app, change.form), ()):
            if (change.pos or 0) > since.get(table.name, 0):
                _lay(made[table.name], change)
    return [each for each in made.values() if each.values or each.gone]


def apply(connection: duckdb.DuckDBPyConnection, overlay: Overlay) -> None:
    """Make the rows of one table what the overlay says; inside the caller's transaction."""
    table = overlay.table
    present = _present(connection, table, [*overlay.values, *overlay.gone])
    rows = [
        _row(table, values, None if row in overlay.whole else present[row][1:])
        for row, values in overlay.values.items()
        if row in overlay.whole or row in present
    ]
    _delete(connection, table, [found[0] for found in present.values()])
    insert(connection, table, rows)


def _lay(overlay: Overlay, change: Change) -> None:
    if overlay.table.child is None:
        _lay_record(overlay, change)
    else:
        _lay_children(overlay, change)


def _lay_record(overlay: Overlay, change: Change) -> None:
    keys = overlay.table.keys
    values = {key: pair[1] for key, pair in change.diff.items() if key in keys and isinstance(pair, list)}
    overlay.put(change.record, values | {"id": change.record, "rev": change.rev}, whole=change.op == "create")


def _lay_children(overlay: Overlay, change: Change) -> None:
    part = change.diff.get(overlay.table.child or "")
    if not isinstance(part, dict):
        return
    keys = set(overlay.table.keys)
    for row in part.get("insert", ()):
        values = {key: value for key, value in row.items() if key in keys}
        overlay.put(row["id"], values | {PARENT: change.record}, whole=True)
    for row in part.get("update", ()):
        values = {key: pair[1] for key, pair in row.items() if key in keys and isinstance(pair, list)}
        overlay.put(row["id"], values)
    for gone in part.get("delete", ()):
        overlay.remove(gone if isinstance(gone, str) else gone["id"])


def _present(
    connection: duckdb.DuckDBPyConnection, table: ReplicaTable, ids: list[str]
) -> dict[str, tuple[Any, ...]]:
    """The rows as they are, by id, each with its place in the table before it."""
    found = connection.execute(
        f"SELECT rowid, {listed(table.keys)} FROM {quoted(table.name)} "
        f"WHERE {quoted(HASH)} IN (SELECT hash(unnest(CAST(? AS VARCHAR[]))))",
        [ids],
    ).fetchall()
    place, wanted = table.keys.index("id") + 1, set(ids)
    return {row[place]: row for row in found if row[place] in wanted}


def _delete(connection: duckdb.DuckDBPyConnection, table: ReplicaTable, places: list[int]) -> None:
    if places:
        connection.execute(
            f"DELETE FROM {quoted(table.name)} WHERE rowid IN (SELECT unnest(CAST(? AS BIGINT[])))", [places]
        )


def _row(table: ReplicaTable, values: Values, present: tuple[Any, ...] | None) -> tuple[Any, ...]:
    old = present or (None,) * len(table.columns)
    return tuple(
        _native(column.type, values[column.key]) if column.key in values else kept
        for column, kept in zip(table.columns, old, strict=True)
    )


def _native(kind: Native, value: Any) -> Any:
    return None if value is None else LOGGED[kind](value)
