"""Jobs as rows, written by the transaction that causes them: the outbox and the timers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from engine.errors import Conflict, NotFound
from engine.ids import new_id
from engine.storage.tables import job as table
from engine.storage.unit_of_work import UnitOfWork

LEASE = timedelta(minutes=2)
OPEN = ("ready", "running", "sending")


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
    """Add a job to this transaction; its id, or None when a job with this unique key exists already."""
    if unique is not None and _known(work, unique):
        return None
    identifier = new_id()
    work.connection.execute(
        insert(table).values(
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
    )
    if not work.memory.get("jobs_added"):
        work.memory["jobs_added"] = True
        work.after_commit(work.runtime.jobs_added)
    return identifier


def _known(work: UnitOfWork, unique: str) -> bool:
    return work.connection.execute(select(table.c.id).where(table.c.unique_key == unique)).first() is not None


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


def lease(work: UnitOfWork, worker: str, *, limit: int) -> list[Job]:
    """Take due jobs for `worker` until the lease ends; other workers skip them."""
    waiting = or_(table.c.state == "ready", and_(table.c.state == "running", table.c.lease_until < work.now))
    due = (
        select(table.c.id)
        .where(waiting, table.c.due <= work.now)
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


def mark_unknown(work: UnitOfWork) -> int:
    """Jobs that were sending when their worker died: nobody knows whether it went out."""
    done = work.connection.execute(
        update(table)
        .where(table.c.state == "sending", table.c.lease_until < work.now)
        .values(
            state="unknown",
            finished_at=work.now,
            error="发送过程中断，无法确认是否已送达 / interrupted while sending; delivery is unknown",
        )
    )
    return done.rowcount


def mark_sending(work: UnitOfWork, job: Job, worker: str) -> None:
    """Say that the message goes out now. Raises LeaseLost."""
    _move(work, job, worker, state="sending")


def finish(work: UnitOfWork, job: Job, worker: str) -> None:
    """The work is done, in the same transaction. Raises LeaseLost."""
    _move(work, job, worker, state="done", finished_at=work.now, error=None)


def postpone(work: UnitOfWork, job: Job, worker: str, *, due: datetime, error: str) -> None:
    """Try again later. Raises LeaseLost."""
    _move(work, job, worker, state="ready", due=due, error=error[:2000])


def bury(work: UnitOfWork, job: Job, worker: str, *, error: str) -> None:
    """Give up; the job stays as a dead letter. Raises LeaseLost."""
    _move(work, job, worker, state="dead", finished_at=work.now, error=error[:2000])


def leave_unknown(work: UnitOfWork, job: Job, worker: str, *, error: str) -> None:
    """It went out and nobody knows whether it arrived; a person decides. Raises LeaseLost."""
    _move(work, job, worker, state="unknown", finished_at=work.now, error=error[:2000])


def _move(work: UnitOfWork, job: Job, worker: str, **values: Any) -> None:
    moved = work.connection.execute(
        update(table)
        .where(table.c.id == job.id, table.c.lease_by == worker, table.c.state.in_(("running", "sending")))
        .values(**values)
    )
    if moved.rowcount == 0:
        raise LeaseLost()


def next_due(work: UnitOfWork) -> datetime | None:
    """When the next job may run, or None."""
    return work.connection.execute(
        select(func.min(table.c.due)).where(table.c.state.in_(OPEN))
    ).scalar_one_or_none()
