"""SQL of instances, tasks, seats and events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from engine.ids import new_id
from engine.storage.columns import moment_from_text, moment_text
from engine.storage.unit_of_work import UnitOfWork
from flows.state import State
from flows.stored_state import dump, load

Row = dict[str, Any]


class Statement:
    """One SQL text with `?` for values, printed once for each database."""

    def __init__(self, text: str, columns: str = "") -> None:
        self.columns = tuple(
            name.strip().rsplit(".", 1)[-1].strip('"') for name in columns.split(",") if name
        )
        text = text.replace("{columns}", columns)
        self.texts = {"sqlite": text.replace(" FOR UPDATE", ""), "postgres": text.replace("?", "%s")}

    def rows(self, work: UnitOfWork, *params: Any) -> list[Row]:
        """The rows as dicts by column."""
        dialect = work.runtime.database.dialect
        found = work.rows(self.texts[dialect], _bound(dialect, params))
        return [dict(zip(self.columns, row, strict=True)) for row in found]

    def run(self, work: UnitOfWork, *params: Any) -> int:
        """The number of rows touched."""
        dialect = work.runtime.database.dialect
        return work.run(self.texts[dialect], _bound(dialect, params))


def _bound(dialect: str, params: tuple[Any, ...]) -> tuple[Any, ...]:
    if dialect != "sqlite":
        return params
    return tuple(moment_text(value) if isinstance(value, datetime) else value for value in params)


def moment(value: Any) -> datetime | None:
    """A stored moment as an aware datetime."""
    return moment_from_text(value) if isinstance(value, str) else value


@dataclass(slots=True)
class Instance:
    """One row of ff_flow_instance; `state` is read."""

    id: str
    app: str
    form: str
    record: str
    title: str | None
    flow: str
    version: int
    round: int
    status: str
    outcome: str | None
    submitter: str
    state: State
    rev: int
    started_at: datetime
    ended_at: datetime | None


INSTANCE = "id, app, form, record, title, flow, version, round, status, outcome, submitter, state, rev, started_at, ended_at"
ONE_INSTANCE = Statement("SELECT {columns} FROM ff_flow_instance WHERE id = ?", INSTANCE)
LOCKED_INSTANCE = Statement("SELECT {columns} FROM ff_flow_instance WHERE id = ? FOR UPDATE", INSTANCE)
OPEN_INSTANCE = Statement("SELECT {columns} FROM ff_flow_instance WHERE open_key = ?", INSTANCE)
OF_RECORD = Statement("SELECT {columns} FROM ff_flow_instance WHERE record = ? ORDER BY id", INSTANCE)
LAST_ROUND = Statement(
    "SELECT {columns} FROM ff_flow_instance WHERE record = ? AND flow = ? ORDER BY id DESC LIMIT 1",
    "round, state",
)
ADD_INSTANCE = Statement(
    "INSERT INTO ff_flow_instance (id, app, form, record, title, flow, version, round, status, submitter, state, rev, "
    "open_key, started_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)"
)
SAVE_INSTANCE = Statement(
    "UPDATE ff_flow_instance SET title = ?, round = ?, status = ?, outcome = ?, submitter = ?, state = ?, rev = rev + 1, "
    "open_key = ?, updated_at = ?, ended_at = ? WHERE id = ? AND rev = ?"
)


def _instance(row: Row) -> Instance:
    row["state"] = load(row["state"])
    row["started_at"], row["ended_at"] = moment(row["started_at"]), moment(row["ended_at"])
    return Instance(**row)


def instance(work: UnitOfWork, key: str, *, lock: bool = False) -> Instance | None:
    """The instance of this id; with `lock` nobody else changes it before this transaction ends."""
    found = (LOCKED_INSTANCE if lock else ONE_INSTANCE).rows(work, key)
    return _instance(found[0]) if found else None


def open_instance(work: UnitOfWork, record: str) -> Instance | None:
    """The instance that runs on a record or waits for its submitter."""
    found = OPEN_INSTANCE.rows(work, record)
    return _instance(found[0]) if found else None


def instances_of(work: UnitOfWork, record: str) -> list[Instance]:
    """All instances of a record, the first one first."""
    return [_instance(row) for row in OF_RECORD.rows(work, record)]


def last_round(work: UnitOfWork, record: str, flow: str) -> int:
    """The last round any earlier instance of this flow reached on a record; 0 for none."""
    found = LAST_ROUND.rows(work, record, flow)
    return max(found[0]["round"], load(found[0]["state"]).round) if found else 0


def add_instance(work: UnitOfWork, new: Instance) -> None:
    ADD_INSTANCE.run(
        work,
        new.id,
        new.app,
        new.form,
        new.record,
        new.title,
        new.flow,
        new.version,
        new.round,
        new.status,
        new.submitter,
        dump(new.state),
        new.record,
        new.started_at,
        new.started_at,
    )


def save_instance(work: UnitOfWork, kept: Instance) -> bool:
    """Write the instance if nobody else has since it was read; whether that was so."""
    open_key = kept.record if kept.state.open else None
    return bool(
        SAVE_INSTANCE.run(
            work,
            kept.title,
            kept.round,
            kept.status,
            kept.outcome,
            kept.submitter,
            dump(kept.state),
            open_key,
            work.now,
            kept.ended_at,
            kept.id,
            kept.rev,
        )
    )


TASK = "t.id, t.instance, t.node, t.label, t.mode, t.round, t.state, t.created_at, t.due_at, t.closed_at, t.closed_by, t.error"
ONE_TASK = Statement("SELECT {columns} FROM ff_flow_task t WHERE t.id = ?", TASK)
PLACE = Statement(
    "SELECT {columns} FROM ff_flow_task t JOIN ff_flow_instance i ON i.id = t.instance WHERE t.id = ?",
    "t.instance, i.app, i.form, i.record",
)
VISIT_TASK = Statement(
    "SELECT {columns} FROM ff_flow_task t WHERE t.instance = ? AND t.node = ? AND t.round = ?", TASK
)
TASKS_OF = Statement("SELECT {columns} FROM ff_flow_task t WHERE t.instance = ? ORDER BY t.id", TASK)
ADD_TASK = Statement(
    "INSERT INTO ff_flow_task (id, instance, node, label, mode, round, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
CLOSE_TASK = Statement(
    "UPDATE ff_flow_task SET state = ?, closed_at = ?, closed_by = ?, error = NULL "
    "WHERE instance = ? AND node = ? AND round = ? AND state IN ('open', 'vacant') RETURNING {columns}",
    "id",
)
SET_TASK_STATE = Statement("UPDATE ff_flow_task SET state = ? WHERE id = ?")
SET_TASK_ERROR = Statement("UPDATE ff_flow_task SET error = ? WHERE id = ? AND state IN ('open', 'vacant')")


def _task(row: Row) -> Row:
    row["label"] = orjson.loads(row["label"])
    row["error"] = orjson.loads(row["error"]) if row["error"] else None
    for name in ("created_at", "due_at", "closed_at"):
        row[name] = moment(row[name])
    return row


def task(work: UnitOfWork, key: str) -> Row | None:
    """The task of this id."""
    found = ONE_TASK.rows(work, key)
    return _task(found[0]) if found else None


def place_of_task(work: UnitOfWork, key: str) -> Row | None:
    """Instance, app, form and record of a task: what never changes."""
    found = PLACE.rows(work, key)
    return found[0] if found else None


def task_of_visit(work: UnitOfWork, instance_id: str, node: str, number: int) -> Row | None:
    """The task of one visit of a node."""
    found = VISIT_TASK.rows(work, instance_id, node, number)
    return _task(found[0]) if found else None


def tasks_of(work: UnitOfWork, instance_id: str) -> list[Row]:
    """All tasks of an instance, the first one first."""
    return [_task(row) for row in TASKS_OF.rows(work, instance_id)]


def add_task(
    work: UnitOfWork,
    *,
    instance_id: str,
    node: str,
    label: Mapping[str, str],
    mode: str,
    number: int,
    state: str,
) -> str:
    """Open a task; its id."""
    key = new_id()
    text = orjson.dumps(dict(label)).decode()
    ADD_TASK.run(work, key, instance_id, node, text, mode, number, state, work.now)
    return key


def close_task(
    work: UnitOfWork, *, instance_id: str, node: str, number: int, result: str, actor: str
) -> str | None:
    """Close the open task of a visit; its id, or None when there is none."""
    found = CLOSE_TASK.rows(work, result, work.now, actor, instance_id, node, number)
    return str(found[0]["id"]) if found else None


def set_task_state(work: UnitOfWork, key: str, state: str) -> None:
    SET_TASK_STATE.run(work, state, key)


def set_task_error(work: UnitOfWork, key: str, error: Mapping[str, Any]) -> None:
    """Keep what undid the last attempt to decide, for people to see at the node."""
    SET_TASK_ERROR.run(work, orjson.dumps(dict(error)).decode(), key)


EVENT = "id, at, kind, node, task, round, actor, comment, data"
EVENTS_OF = Statement("SELECT {columns} FROM ff_flow_event WHERE instance = ? ORDER BY id", EVENT)
ADD_EVENT = Statement(
    "INSERT INTO ff_flow_event (id, instance, at, kind, node, task, round, actor, comment, data) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline."""

    kind: str
    round: int
    actor: str
    node: str | None = None
    task: str | None = None
    comment: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def add_events(work: UnitOfWork, instance_id: str, lines: Iterable[Line]) -> None:
    """Write lines of the timeline in order."""
    for line in lines:
        data = orjson.dumps(dict(line.data), default=str).decode()
        place = (line.kind, line.node, line.task, line.round, line.actor, line.comment)
        ADD_EVENT.run(work, new_id(), instance_id, work.now, *place, data)


def events_of(work: UnitOfWork, instances: Iterable[str]) -> list[Row]:
    """The timeline of instances, in order."""
    rows = [row for key in instances for row in EVENTS_OF.rows(work, key)]
    for row in rows:
        row["at"], row["data"] = moment(row["at"]), orjson.loads(row["data"])
    return rows
