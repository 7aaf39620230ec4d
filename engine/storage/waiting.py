"""Rows that wait to be written together: one statement for many records instead of one for each.

A unit of work collects what saves insert and change, and writes it before any statement that could tell
the difference: a read that names one of the tables, or any other write. So the order of things stays that
of saving one record after the other, at the price of a few statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.errors import TryAgain
from engine.storage.copying import copy_rows
from engine.storage.database import INTEGRITY, DialectName
from engine.storage.driver import MARK
from engine.storage.one_statement import REMEMBERED, insert_each, insert_each_and_change

Row = Sequence[Any]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Insert:
    """How rows go into a table: names as SQL writes them. Made once and kept: rows wait together when they have
    the very same one.
    """

    table: str
    columns: tuple[str, ...]

    def text(self, dialect: DialectName) -> str:
        """The driver-ready statement for one row."""
        return _insert_text(self, dialect)


@lru_cache(4096)
def _insert_text(insert: Insert, dialect: DialectName) -> str:
    marks = ", ".join([MARK[dialect]] * len(insert.columns))
    return f"INSERT INTO {insert.table} ({', '.join(insert.columns)}) VALUES ({marks})"


New = Sequence[tuple[Insert, list[Row]]]
Changed = Mapping[tuple[str, str], Sequence[Row]]
"""What changes rows, and of which table -> the parameters."""


class WaitingRefused(Exception):
    """The database refused rows that were written together; which of them, only writing one by one tells."""


@dataclass(slots=True)
class WaitingRows:
    """What is not written yet, by statement in order of first use: new rows, then changed ones. `brief`: they
    are those of one save, and errors of the database stay as they are.
    """

    dialect: DialectName
    inserts: dict[Insert, list[Row]] = field(default_factory=dict)
    updates: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)
    brief: bool = False

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
        self.updates.setdefault((text, table), []).append(params)
        self.tables.add(table)
        self.records.add(record)

    def holds(self, record: str) -> bool:
        """Whether a change of this row waits already: a second one may not overtake it."""
        return record in self.records

    def concerns(self, sql: str) -> bool:
        """Whether a statement could tell that rows are waiting."""
        return not sql.startswith("SELECT") or any(table in sql for table in self.tables)

    def taken(self) -> list[tuple[Insert, list[Row]]]:
        """The new rows, which somebody else writes from now on."""
        new = list(self.inserts.items())
        self.inserts.clear()
        self.tables = {table for _, table in self.updates}
        return new

    def clear(self) -> None:
        """Forget what waits: it was written, or is undone."""
        self.inserts.clear()
        self.updates.clear()
        self.tables.clear()
        self.records.clear()

    def write(self, raw: Any) -> None:
        """Write everything over the driver's connection. Raises WaitingRefused."""
        inserts, updates = list(self.inserts.items()), dict(self.updates)
        self.clear()
        write = _write_to_sqlite if self.dialect == "sqlite" else _write_to_postgres
        try:
            write(raw, inserts, updates)
        except INTEGRITY as wrong:
            if self.brief:
                raise
            raise WaitingRefused from wrong


def _write_to_sqlite(raw: Any, inserts: New, updates: Changed) -> None:
    for insert, rows in inserts:
        raw.executemany(insert.text("sqlite"), rows)
    _change(raw, updates)


def _write_to_postgres(raw: Any, inserts: New, updates: Changed) -> None:
    """What has one row each goes together, but not past a table that has several: rows of one may refer to
    those of the other.
    """
    single: list[tuple[Insert, Row]] = []
    for insert, rows in inserts:
        if len(rows) == 1:
            single.append((insert, rows[0]))
            continue
        if single:
            insert_each(raw, single)
            single = []
        copy_rows(raw, insert, rows)
    if not _may_go_along(single, updates):
        if single:
            insert_each(raw, single)
        _change(raw, updates)
        return
    (((text, _), (params,)),) = updates.items()
    if insert_each_and_change(raw, single, text, params) != 1:
        raise TryAgain()


def _may_go_along(single: Sequence[tuple[Insert, Row]], updates: Changed) -> bool:
    """Whether one statement can do both: it would not see a row that it makes, and so not change it."""
    if len(updates) != 1:
        return False
    (((_, table), changes),) = updates.items()
    return len(changes) == 1 and bool(single) and all(insert.table != table for insert, _ in single)


def _change(raw: Any, updates: Changed) -> None:
    for (text, _), changes in updates.items():
        cursor = raw.cursor()
        cursor.executemany(text, changes)
        if cursor.rowcount != len(changes):
            raise TryAgain()  # the rows are locked, so only a rule or a person deleting them was quicker


def insert_rows(raw: Any, dialect: DialectName, insert: Insert, rows: Sequence[Row]) -> None:
    """Write new rows over the driver's connection."""
    if dialect == "sqlite":
        raw.executemany(insert.text(dialect), rows)
    elif len(rows) > 1:
        copy_rows(raw, insert, rows)
    elif len(insert.columns) > REMEMBERED:
        insert_each(raw, [(insert, rows[0])])
    else:
        raw.execute(insert.text(dialect), rows[0])
