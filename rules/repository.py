"""SQL of the rules. Run records and due rows are written on the path of every save, so that SQL is plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, select, update

from engine.ids import new_id
from engine.jobs import cancel
from engine.protocols import RecordChange
from engine.storage.columns import decode_json, moment_from_text
from engine.storage.driver import MARK, moment_param
from engine.storage.tables import job as job_table
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import Insert
from rules.tables import due as due_table
from rules.tables import run as run_table
from rules.tables import sequence as sequence_table

_RUN_COLUMNS = (
    "id, app, rule, form, record, occurrence, state, at, due_at, late, finished_at, cause, depth, version, "
    "matched, actions, error"
)
_INSERT_RUN = Insert("ff_rule_run", tuple(_RUN_COLUMNS.split(", ")))


@dataclass(slots=True)
class Run:
    """One firing of a rule on a record."""

    id: str
    app: str
    rule: str
    form: str
    record: str
    occurrence: str
    state: str
    at: datetime
    version: int
    cause: int | None = None
    depth: int = 0
    due_at: datetime | None = None
    late: bool = False
    finished_at: datetime | None = None
    matched: dict[str, Any] | None = None
    actions: list[dict[str, Any]] | None = None
    error: dict[str, Any] | None = None


@dataclass(slots=True)
class Due:
    """When a time rule looks at a record."""

    app: str
    rule: str
    form: str
    record: str
    occurrence: str
    due_at: datetime
    state: str
    job: str | None


@dataclass(slots=True)
class Waiting:
    """A rule that waits between two of its steps."""

    run: str
    app: str
    version: int
    rule: str
    form: str
    record: str
    position: int
    due_at: datetime
    names: dict[str, Any]
    job: str


def _mark(work: UnitOfWork) -> str:
    return MARK[work.runtime.database.dialect]


def _stored(work: UnitOfWork, moment: datetime | None) -> Any:
    return moment_param(work.runtime.database.dialect, moment)


def _read(value: Any) -> datetime:
    return moment_from_text(value) if isinstance(value, str) else value


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def add_runs(work: UnitOfWork, runs: Sequence[Run]) -> None:
    """Write run records. A second run of one occurrence violates a unique constraint."""
    if not runs:
        return
    moments = {None: None, work.now: _stored(work, work.now)}
    rows = [
        (
            run.id,
            run.app,
            run.rule,
            run.form,
            run.record,
            run.occurrence,
            run.state,
            moments[run.at] if run.at in moments else _stored(work, run.at),
            moments[run.due_at] if run.due_at in moments else _stored(work, run.due_at),
            run.late,
            moments[run.finished_at] if run.finished_at in moments else _stored(work, run.finished_at),
            run.cause,
            run.depth,
            run.version,
            _json(run.matched or {}),
            _json(run.actions or []),
            _json(run.error),
        )
        for run in runs
    ]
    work.insert(_INSERT_RUN, rows)


Fired = tuple[str, str, str]
"""A rule that fired before a save: its key, the values its condition read and what it did, both as JSON."""


def add_done(work: UnitOfWork, change: RecordChange, fired: Sequence[Fired]) -> None:
    """Write the run records of rules that ran before a save, which has its place in the log by now."""
    at, app, by = _stored(work, work.now), change.app, change.id
    head = (change.form, change.record, str(by), "done", at, None, False, at, by, work.depth, app.version)
    rows = [(new_id(), app.key, rule, *head, seen, done, None) for rule, seen, done in fired]
    work.insert(_INSERT_RUN, rows)


def change_run(work: UnitOfWork, run: Run) -> None:
    """Store how a waiting run went on."""
    work.connection.execute(
        update(run_table)
        .where(run_table.c.id == run.id)
        .values(
            state=run.state,
            late=run.late,
            finished_at=run.finished_at,
            actions=run.actions or [],
            error=run.error,
        )
    )


def run_by_id(work: UnitOfWork, identifier: str) -> Run | None:
    """One run record."""
    row = work.connection.execute(select(run_table).where(run_table.c.id == identifier)).mappings().first()
    return None if row is None else Run(**row)


def has_fired(work: UnitOfWork, app: str, rule: str, record: str, occurrence: str) -> bool:
    """Whether this occurrence was answered already."""
    mark = _mark(work)
    sql = (
        f"SELECT 1 FROM ff_rule_run WHERE app={mark} AND rule={mark} AND record={mark} AND occurrence={mark}"
    )
    return work.row(sql, (app, rule, record, occurrence)) is not None


def runs(
    work: UnitOfWork,
    app: str,
    rule: str,
    *,
    state: str | None = None,
    record: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> list[Run]:
    """Run records of one rule, the newest first; `before` is the id to continue below."""
    table = run_table
    statement = select(table).where(table.c.app == app, table.c.rule == rule)
    if state is not None:
        statement = statement.where(table.c.state == state)
    if record is not None:
        statement = statement.where(table.c.record == record)
    if before is not None:
        statement = statement.where(table.c.id < before)
    found = work.connection.execute(statement.order_by(table.c.id.desc()).limit(limit)).mappings()
    return [Run(**row) for row in found]


def due_rows(work: UnitOfWork, app: str, record: str) -> dict[str, Due]:
    """The due rows of one record by rule."""
    mark = _mark(work)
    sql = (
        "SELECT app, rule, form, record, occurrence, due_at, state, job FROM ff_rule_due "
        f"WHERE record={mark} AND app={mark}"
    )
    rows = work.rows(sql, (record, app))
    return {rule: _due_row(app, rule, *rest) for app, rule, *rest in rows}


def _due_row(
    app: str, rule: str, form: str, record: str, occurrence: str, due: Any, state: str, job: str | None
) -> Due:
    return Due(app, rule, form, record, occurrence, _read(due), state, job)


def put_due(work: UnitOfWork, due: Due) -> None:
    """Add or replace the due row of a rule on a record."""
    mark = _mark(work)
    sql = (
        "INSERT INTO ff_rule_due (app, rule, form, record, occurrence, due_at, state, job) "
        f"VALUES ({', '.join([mark] * 8)}) ON CONFLICT (record, app, rule) DO UPDATE SET "
        "occurrence = excluded.occurrence, due_at = excluded.due_at, state = excluded.state, job = excluded.job"
    )
    moment = _stored(work, due.due_at)
    work.run(sql, (due.app, due.rule, due.form, due.record, due.occurrence, moment, due.state, due.job))


def drop_due(work: UnitOfWork, due: Due) -> None:
    """Forget the due row and its timer."""
    if due.job is not None:
        cancel(work, job=due.job)
    mark = _mark(work)
    sql = f"DELETE FROM ff_rule_due WHERE record={mark} AND app={mark} AND rule={mark}"
    work.run(sql, (due.record, due.app, due.rule))


def drop_due_of_rule(work: UnitOfWork, app: str, rule: str) -> None:
    """Forget all timers of a rule."""
    table = due_table
    mine = (table.c.app == app, table.c.rule == rule)
    _cancel_jobs(work, select(table.c.job).where(*mine))
    work.connection.execute(delete(table).where(*mine))


def _cancel_jobs(work: UnitOfWork, jobs: Any) -> None:
    work.connection.execute(
        update(job_table)
        .where(job_table.c.id.in_(jobs), job_table.c.state == "ready")
        .values(state="cancelled", finished_at=work.now, unique_key=None)
    )


def add_sequence(work: UnitOfWork, sequence: Waiting) -> None:
    """Remember that a run waits."""
    values = {name: getattr(sequence, name) for name in Waiting.__slots__}
    work.connection.execute(sequence_table.insert().values(**values))


def sequence_of_run(work: UnitOfWork, run: str) -> Waiting | None:
    """The waiting state of a run."""
    table = sequence_table
    row = work.connection.execute(select(table).where(table.c.run == run)).mappings().first()
    return None if row is None else Waiting(**row)


def sequences_of_record(work: UnitOfWork, app: str, record: str) -> list[Waiting]:
    """What waits on a record, in the order of starting."""
    mark = _mark(work)
    columns = ", ".join(Waiting.__slots__)
    sql = f"SELECT {columns} FROM ff_rule_sequence WHERE record={mark} AND app={mark} ORDER BY run"
    found = work.rows(sql, (record, app))
    named = (dict(zip(Waiting.__slots__, row, strict=True)) for row in found)
    return [
        Waiting(**{**row, "due_at": _read(row["due_at"]), "names": decode_json(row["names"])})
        for row in named
    ]


def end_sequence(work: UnitOfWork, sequence: Waiting) -> None:
    """The run waits no more; its timer is cancelled if it still stands."""
    cancel(work, job=sequence.job)
    work.connection.execute(delete(sequence_table).where(sequence_table.c.run == sequence.run))


def cancel_sequences_of_rule(work: UnitOfWork, app: str, rule: str, reason: dict[str, Any]) -> None:
    """End everything of a rule that waits."""
    table = sequence_table
    mine = (table.c.app == app, table.c.rule == rule)
    _cancel_jobs(work, select(table.c.job).where(*mine))
    work.connection.execute(
        update(run_table)
        .where(run_table.c.id.in_(select(table.c.run).where(*mine)))
        .values(state="cancelled", finished_at=work.now, error=reason)
    )
    work.connection.execute(delete(table).where(*mine))


def record_ids(work: UnitOfWork, table: str, *, after: str, limit: int) -> list[str]:
    """Ids of live records of a form's table, in id order."""
    mark = _mark(work)
    sql = f'SELECT id FROM "{table}" WHERE id > {mark} AND deleted_at IS NULL ORDER BY id LIMIT {limit:d}'
    return [row[0] for row in work.rows(sql, (after,))]
