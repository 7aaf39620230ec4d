"""Rules that wait between steps: cancelled by what happens to their record, resumed by their timer."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import CompiledApp
from engine.expressions import Env
from engine.findings import Text, text
from engine.protocols import Record, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from rules import repository
from rules.compiled import Rule
from rules.firing import Firing, fire
from rules.repository import Run, Waiting
from rules.timers import is_late

GONE = text("记录已删除。", "The record was deleted.")
FULFILLED = text("取消条件已满足。", "The cancel condition came true.")


def cancel_on_change(work: UnitOfWork, change: RecordChange, env: Env) -> None:
    """End what waits on a record that was deleted or now fulfils the cancel condition."""
    for waiting in repository.sequences_of_record(work, change.app.key, change.record):
        if change.after is None:
            cancel_run(work, waiting, "record_deleted", GONE)
        elif is_cancelled(rule_of(work, change.app, waiting), change.after, env):
            cancel_run(work, waiting, "cancelled", FULFILLED)


def is_cancelled(rule: Rule | None, record: Record, env: Env) -> bool:
    """Whether the cancel condition is true."""
    return rule is not None and rule.cancel_when is not None and rule.cancel_when.holds(record, env)


def rule_of(work: UnitOfWork, app: CompiledApp, waiting: Waiting) -> Rule | None:
    """The rule as it was when the run began: a sequence ends the way it started."""
    version = app if app.version == waiting.version else work.runtime.version(work, app.key, waiting.version)
    rule: Rule | None = version.kind("rule").get(waiting.rule)
    return rule


def cancel_run(work: UnitOfWork, waiting: Waiting, code: str, message: Text) -> None:
    """End a waiting run before its next step."""
    repository.end_sequence(work, waiting)
    run = repository.run_by_id(work, waiting.run)
    if run is not None:
        run.state, run.finished_at, run.error = "cancelled", work.now, _reason(code, message)
        repository.change_run(work, run)


def _reason(code: str, message: Text) -> dict[str, Any]:
    return {"code": code, "message": dict(message)}


def resume(
    work: UnitOfWork,
    app: CompiledApp,
    waiting: Waiting,
    run: Run,
    record: Record,
    env: Env,
    *,
    patient: bool,
) -> None:
    """Go on with the step after the wait. Raises RecordLocked as `rules.jobs.due.look` does."""
    rule = rule_of(work, app, waiting)
    if rule is None or is_cancelled(rule, record, env):
        cancel_run(work, waiting, "cancelled", FULFILLED)
        return
    repository.end_sequence(work, waiting)
    if is_late(waiting.due_at, work.now):
        run.late = True
        run.actions = [*(run.actions or []), {"type": "late", "due": waiting.due_at.isoformat()}]
    firing = Firing(
        work,
        app,
        rule,
        run,
        record,
        env,
        base=waiting.due_at,
        names=dict(waiting.names),
        patient=patient,
    )
    fire(firing, start=waiting.position)
    repository.change_run(work, run)
