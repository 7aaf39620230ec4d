"""Jobs as rows, written by the transaction that causes them: the outbox and the timers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import Conflict, NotFound
from engine.ids import new_id
from engine.storage.tables import job as table
from engine.storage.unit_of_work import UnitOfWork

LEASE = timedelta(minutes=2)
ERROR_LIMIT = 2000
OPEN = text("state IN ('ready', 'running', 'sending')")
"""As in the index of due jobs, word by word: a database uses a partial index for its own condition only."""


class JobNotFound(NotFound):
    """No job has this id."""

    code = "job_not_found"
    zh = "没有该任务。"


class JobNotWaiting(Conflict):
    """The job is running or already done, so this is not possible now."""

    code = "job_not_waiting"
    zh = "该任务正在执行或已结束，无法进行此操作。"


class LeaseLost(Conflict):
    """Another worker took this job over."""

    code = "lease_lost"
    zh = "该任务已被其他进程接管。"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of durable work. `due` is the moment it may run first, in UTC."""

    id: str
    kind: str
    payload: dict[str, Any]
    state: str
    due: datetime
    attempts: int
    unique_key: str | None
    error: str | None
    app: str | None
    cause: int | None
    created_at: datetime
    finished_at: datetime | None = None


_FIELDS = [table.c[name] for name in Job.__dataclass_fields__]


def enqueue(
    work: UnitOfWork,
    kind: str,
    payload: Mapping[str, Any],
    *,
    due: datetime | None = None,
    unique: str | None = None,
    app: str | None = None,
) -> str | None:
    """Add a job to this transaction; its id, or None when a job with this unique key exists already.

    On PostgreSQL this waits for a transaction that has taken the key and not yet ended.
    """
    identifier = new_id()
    make = sqlite.insert if work.runtime.database.dialect == "sqlite" else postgresql.insert
    statement = make(table).values(
        id=identifier,
        kind=kind,
        payload=dict(payload),
        state="ready",
        due=due or work.now,
        unique_key=unique,
        app=app,
        cause=work.cause,
        created_at=work.now,
    )
    taken = statement.on_conflict_do_nothing(index_elements=[table.c.unique_key]).returning(table.c.id)
    if work.connection.execute(taken).first() is None:
        return None
    if not work.memory.get("jobs_added"):
        work.memory["jobs_added"] = True
        work.after_commit(work.runtime.jobs_added)
    return identifier


def cancel(work: UnitOfWork, *, unique: str | None = None, job: str | None = None) -> bool:
    """Cancel a job that has not started, by its unique key or id; whether there was one.

    A cancelled job frees its unique key, so that a timer can be armed again.
    """
    matches = table.c.unique_key == unique if unique is not None else table.c.id == job
    done = work.connection.execute(
        update(table)
        .where(matches, table.c.state == "ready")
        .values(state="cancelled", finished_at=work.now, unique_key=None)
    )
    return done.rowcount > 0


def retry(work: UnitOfWork, job: str) -> None:
    """Run a dead, unknown or cancelled job again from its first attempt. Raises JobNotFound, JobNotWaiting."""
    found = get(work, job)
    done = work.connection.execute(
        update(table)
        .where(table.c.id == found.id, table.c.state.in_(("dead", "unknown", "cancelled")))
        .values(state="ready", attempts=0, due=work.now, error=None, finished_at=None)
    )
    if done.rowcount == 0:
        raise JobNotWaiting()
    work.after_commit(work.runtime.jobs_added)


def get(work: UnitOfWork, job: str) -> Job:
    """One job. Raises JobNotFound."""
    row = work.connection.execute(select(*_FIELDS).where(table.c.id == job)).first()
    if row is None:
        raise JobNotFound()
    return Job(**row._mapping)


def list_jobs(work: UnitOfWork, *, state: str | None = None, limit: int = 100) -> list[Job]:
    """Jobs, the newest first."""
    statement = select(*_FIELDS).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(table.c.state == state)
    return [Job(**row._mapping) for row in work.connection.execute(statement)]


