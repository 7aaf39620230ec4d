"""Lowering to DuckDB: BIGINT where digits prove that it fits, HUGEINT elsewhere."""
