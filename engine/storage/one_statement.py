"""A row each into several tables of PostgreSQL by one statement.

What a save writes (its record, its row of the log, the runs of its rules) goes to the server at once: each
statement less is a message there and back, and the waking of two processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.storage.waiting import Insert, Row

MARK = "%s"
REMEMBERED = 50
"""Up to so many parameters the driver remembers what it made of a statement with marks; from numbers for them
it has nothing to make.
"""


def insert_each(raw: Any, new: Sequence[tuple[Insert, Row]]) -> None:
    """Write new rows over the driver's connection. Constraints are judged when all of them are there."""
    values = [value for _, row in new for value in row]
    raw.let_go(raw.ask(_inserts(tuple([insert for insert, _ in new])), values, numbered=True))


def insert_each_and_change(raw: Any, new: Sequence[tuple[Insert, Row]], text: str, params: Row) -> int:
    """The same with the change of a row that is in the store already; the number of rows it touched."""
    values = [*params, *(value for _, row in new for value in row)]
    changing = _inserts_and_change(tuple([insert for insert, _ in new]), text)
    asked = raw.ask(changing, values, numbered=True)
    found = asked.fetchone()
    raw.let_go(asked)
    return int(found[0]) if found is not None else 0


@lru_cache(4096)
def _inserts(inserts: tuple[Insert, ...]) -> str:
    *others, last = (insert.text("postgres") for insert in inserts)
    parts = ", ".join(f"new_{at} AS ({text})" for at, text in enumerate(others))
    return _numbered(f"WITH {parts} {last}" if parts else last)


@lru_cache(4096)
def _inserts_and_change(inserts: tuple[Insert, ...], change: str) -> str:
    parts = [f"changed AS ({change} RETURNING 1)"]
    parts += (f"new_{at} AS ({insert.text('postgres')})" for at, insert in enumerate(inserts))
    return _numbered(f"WITH {', '.join(parts)} SELECT count(*) FROM changed")


def _numbered(text: str) -> str:
    """With numbers for parameters (see `REMEMBERED`)."""
    head, *rest = text.split(MARK)
    return head + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))
