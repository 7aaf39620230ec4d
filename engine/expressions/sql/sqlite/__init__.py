"""Lowering to SQLite: int64 where digits prove that it fits, registered functions elsewhere."""
