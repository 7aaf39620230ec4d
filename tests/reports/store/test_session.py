from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from reports.store.errors import QueryTooLong, StoreFailed, TooManyRows
from reports.store.session import open_database, read, transaction


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return open_database(None, memory="200MB")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/fourfold-report.csv'",
        "ATTACH '/tmp/fourfold-other.duckdb'",
        "SET memory_limit = '8GB'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT getenv('HOME')",
    ],
)
def test_sql_reaches_nothing_outside_and_changes_no_setting(
    connection: duckdb.DuckDBPyConnection, sql: str
) -> None:
    with pytest.raises(StoreFailed):
        read(connection, sql, {}, timeout=5)


def test_cursors_are_locked_down_too(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(StoreFailed):
        read(connection.cursor(), "SET threads = 1", {}, timeout=5)


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_runs(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3"
    with pytest.raises(QueryTooLong):
        read(connection, endless, {}, timeout=0.2)
    assert read(connection, "SELECT $a + 1", {"a": 1}, timeout=5) == [(2,)]


def test_an_answer_without_end_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(TooManyRows):
        read(connection, "SELECT * FROM range(1000000)", {}, timeout=20)


def test_a_transaction_that_fails_leaves_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(RuntimeError), transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
        raise RuntimeError
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
