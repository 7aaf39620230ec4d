"""Fills a table of the replica from the main store, in batches by id."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import duckdb

from engine.storage.unit_of_work import UnitOfWork
from reports.store.rows import insert
from reports.store.tables import ReplicaTable, listed, quoted

BATCH = 50_000


def fill(connection: duckdb.DuckDBPyConnection, work: UnitOfWork, table: ReplicaTable) -> None:
    """Make the table anew with all rows that `work`, a snapshot, sees; in the caller's transaction."""
    connection.execute(f"DROP TABLE IF EXISTS {quoted(table.name)}")
    connection.execute(table.ddl())
    for rows in batches(work, table):
        insert(connection, table, rows)


def batches(work: UnitOfWork, table: ReplicaTable) -> Iterator[list[tuple[Any, ...]]]:
    """All rows of the stored table in the order of their ids; of a small table all at once."""
    columns = listed(column.source for column in table.columns)
    if not table.follows_log:
        order = listed(["id"] if "id" in table.keys else table.keys)
        yield work.rows(f"SELECT {columns} FROM {quoted(table.source)} ORDER BY {order}")
        return
    sqlite = work.runtime.database.dialect == "sqlite"
    after, size = (":after", ":size") if sqlite else ("%(after)s", "%(size)s")
    statement = (
        f'SELECT {columns} FROM {quoted(table.source)} WHERE "id" > {after} ORDER BY "id" LIMIT {size}'
    )
    place, last = table.keys.index("id"), ""
    while rows := work.rows(statement, {"after": last, "size": BATCH}):
        yield rows
        last = rows[-1][place]


def content(work: UnitOfWork, table: ReplicaTable) -> str:
    """A hash of all rows of a small table, to see whether it changed."""
    digest = sha256()
    for rows in batches(work, table):
        digest.update(repr(rows).encode())
    return digest.hexdigest()
