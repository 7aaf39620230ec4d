"""Checked expressions as sqlglot trees for SQLite, PostgreSQL and DuckDB."""
