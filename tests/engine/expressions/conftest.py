"""The three databases, each started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.expressions.stores import DuckStore, PostgresStore, SqliteStore, Store
from tests.support.postgres import PostgresForTests


@pytest.fixture(scope="session")
def sqlite_store() -> SqliteStore:
    return SqliteStore()


@pytest.fixture(scope="session")
def duckdb_store() -> DuckStore:
    return DuckStore()


@pytest.fixture(scope="session")
def postgres_store(postgres_server: PostgresForTests) -> Iterator[PostgresStore]:
    with postgres_server.database() as url:
        store = PostgresStore(url)
        yield store
        store.connection.close()


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.getfixturevalue(f"{request.param}_store")
    return made
