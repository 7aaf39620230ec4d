"""Rows that wait to be written together: one statement for many records instead of one for each.

A unit of work collects what saves insert and change, and writes it before any statement that could tell
the difference: a read that names one of the tables, or any other write. So the order of things stays that
of saving one record after the other, at the price of a few statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from psycopg.types.json import Json, Jsonb

from engine.errors import TryAgain
from engine.storage.database import INTEGRITY, DialectName
from engine.storage.driver import MARK

Row = Sequence[Any]
LARGEST = 1_000
"""Rows in one statement."""


@dataclass(frozen=True, slots=True, eq=False)
class Insert:
    """How rows go into a table: names as SQL writes them. `json` are the columns whose values are JSON texts.
    Made once and kept: rows wait together when they have the very same one.
    """

    table: str
    columns: tuple[str, ...]
    json: frozenset[str] = frozenset()

    def text(self, dialect: DialectName) -> str:
        """The driver-ready statement for one row."""
        return _insert_text(self, dialect)


@lru_cache(4096)
def _insert_text(insert: Insert, dialect: DialectName) -> str:
    marks = ", ".join([MARK[dialect]] * len(insert.columns))
    return f"INSERT INTO {insert.table} ({', '.join(insert.columns)}) VALUES ({marks})"


@lru_cache(4096)
def _recordset_text(insert: Insert) -> str:
    """PostgreSQL: all rows as one JSON parameter, read by the types of the table itself. A statement with a
    mark per value takes the driver longer to prepare than the server to run.
    """
    names = ", ".join(insert.columns)
    rows = f"json_populate_recordset(NULL::{insert.table}, %s::json)"
    return f"INSERT INTO {insert.table} ({names}) SELECT {names} FROM {rows}"


def _recordset(insert: Insert, rows: Sequence[Row]) -> str:
    names = [column.strip('"') for column in insert.columns]
    texts = [place for place, name in enumerate(names) if name in insert.json]
    if texts:
        rows = [_parsed(row, texts) for row in rows]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return orjson.dumps(found, default=_unwrapped).decode()


def _parsed(row: Row, texts: Sequence[int]) -> list[Any]:
    values = list(row)
    for place in texts:
        if values[place] is not None:
            values[place] = orjson.Fragment(values[place])
    return values


def _unwrapped(value: Any) -> Any:
    """What a wrapper of the driver holds."""
    if isinstance(value, Json | Jsonb):
        return value.obj
    raise TypeError(type(value))


class WaitingRefused(Exception):
    """The database refused rows that were written together; which of them, only writing one by one tells."""


@dataclass(slots=True)
class WaitingRows:
    """What is not written yet, by statement in order of first use: new rows, then changed ones."""

    dialect: DialectName
    inserts: dict[Insert, list[Row]] = field(default_factory=dict)
    updates: dict[str, list[Row]] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.tables)

    def insert(self, insert: Insert, rows: Sequence[Row]) -> None:
        """Let new rows wait."""
        known = self.inserts.get(insert)
        if known is None:
            known = self.inserts[insert] = []
            self.tables.add(insert.table)
        known.extend(rows)

    def update(self, text: str, params: Row, *, table: str, record: str) -> None:
        """Let a change of one row wait; the caller asked `holds` before."""
        self.updates.setdefault(text, []).append(params)
        self.tables.add(table)
        self.records.add(record)

    def holds(self, record: str) -> bool:
        """Whether a change of this row waits already: a second one may not overtake it."""
        return record in self.records

    def concerns(self, sql: str) -> bool:
        """Whether a statement could tell that rows are waiting."""
        return not sql.startswith("SELECT") or any(table in sql for table in self.tables)

    def clear(self) -> None:
        """Forget what waits: it was written, or is undone."""
        self.inserts.clear()
        self.updates.clear()
        self.tables.clear()
        self.records.clear()

    def write(self, raw: Any) -> None:
        """Write everything over the driver's connection. Raises WaitingRefused."""
        inserts, updates = dict(self.inserts), dict(self.updates)
        self.clear()
        try:
            for insert, rows in inserts.items():
                self._insert(raw, insert, rows)
            for text, changes in updates.items():
                cursor = raw.cursor()
                cursor.executemany(text, changes)
                if cursor.rowcount != len(changes):
                    raise TryAgain()  # the rows are locked, so only a rule or a person deleting them was quicker
        except INTEGRITY as wrong:
            raise WaitingRefused from wrong

    def _insert(self, raw: Any, insert: Insert, rows: list[Row]) -> None:
        if self.dialect == "sqlite":
            raw.executemany(insert.text("sqlite"), rows)
            return
        if len(rows) == 1:
            raw.execute(insert.text(self.dialect), rows[0])
            return
        for start in range(0, len(rows), LARGEST):
            part = rows[start : start + LARGEST]
            raw.execute(_recordset_text(insert), (_recordset(insert, part),))
