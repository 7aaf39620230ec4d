"""Rows into a table the shortest way: executemany on SQLite, COPY on PostgreSQL, then ANALYZE."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa


def load(url: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values are as the driver stores them. `url` is SQLAlchemy's."""
    made = sa.make_url(url)
    names = ", ".join(f'"{column}"' for column in columns)
    if made.get_backend_name() == "sqlite":
        _into_sqlite(str(made.database), table, names, len(columns), rows)
    else:
        uri = made.set(drivername="postgresql").render_as_string(hide_password=False)
        _into_postgres(uri, table, names, rows)


def _into_sqlite(path: str, table: str, names: str, width: int, rows: Iterable[Sequence[Any]]) -> None:
    connection = sqlite3.connect(path)
    try:
        with connection:
            marks = ", ".join("?" * width)
            connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _into_postgres(uri: str, table: str, names: str, rows: Iterable[Sequence[Any]]) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        with connection.cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
