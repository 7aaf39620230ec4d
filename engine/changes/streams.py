"""The streams of the log, read in the same way: saves of records, what was done beside them, and who was
shown marked values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.storage.columns import moment_from_text, moment_text
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork

SEQUENCER_LOCK = 4_401_002
BATCH = 5_000
DROP = "log_dropped"
ERASE = "log_erased"
"""The operations that say what was rightly removed from the log."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A table of the log. `header`, the moment first, is sealed as it is; `body`, a JSON text, under a salt, so that what it
    holds can be erased later. `summed` are columns whose values each block lists, by the name of the list.
    """

    name: str
    table: str
    header: tuple[str, ...]
    body: str
    summed: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> str:
        return ", ".join(("id", "pos", *self.header, self.body))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a stream: `values` are those of its header, moments as fixed-width UTC text."""

    id: int
    pos: int | None
    values: tuple[Any, ...]
    body: str


CHANGES = Stream(
    "change",
    "ff_change",
    (
        "at",
        "app",
        "form",
        "record",
        "op",
        "actor",
        "source",
        "cause",
        "batch",
        "rev",
        "request",
        "address",
    ),
    "diff",
    (("actors", "actor"), ("apps", "app"), ("forms", "form"), ("actions", "op"), ("batches", "batch")),
)
OPERATIONS = Stream(
    "operation",
    "ff_operation",
    ("at", "action", "subject", "app", "actor", "source", "cause", "batch", "request", "address"),
    "details",
    (("actors", "actor"), ("apps", "app"), ("actions", "action"), ("batches", "batch")),
)
READS = Stream(
    "read",
    "ff_read",
    ("at", "key", "app", "form", "fields", "way", "actor", "request", "address"),
    "records",
    (("actors", "actor"), ("apps", "app"), ("forms", "form"), ("actions", "way")),
)
DONE: tuple[Stream, ...] = (CHANGES, OPERATIONS)
"""What people did; who only read is asked about apart."""
STREAMS: tuple[Stream, ...] = (*DONE, READS)


def sequence(work: UnitOfWork, stream: Stream) -> None:
    """Give every committed row its place. Needs a writing unit of work; safe to call at any time."""
    if work.runtime.database.dialect == "postgres":
        work.row("SELECT pg_advisory_xact_lock(%s)", (SEQUENCER_LOCK,))
    table = stream.table
    statement = f"""
    UPDATE {table} SET pos = new.pos FROM (
        SELECT id, row_number() OVER (ORDER BY id) + (SELECT coalesce(max(pos), 0) FROM {table}) AS pos
        FROM {table} WHERE pos IS NULL ORDER BY id LIMIT {BATCH}
    ) AS new WHERE {table}.id = new.id"""
    while work.run(statement) == BATCH:
        pass


def waits(work: UnitOfWork, stream: Stream) -> bool:
    """Whether there are committed rows without a place."""
    return work.row(f"SELECT 1 FROM {stream.table} WHERE pos IS NULL LIMIT 1") is not None


def after(work: UnitOfWork, stream: Stream, pos: int, *, limit: int) -> list[Entry]:
    """The rows after a position, in their order."""
    mark = mark_of(work)
    rows = work.rows(
        f"SELECT {stream.columns} FROM {stream.table} WHERE pos > {mark} ORDER BY pos LIMIT {mark}",
        (pos, limit),
    )
    return [entry_of(row) for row in rows]


def between(work: UnitOfWork, stream: Stream, first: int, last: int) -> list[Entry]:
    """The rows at these positions, both included, in their order."""
    mark = mark_of(work)
    rows = work.rows(
        f"SELECT {stream.columns} FROM {stream.table} WHERE pos >= {mark} AND pos <= {mark} ORDER BY pos",
        (first, last),
    )
    return [entry_of(row) for row in rows]


def entry_of(row: Sequence[Any]) -> Entry:
    """A row of `Stream.columns`."""
    at = row[2]
    return Entry(row[0], row[1], (moment_text(at) if isinstance(at, datetime) else at, *row[3:-1]), row[-1])


def moment_of(value: Any) -> datetime:
    """A moment as the driver gave it."""
    return moment_from_text(value) if isinstance(value, str) else value


def mark_of(work: UnitOfWork) -> str:
    """What stands for a parameter in driver-ready SQL."""
    return MARK[work.runtime.database.dialect]
