from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from engine.changes.log import Change
from reports.store.apply import apply, overlays
from reports.store.rows import insert
from reports.store.session import open_database, transaction
from reports.store.tables import ReplicaColumn, ReplicaTable

ORDER = ReplicaTable(
    "shop_order",
    "shop",
    "order",
    "shop_order",
    (
        ReplicaColumn("id", "VARCHAR", "id"),
        ReplicaColumn("rev", "BIGINT", "rev"),
        ReplicaColumn("total", "BIGINT", "total"),
        ReplicaColumn("day", "DATE", "day"),
        ReplicaColumn("at", "TIMESTAMP", "at"),
        ReplicaColumn("rush", "BOOLEAN", "rush"),
        ReplicaColumn("tags", "VARCHAR[]", "tags"),
    ),
)
LINES = ReplicaTable(
    "shop_order__lines",
    "shop",
    "order",
    "shop_order__lines",
    (
        ReplicaColumn("id", "VARCHAR", "id"),
        ReplicaColumn("qty", "BIGINT", "qty"),
        ReplicaColumn("_parent", "VARCHAR", "_parent"),
    ),
    child="lines",
)
TABLES = {("shop", "order"): [ORDER, LINES]}


def change(pos: int, op: str = "update", *, record: str = "o1", form: str = "order", **diff: Any) -> Change:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return Change(pos, pos, at, "shop", form, record, op, "li", "api", None, None, pos, diff)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = open_database(None, memory="200MB")
    for table in (ORDER, LINES):
        made.execute(table.ddl())
    return made


def follow(
    connection: duckdb.DuckDBPyConnection, *changes: Change, since: dict[str, int] | None = None
) -> None:
    with transaction(connection):
        for overlay in overlays(changes, TABLES, since or {}):
            apply(connection, overlay)


def rows(connection: duckdb.DuckDBPyConnection, table: ReplicaTable = ORDER) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{key}"' for key in table.keys)
    return connection.execute(f"SELECT {names} FROM {table.name} ORDER BY id").fetchall()


CREATED = {
    "total": [None, 1250],
    "day": [None, "2026-03-02"],
    "at": [None, "2026-03-01T16:00:00.5Z"],
    "rush": [None, True],
    "tags": [None, ["a", "b"]],
    "lines": {"insert": [{"id": "l1", "_order": 0, "qty": 5}, {"id": "l2", "_order": 1}]},
}
FIRST = ("o1", 1, 1250, date(2026, 3, 2), datetime(2026, 3, 1, 16, 0, 0, 500000), True, ["a", "b"])  # noqa: DTZ001


def test_a_new_record_arrives_with_its_rows(connection: duckdb.DuckDBPyConnection) -> None:
    follow(connection, change(1, "create", **CREATED))
    assert rows(connection) == [FIRST]
    assert rows(connection, LINES) == [("l1", 5, "o1"), ("l2", None, "o1")]


def test_changed_fields_are_laid_over_what_is_there(connection: duckdb.DuckDBPyConnection) -> None:
    follow(connection, change(1, "create", **CREATED))
    follow(
        connection,
        change(2, total=[1250, 7], tags=[["a", "b"], None]),
        change(
            3,
            total=[7, 8],
            lines={"update": [{"id": "l1", "qty": [5, 6]}], "delete": [{"id": "l2", "_order": 1}]},
        ),
        change(4, lines={"insert": [{"id": "l3", "qty": 1}], "delete": [{"id": "l3"}]}),
    )
    assert rows(connection) == [("o1", 4, 8, *FIRST[3:6], None)]
    assert rows(connection, LINES) == [("l1", 6, "o1")]


def test_applying_a_change_again_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    history = [
        change(1, "create", **CREATED),
        change(2, total=[1250, 7]),
        change(3, "delete", day=["2026-03-02", None]),
    ]
    follow(connection, *history)
    before = rows(connection), rows(connection, LINES)
    for _again in range(2):
        follow(connection, *history)
        follow(connection, *history[1:])
    assert (rows(connection), rows(connection, LINES)) == before


def test_changes_a_table_has_already_are_passed_over(connection: duckdb.DuckDBPyConnection) -> None:
    insert(connection, ORDER, [("o1", 9, 1, None, None, None, None)])
    follow(connection, change(1, "create", **CREATED), since={"shop_order": 5, "shop_order__lines": 0})
    assert rows(connection)[0][:3] == ("o1", 9, 1)
    assert len(rows(connection, LINES)) == 2


def test_other_forms_fields_and_unknown_records_leave_no_trace(connection: duckdb.DuckDBPyConnection) -> None:
    follow(
        connection,
        change(1, form="customer", total=[None, 1]),
        change(2, record="gone", total=[1, 2]),
        change(3, color=[1, 2]),
    )
    assert rows(connection) == []


def test_a_thousand_records_take_one_pass(connection: duckdb.DuckDBPyConnection) -> None:
    follow(connection, *(change(i, "create", record=f"o{i:04d}", total=[None, i]) for i in range(1, 1001)))
    follow(connection, *(change(1000 + i, record=f"o{i:04d}", total=[i, -i]) for i in range(1, 1001)))
    assert connection.execute("SELECT count(*), sum(total) FROM shop_order").fetchall() == [(1000, -500500)]
