"""Lowering to PostgreSQL: bigint where digits prove that it fits, numeric elsewhere."""
