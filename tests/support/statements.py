"""Counts what a unit of work asks its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.storage.unit_of_work import UnitOfWork


class _Cursor:
    def __init__(self, cursor: Any, seen: list[str]) -> None:
        self._cursor, self._seen = cursor, seen

    def executemany(self, sql: str, params: Any) -> Any:
        self._seen.append(sql)
        return self._cursor.executemany(sql, params)

    def copy(self, sql: str, **options: Any) -> Any:
        self._seen.append(sql)
        return self._cursor.copy(sql, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class _Connection:
    """The driver's connection with an ear on it."""

    def __init__(self, raw: Any, seen: list[str]) -> None:
        self._raw, self._seen = raw, seen

    def execute(self, sql: str, *params: Any) -> Any:
        self._seen.append(sql)
        return self._raw.execute(sql, *params)

    def ask(self, sql: str, *params: Any, **options: Any) -> Any:
        self._seen.append(sql)
        return self._raw.ask(sql, *params, **options)

    def executemany(self, sql: str, params: Any) -> Any:
        self._seen.append(sql)
        return self._raw.executemany(sql, params)

    def cursor(self) -> Any:
        return _Cursor(self._raw.cursor(), self._seen)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


@contextmanager
def counted(work: UnitOfWork) -> Iterator[list[str]]:
    """The statements that `work` sends to the driver within the block."""
    seen: list[str] = []
    raw = work._raw
    work._driver = _Connection(raw, seen)
    try:
        yield seen
    finally:
        work._driver = raw
