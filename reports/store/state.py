"""What the replica knows about itself: its tables and the place in the log that each has reached."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from reports.store.tables import ReplicaTable, quoted

FORMAT = f"1 {duckdb.__version__}"
"""The layout of the file, and the release whose hash() is in it; another format is rebuilt."""


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table as it stands: rows up to `pos` of the log are in it."""

    fingerprint: str
    pos: int


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of this module when they are missing; drop everything of another format."""
    connection.execute("CREATE TABLE IF NOT EXISTS ff_replica (format VARCHAR)")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS ff_replica_table (name VARCHAR, app VARCHAR, fingerprint VARCHAR, pos BIGINT)"
    )
    found = connection.execute("SELECT format FROM ff_replica").fetchall()
    if found != [(FORMAT,)]:
        for (name,) in connection.execute("SELECT name FROM ff_replica_table").fetchall():
            connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        connection.execute("DELETE FROM ff_replica_table")
        connection.execute("DELETE FROM ff_replica")
        connection.execute("INSERT INTO ff_replica VALUES (?)", [FORMAT])


def move_to(connection: duckdb.DuckDBPyConnection, names: list[str], pos: int) -> None:
    """Remember how far these tables came; in the transaction of the rows that led there."""
    connection.execute(
        "UPDATE ff_replica_table SET pos = ? WHERE pos < ? AND name IN (SELECT unnest(?))", [pos, pos, names]
    )


def known(connection: duckdb.DuckDBPyConnection) -> dict[str, KnownTable]:
    """All tables by name."""
    rows = connection.execute("SELECT name, fingerprint, pos FROM ff_replica_table").fetchall()
    return {name: KnownTable(fingerprint, pos) for name, fingerprint, pos in rows}


def remember(connection: duckdb.DuckDBPyConnection, table: ReplicaTable, fingerprint: str, pos: int) -> None:
    """Note a table that was just filled from a snapshot of the main store at `pos`."""
    connection.execute("DELETE FROM ff_replica_table WHERE name = ?", [table.name])
    connection.execute(
        "INSERT INTO ff_replica_table VALUES (?, ?, ?, ?)", [table.name, table.app, fingerprint, pos]
    )


def forget(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop a table."""
    connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
    connection.execute("DELETE FROM ff_replica_table WHERE name = ?", [name])
