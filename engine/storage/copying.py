"""Many rows into a table of PostgreSQL by COPY in its binary form.

It costs the server half of what an INSERT of the same rows does, and the driver less than half, from two rows
on: nothing is planned, and no value is written as text and read again. Defaults, constraints and locks are
those of an INSERT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from psycopg import adapters
from psycopg.copy import LibpqWriter
from psycopg.generators import copy_end
from psycopg.waiting import Wait

if TYPE_CHECKING:
    from psycopg.abc import PQGen

    from engine.storage.waiting import Insert, Row

SENT: dict[str, str] = {
    "text": "text",
    "varchar": "text",
    "int4": "int4",
    "int8": "int8",
    "bool": "bool",
    "date": "date",
    "timestamptz": "timestamptz",
    "json": "text",
    "jsonb": "text",
}
"""Type of a column -> the type whose binary form its values have. JSON comes and goes as text."""
JSONB_VERSION = "\x01"
"""What stands before a text in the binary form of JSONB."""

_COLUMNS = (
    "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
    "WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped"
)


@dataclass(frozen=True, slots=True)
class Copy:
    """How rows of an insert are copied: the statement, what the driver sends for each column, and the places of
    JSONB.
    """

    text: str
    types: tuple[int, ...]
    versioned: tuple[int, ...]

    def rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as they are sent."""
        return [self._sent(row) for row in rows] if self.versioned else rows

    def _sent(self, row: Row) -> Row:
        values = list(row)
        for place in self.versioned:
            if values[place] is not None:
                values[place] = JSONB_VERSION + values[place]
        return values


_known: WeakKeyDictionary[Insert, Copy | None] = WeakKeyDictionary()


def copy_rows(raw: Any, insert: Insert, rows: Sequence[Row]) -> None:
    """Write rows over the driver's connection; one by one where a column has a type that is not in `SENT`."""
    _write(raw.cursor(), insert, rows, None)


def begin_rows(raw: Any, insert: Insert, rows: Sequence[Row]) -> PQGen[Any] | None:
    """As `copy_rows`, but what the server says is not waited for: what is left is to be driven (`Connection.wait`)
    before the connection is used again. None when nothing is left.
    """
    cursor = raw.cursor()
    writer = _Unfinished(cursor)
    _write(cursor, insert, rows, writer)
    return writer.rest


class _Unfinished(LibpqWriter):
    """Ends a copy without waiting for what the server says of it."""

    rest: PQGen[Any] | None = None

    def finish(self, exc: BaseException | None = None) -> None:
        """See psycopg."""
        if exc is not None:
            super().finish(exc)
        else:
            self.connection.wait(self._sent())

    def _sent(self) -> PQGen[None]:
        ending = copy_end(self._pgconn, None)
        try:
            wanted = next(ending)
            while wanted != Wait.R:
                wanted = ending.send((yield wanted))
        except StopIteration:
            return
        self.rest = ending


def _write(cursor: Any, insert: Insert, rows: Sequence[Row], writer: LibpqWriter | None) -> None:
    try:
        copy = _known[insert]
    except KeyError:
        copy = _known[insert] = _copy_of(cursor, insert)
    if copy is None:
        cursor.executemany(insert.text("postgres"), rows)
        return
    with cursor.copy(copy.text, writer=writer) as copying:
        copying.set_types(copy.types)
        write = copying.write_row
        for row in copy.rows(rows):
            write(row)


def _copy_of(cursor: Any, insert: Insert) -> Copy | None:
    """The types are asked of the store, once: in the binary form a wrong one would be read as another value."""
    found = dict(cursor.execute(_COLUMNS, (insert.table,)).fetchall())
    stored = [found[column.strip('"')] for column in insert.columns]
    if not SENT.keys() >= set(stored):
        return None
    return Copy(
        f"COPY {insert.table} ({', '.join(insert.columns)}) FROM STDIN (FORMAT BINARY)",
        tuple(adapters.types.get_oid(SENT[kind]) for kind in stored),
        tuple(place for place, kind in enumerate(stored) if kind == "jsonb"),
    )
