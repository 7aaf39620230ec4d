"""Rows in bulk: Python values -> Arrow -> a table of the replica."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import orjson
import pyarrow.lib as pa

from reports.store.tables import HASH, Native, ReplicaColumn, ReplicaTable, listed, quoted

STAGE = "staged_rows"
FEW = 16
"""So many rows go as parameters; Arrow pays from there on."""

_ARROW: dict[Native, Any] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
}

Rows = Sequence[Sequence[Any]]


def insert(connection: duckdb.DuckDBPyConnection, table: ReplicaTable, rows: Rows) -> None:
    """Add rows whose values stand in the order of the table's columns.

    Dates, moments and lists may come as the text that SQLite stores, booleans as 0 and 1; moments of the
    log end with Z. All values of one column come in one of these ways.
    """
    if not rows:
        return
    columns = [
        _cells(column, cells) for column, cells in zip(table.columns, zip(*rows, strict=True), strict=True)
    ]
    names, values = (
        list(table.keys),
        [_read(column, cells) for column, cells in zip(table.columns, columns, strict=True)],
    )
    if table.follows_log:
        names.append(HASH)
        values.append("hash(id)")
    into = f"INSERT INTO {quoted(table.name)} ({listed(names)}) SELECT {', '.join(values)}"
    if len(rows) <= FEW:
        places = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * len(rows))
        given = [cell for row in zip(*columns, strict=True) for cell in row]
        connection.execute(f"{into} FROM (VALUES {places}) AS {STAGE} ({listed(table.keys)})", given)
        return
    arrays = [_array(column, cells) for column, cells in zip(table.columns, columns, strict=True)]
    connection.register(STAGE, pa.Table.from_arrays(arrays, names=list(table.keys)))
    try:
        connection.execute(f"{into} FROM {STAGE}")
    finally:
        connection.unregister(STAGE)


def _cells(column: ReplicaColumn, cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """JSON objects as text, moments as UTC without zone."""
    sample = _sample(cells)
    if isinstance(sample, datetime) and sample.tzinfo is not None:
        return tuple(None if cell is None else cell.astimezone(UTC).replace(tzinfo=None) for cell in cells)
    if column.type == "VARCHAR" and isinstance(sample, dict):
        return tuple(None if cell is None else orjson.dumps(cell).decode() for cell in cells)
    return cells


def _read(column: ReplicaColumn, cells: tuple[Any, ...]) -> str:
    """The SQL that reads a staged column as the column's type."""
    name = quoted(column.key)
    as_json = column.type == "VARCHAR[]" and isinstance(_sample(cells), str)
    return f"CAST({f'CAST({name} AS JSON)' if as_json else name} AS {column.type})"


def _array(column: ReplicaColumn, cells: tuple[Any, ...]) -> Any:
    sample = _sample(cells)
    if isinstance(sample, str):
        return pa.array(cells, pa.string())
    if column.type == "BOOLEAN" and type(sample) is int:
        return pa.array(cells, pa.int64())
    return pa.array(cells, _ARROW[column.type])


def _sample(cells: tuple[Any, ...]) -> Any:
    return next((cell for cell in cells if cell is not None), None)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


LOGGED: dict[Native, Callable[[Any], Any]] = {
    "VARCHAR": str,
    "BIGINT": int,
    "BOOLEAN": bool,
    "DATE": date.fromisoformat,
    "TIMESTAMP": _moment,
    "VARCHAR[]": list,
}
"""How values of the change log become values of the replica."""
