"""One rule at work on one record: its steps in order, until the end, a wait or a failure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import structlog

from engine.definitions.app import CompiledApp
from engine.errors import EngineError, Invalid, TryAgain
from engine.expressions import Env
from engine.jobs import enqueue
from engine.protocols import ActionContext, Record
from engine.storage.unit_of_work import UnitOfWork
from forms.environment import environment
from forms.records import RecordLocked
from rules import repository
from rules.compiled import Rule
from rules.repository import Run, Waiting
from rules.spans import Span, due_time, shift
from rules.steps import Step, Wait

CURRENT = "rules.current"
SEEN = "rules.seen"
READ_IN_TRANSACTION = ("followed", "existing")
ON_TIME = Span()

log = structlog.get_logger("fourfold.rules")


@dataclass(slots=True)
class Firing:
    """What one run of a rule works with. `record` is kept as it is now, None once it is deleted; `base` is
    the moment when the step before was due.
    """

    work: UnitOfWork
    app: CompiledApp
    rule: Rule
    run: Run
    record: Record | None
    env: Env
    base: datetime
    names: dict[str, Any] = field(default_factory=dict)
    patient: bool = False

    @property
    def key(self) -> str:
        """Names this run for whatever must happen once."""
        return f"rule:{self.rule.key}:{self.run.record}:{self.run.occurrence}"


def fire(firing: Firing, *, start: int = 0) -> None:
    """Run the steps from `start` and say in the run record what came of it; the caller stores it.

    A domain error undoes what this rule did, marks the run as failed, and goes no further: the save that
    fired the rule stands. Other errors are not ours to judge and end the transaction. A patient firing
    raises RecordLocked, so that its job tries again.
    """
    work, run = firing.work, firing.run
    done = list(run.actions or [])
    if firing.rule.names:
        # a name stays empty when the action that would create it is skipped
        known = {**dict.fromkeys(firing.rule.names), **firing.names}
        firing.env = environment(work, firing.app, old=firing.env.old, **known)
    try:
        with _watched(firing), work.as_system("rule", run.cause), work.savepoint():
            waiting = _perform(firing, firing.rule.steps, start, done)
    except TryAgain:
        raise
    except EngineError as failure:
        if firing.patient and isinstance(failure, RecordLocked):
            raise
        run.state, run.finished_at, run.error = "failed", work.now, error_json(failure)
        log.warning("rule failed", app=run.app, rule=run.rule, record=run.record, reason=str(failure))
        return
    run.actions = done
    run.state, run.finished_at = ("waiting", None) if waiting else ("done", work.now)


def error_json(failure: EngineError) -> dict[str, Any]:
    """The error as it stands in a run record."""
    found: dict[str, Any] = {
        "code": failure.code,
        "message": dict(failure.message),
        "pointer": failure.pointer,
    }
    if isinstance(failure, Invalid):
        found["errors"] = [each.as_json() for each in failure.findings]
    return found


def _perform(firing: Firing, steps: Sequence[Step], start: int, done: list[dict[str, Any]]) -> bool:
    """Whether the rule now waits."""
    for position, step in enumerate(steps[start:], start):
        record = firing.record
        if record is None:
            done.append({"type": step.type, "skipped": "record_deleted"})
            continue
        if step.when is not None and not step.when.holds(record, firing.env):
            done.append({"type": step.type, "skipped": "condition"})
        elif step.wait is not None:
            due = _wake_at(step.wait, firing, record)
            if due is not None:
                done.append({"type": step.type, "until": due.isoformat()})
                _sleep(firing, position + 1, due)
                return True
            done.append({"type": step.type, "skipped": "no_moment"})
        elif step.action is not None:
            context = ActionContext(
                work=firing.work,
                app=firing.app,
                form=firing.rule.form,
                record=record,
                env=firing.env,
                key=firing.key,
                names=firing.names,
                label=firing.rule.label,
            )
            done.append({"type": step.type, **step.action.run(context)})
            firing.env = context.env  # knows what the action created
    return False


def _wake_at(wait: Wait, firing: Firing, record: Record) -> datetime | None:
    """When the wait ends; None when its moment is empty or outside the calendar."""
    if wait.span is not None:
        return shift(firing.base, wait.span, firing.env.tz)
    value: date | datetime | None = (
        wait.until.evaluate(record, firing.env) if wait.until is not None else None
    )
    try:
        return None if value is None else due_time(value, ON_TIME, None, firing.env.tz)
    except (OverflowError, ValueError):
        return None


def _sleep(firing: Firing, position: int, due: datetime) -> None:
    work, run = firing.work, firing.run
    job = enqueue(work, "rule_resume", {"run": run.id}, due=max(due, work.now), app=run.app)
    waiting = Waiting(
        run=run.id,
        app=run.app,
        version=run.version,
        rule=run.rule,
        form=run.form,
        record=run.record,
        position=position,
        due_at=due,
        names=firing.names,
        job=job or "",
    )
    repository.add_sequence(work, waiting)


@contextmanager
def _watched(firing: Firing) -> Iterator[None]:
    """While the steps run, saves of the same record (by them, or by rules they fire) keep it fresh."""
    current: dict[str, list[Firing]] = firing.work.memory.setdefault(CURRENT, {})
    current.setdefault(firing.run.record, []).append(firing)
    kept = firing.record
    try:
        with undone(firing.work):
            yield
    except EngineError:
        firing.record = kept
        raise
    finally:
        current[firing.run.record].remove(firing)


@contextmanager
def undone(work: UnitOfWork) -> Iterator[None]:
    """When the block fails, what it did is undone, so nothing learnt from it may stay in memory."""
    seen = dict(work.memory.get(SEEN, {}))
    try:
        yield
    except EngineError:
        work.memory[SEEN] = seen
        for name in READ_IN_TRANSACTION:
            work.memory.pop(name, None)
        raise


def saw(work: UnitOfWork, record: str, after: Record | None) -> None:
    """A record was saved: whoever works on it goes on with what it is now."""
    for firing in work.memory.get(CURRENT, {}).get(record, ()):
        firing.record = after
