"""Random expressions on random records: the five back ends agree. `make fuzz` asks for thousands of them."""

from __future__ import annotations

from tests.engine.expressions.fuzz import CHUNK, asked
from tests.engine.expressions.stores import DuckStore, PostgresStore, SqliteStore
from tests.engine.expressions.voices import Compiled, InDatabase, Traced

CHUNKS = 6
RECORDS = 8
SEED = 20260302


def test_back_ends_agree_on_random_expressions(
    sqlite_store: SqliteStore, postgres_store: PostgresStore, duckdb_store: DuckStore
) -> None:
    stores = (InDatabase(store) for store in (sqlite_store, postgres_store, duckdb_store))
    found = asked((Compiled(), Traced(), *stores), range(CHUNKS), SEED, CHUNKS * CHUNK, RECORDS)
    assert found.disagreements == []
    assert found.functions.total() > CHUNKS * CHUNK
