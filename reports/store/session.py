"""One DuckDB database, locked down, and single queries on it with a deadline."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from reports.store.errors import QueryTooLarge, QueryTooLong, StoreFailed, TooManyRows

ROW_LIMIT = 200_000
BROKEN = (
    duckdb.ConnectionException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.IOException,
    duckdb.SerializationException,
)
"""Errors of the file or the connection, not of the statement."""


def open_database(path: Path | None, *, memory: str) -> duckdb.DuckDBPyConnection:
    """The writing connection of a replica file; None is a database in memory.

    Nothing outside the file can be reached by SQL, and no setting can be changed afterwards.
    """
    config: dict[str, Any] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory,
        "max_temp_directory_size": "10GB",
    }
    if path is None:
        config["temp_directory"] = ""
    connection = duckdb.connect(str(path) if path else ":memory:", config=config)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL default_null_order = 'nulls_last'")
    connection.execute("SET GLOBAL lock_configuration = true")
    return connection


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commits at the end of the block, rolls back when it raises."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def read(
    connection: duckdb.DuckDBPyConnection, sql: str, params: Mapping[str, Any], *, timeout: float
) -> list[tuple[Any, ...]]:
    """All rows of a query, or an error of the domain: too long, too large, too many."""
    stop = threading.Timer(timeout, connection.interrupt)
    stop.daemon = True
    stop.start()
    try:
        rows: list[tuple[Any, ...]] = connection.execute(sql, dict(params)).fetchmany(ROW_LIMIT + 1)
    except duckdb.InterruptException as stopped:
        raise QueryTooLong(details={"seconds": timeout}) from stopped
    except duckdb.OutOfMemoryException as full:
        raise QueryTooLarge() from full
    except BROKEN:
        raise
    except duckdb.Error as failed:
        raise StoreFailed(details={"reason": str(failed).splitlines()[0]}) from failed
    finally:
        stop.cancel()
    if len(rows) > ROW_LIMIT:
        raise TooManyRows(details={"limit": ROW_LIMIT})
    return rows
