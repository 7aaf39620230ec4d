from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from reports.store import state
from reports.store.rows import insert
from reports.store.session import open_database
from reports.store.tables import ReplicaColumn, ReplicaTable

TABLE = ReplicaTable(
    "t",
    "shop",
    "t",
    "t",
    (
        ReplicaColumn("id", "VARCHAR", "id"),
        ReplicaColumn("n", "BIGINT", "n"),
        ReplicaColumn("b", "BOOLEAN", "b"),
        ReplicaColumn("d", "DATE", "d"),
        ReplicaColumn("m", "TIMESTAMP", "m"),
        ReplicaColumn("l", "VARCHAR[]", "l"),
    ),
)
WANTED = ("a", 10**17, True, date(2026, 3, 2), datetime(2026, 3, 31, 15, 59, 59), ["x", "y"])  # noqa: DTZ001


@pytest.mark.parametrize(
    "row",
    [
        ("a", 10**17, 1, "2026-03-02", "2026-03-31 15:59:59.000000", '["x","y"]'),
        ("a", 10**17, True, "2026-03-02", "2026-03-31T15:59:59Z", ["x", "y"]),
        ("a", 10**17, True, date(2026, 3, 2), datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC), ["x", "y"]),
    ],
    ids=["sqlite", "log", "postgresql"],
)
def test_every_way_of_storing_a_value_arrives_the_same(row: tuple[Any, ...]) -> None:
    connection = open_database(None, memory="200MB")
    connection.execute(TABLE.ddl())
    insert(connection, TABLE, [("b", None, None, None, None, None), row])
    assert connection.execute("SELECT id, n, b, d, m, l FROM t ORDER BY id").fetchall() == [
        WANTED,
        ("b", None, None, None, None, None),
    ]


def test_another_format_is_dropped_as_a_whole() -> None:
    connection = open_database(None, memory="200MB")
    state.prepare(connection)
    connection.execute(TABLE.ddl())
    state.remember(connection, TABLE, "x", 7)
    state.prepare(connection)
    assert state.known(connection)["t"].pos == 7
    connection.execute("UPDATE ff_replica SET format = 'older'")
    state.prepare(connection)
    assert state.known(connection) == {}
    assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 't'").fetchall() == [
        (0,)
    ]


def test_a_table_only_moves_forward() -> None:
    connection = open_database(None, memory="200MB")
    state.prepare(connection)
    state.remember(connection, TABLE, "x", 7)
    state.move_to(connection, ["t"], 5)
    assert state.known(connection)["t"].pos == 7
    state.move_to(connection, ["t"], 9)
    assert state.known(connection)["t"].pos == 9