def anything_due(work: UnitOfWork) -> bool:
    """Whether there is a job to lease or to mark as unknown. Only reads: it is asked every few seconds."""
    overdue = or_(table.c.state == "ready", table.c.lease_until < work.now)
    return bool(
        work.connection.execute(select(exists().where(OPEN, table.c.due <= work.now, overdue))).scalar()
    )


def next_due(work: UnitOfWork) -> datetime | None:
    """When the next waiting job may run."""
    soonest = select(table.c.due).where(OPEN, table.c.state == "ready").order_by(table.c.due).limit(1)
    found: datetime | None = work.connection.execute(soonest).scalar_one_or_none()
    return found


def lease(work: UnitOfWork, worker: str, *, limit: int) -> list[Job]:
    """Take due jobs for `worker` until the lease ends; other workers skip them."""
    waiting = or_(table.c.state == "ready", _abandoned(work, "running"))
    due = (
        select(table.c.id)
        .where(OPEN, table.c.due <= work.now, waiting)
        .order_by(table.c.due, table.c.id)
        .limit(limit)
    )
    if work.runtime.database.dialect == "postgres":
        due = due.with_for_update(skip_locked=True)
    taken = work.connection.execute(
        update(table)
        .where(table.c.id.in_(due))
        .values(
            state="running",
            lease_by=worker,
            lease_until=work.now + LEASE,
            attempts=table.c.attempts + 1,
        )
        .returning(*_FIELDS)
    )
    return sorted((Job(**row._mapping) for row in taken), key=lambda job: (job.due, job.id))


def _abandoned(work: UnitOfWork, state: str) -> ColumnElement[bool]:
    return and_(table.c.state == state, table.c.lease_until < work.now)


def mark_unknown(work: UnitOfWork) -> int:
    """Jobs that were sending when their worker died: nobody knows whether it went out."""
    done = work.connection.execute(
        update(table)
        .where(OPEN, table.c.due <= work.now, _abandoned(work, "sending"))
        .values(
            state="unknown",
            finished_at=work.now,
            error="发送过程中断，无法确认是否已送达 / interrupted while sending; delivery is unknown",
        )
    )
    return done.rowcount


def renew(work: UnitOfWork, job: Job, worker: str) -> None:
    """Start the lease anew, now that the job's turn has come. Raises LeaseLost."""
    _move(work, job, worker, lease_until=work.now + LEASE)


def mark_sending(work: UnitOfWork, job: Job, worker: str) -> None:
    """Say that the message goes out now; the lease starts anew. Raises LeaseLost."""
    _move(work, job, worker, state="sending", lease_until=work.now + LEASE)


def finish(work: UnitOfWork, job: Job, worker: str) -> None:
    """The work is done, in the same transaction. Raises LeaseLost."""
    _move(work, job, worker, state="done", finished_at=work.now, error=None)


def postpone(work: UnitOfWork, job: Job, worker: str, *, due: datetime, error: str) -> None:
    """Try again later. Raises LeaseLost."""
    _move(work, job, worker, state="ready", due=due, error=_storable(error))


def bury(work: UnitOfWork, job: Job, worker: str, *, error: str) -> None:
    """Give up; the job stays as a dead letter. Raises LeaseLost."""
    _move(work, job, worker, state="dead", finished_at=work.now, error=_storable(error))


def leave_unknown(work: UnitOfWork, job: Job, worker: str, *, error: str) -> None:
    """It went out and nobody knows whether it arrived; a person decides. Raises LeaseLost."""
    _move(work, job, worker, state="unknown", finished_at=work.now, error=_storable(error))


def _move(work: UnitOfWork, job: Job, worker: str, **values: Any) -> None:
    moved = work.connection.execute(
        update(table)
        .where(table.c.id == job.id, table.c.lease_by == worker, table.c.state.in_(("running", "sending")))
        .values(**values)
    )
    if moved.rowcount == 0:
        raise LeaseLost()


def _storable(error: str) -> str:
    """Cut to size, and without the one character PostgreSQL does not store."""
    return error[:ERROR_LIMIT].replace("\0", "\N{REPLACEMENT CHARACTER}")
