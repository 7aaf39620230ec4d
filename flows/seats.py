"""SQL of seats: the part of one person in a task, and the boxes these make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from engine.findings import Text
from engine.storage.unit_of_work import UnitOfWork
from flows.repository import Row, Statement, moment

SEAT = '"user", round, position, state, why, acted_at, comment'
SEATS_OF = Statement("SELECT {columns} FROM ff_flow_seat WHERE task = ? ORDER BY round, position", SEAT)
ONE_SEAT = Statement(
    'SELECT {columns} FROM ff_flow_seat WHERE task = ? AND "user" = ? ORDER BY round DESC', SEAT
)
ADD_SEAT = Statement(
    'INSERT INTO ff_flow_seat (task, "user", round, position, state, why) VALUES (?, ?, ?, ?, ?, ?) '
    'ON CONFLICT (task, "user", round) DO UPDATE SET state = excluded.state, position = excluded.position'
)
SET_SEAT = Statement(
    'UPDATE ff_flow_seat SET state = ?, acted_at = ?, comment = ? WHERE task = ? AND "user" = ? AND state = ?'
)
ASK_SEAT = Statement(
    "UPDATE ff_flow_seat SET state = 'asked' WHERE task = ? AND \"user\" = ? AND state = 'waiting'"
)
DROP_SEATS = Statement("DELETE FROM ff_flow_seat WHERE task = ? AND state IN ('asked', 'waiting')")
CLOSE_SEATS = Statement(
    "UPDATE ff_flow_seat SET state = 'moot' WHERE task = ? AND state IN ('asked', 'waiting')"
)
ACTED = "('approved', 'rejected', 'returned', 'transferred')"
COUNTS = Statement(
    "SELECT {columns} FROM (SELECT "
    "(SELECT count(*) FROM ff_flow_seat WHERE \"user\" = ? AND state = 'asked') AS inbox, "
    f'(SELECT count(*) FROM ff_flow_seat WHERE "user" = ? AND state IN {ACTED}) AS done, '
    "(SELECT count(*) FROM ff_flow_instance WHERE submitter = ?) AS started) AS boxes",
    "inbox, done, started",
)
BOX = (
    "t.id, i.app, i.form, i.record, i.title, i.flow, t.node, t.label, t.mode, t.state, t.round, t.created_at, t.due_at, "
    "t.closed_at, t.closed_by, t.error, t.instance, i.status, i.outcome, i.submitter, i.version"
)
JOINED = "FROM ff_flow_task t JOIN ff_flow_instance i ON i.id = t.instance"
ONE = Statement(f"SELECT {{columns}} {JOINED} WHERE t.id = ?", BOX)
INBOX = Statement(
    f'SELECT {{columns}} {JOINED} JOIN ff_flow_seat s ON s.task = t.id WHERE s."user" = ? '
    "AND s.state = 'asked' AND t.id < ? ORDER BY t.id DESC LIMIT ?",
    BOX,
)
DONE = Statement(
    f'SELECT {{columns}} {JOINED} JOIN ff_flow_seat s ON s.task = t.id WHERE s."user" = ? '
    f"AND s.state IN {ACTED} AND t.id < ? ORDER BY t.id DESC LIMIT ?",
    BOX,
)
STARTED = Statement(
    "SELECT {columns} FROM ff_flow_instance WHERE submitter = ? AND id < ? ORDER BY id DESC LIMIT ?", "id"
)
PART = Statement(
    "SELECT {columns} FROM ff_flow_seat s JOIN ff_flow_task t ON t.id = s.task "
    'WHERE t.instance = ? AND s."user" = ? LIMIT 1',
    "s.task",
)
LAST = "g"
"""Sorts after every id, in every collation."""


def seats_of(work: UnitOfWork, task: str) -> list[Row]:
    """The seats of a task in order."""
    return [_seat(row) for row in SEATS_OF.rows(work, task)]


def seat_of(work: UnitOfWork, task: str, user: str) -> Row | None:
    """The latest seat of a person in a task."""
    found = ONE_SEAT.rows(work, task, user)
    return _seat(found[0]) if found else None


def _seat(row: Row) -> Row:
    row["acted_at"] = moment(row["acted_at"])
    row["why"] = orjson.loads(row["why"]) if row["why"] else None
    return row


def add_seats(
    work: UnitOfWork,
    task: str,
    number: int,
    people: Sequence[str],
    *,
    asked: Sequence[str],
    reasons: Mapping[str, Text],
) -> None:
    """Seats for `people` in order; those not in `asked` wait for their turn."""
    for position, user in enumerate(people):
        why = orjson.dumps(dict(reasons[user])).decode() if user in reasons else None
        ADD_SEAT.run(work, task, user, number, position, "asked" if user in asked else "waiting", why)


def take_seat(work: UnitOfWork, task: str, user: str, state: str, *, comment: str | None = None) -> bool:
    """The person acts; False when the seat is not asked (any more)."""
    return bool(SET_SEAT.run(work, state, work.now, comment, task, user, "asked"))


def ask(work: UnitOfWork, task: str, user: str) -> None:
    """It is the turn of the next person."""
    ASK_SEAT.run(work, task, user)


def close_seats(work: UnitOfWork, task: str) -> None:
    """Nobody is asked any more."""
    CLOSE_SEATS.run(work, task)


def drop_seats(work: UnitOfWork, task: str) -> None:
    """Take back who was asked, as if it had never been."""
    DROP_SEATS.run(work, task)


def has_seat(work: UnitOfWork, instance: str, user: str) -> bool:
    """Whether a person is or was asked anywhere in an instance."""
    return bool(PART.rows(work, instance, user))


def boxed_task(work: UnitOfWork, task: str) -> Row | None:
    """A task with what lists show of its instance."""
    found = ONE.rows(work, task)
    return _boxed(found[0]) if found else None


def box(work: UnitOfWork, name: str, user: str, *, before: str | None, limit: int) -> list[Row]:
    """Tasks in the box "inbox" or "done" of a person, the newest first, below the id `before`."""
    statement = {"inbox": INBOX, "done": DONE}[name]
    return [_boxed(row) for row in statement.rows(work, user, before or LAST, limit)]


def started(work: UnitOfWork, user: str, *, before: str | None, limit: int) -> list[str]:
    """Ids of instances a person submitted, the newest first."""
    return [row["id"] for row in STARTED.rows(work, user, before or LAST, limit)]


def counts(work: UnitOfWork, user: str) -> dict[str, int]:
    """How many items each box of a person holds."""
    return COUNTS.rows(work, user, user, user)[0]


def _boxed(row: Row) -> Row:
    row["label"] = orjson.loads(row["label"])
    row["error"] = orjson.loads(row["error"]) if row["error"] else None
    for name in ("created_at", "due_at", "closed_at"):
        row[name] = moment(row[name])
    return row
