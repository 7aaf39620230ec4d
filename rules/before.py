"""Rules before saving: in order of priority, each sees the record as those before it left it."""

from __future__ import annotations

from typing import Any

from engine.expressions import Env
from engine.protocols import Action, ActionContext, Record, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.actions.set_fields import SetFields
from forms.environment import environment
from rules import repository
from rules.compiled import Rule, Sets
from rules.match import Event, Index, match
from rules.repository import Run
from rules.runs import new_run

RUNS = "rules.before_runs"
NOTHING: frozenset[str] = frozenset()


def run_before(work: UnitOfWork, change: RecordChange, record: Record, index: Index[Rule]) -> None:
    """Let the rules set fields of `record`; what they raise forbids the save."""
    env: Env | None = None
    runs: list[Run] = []
    changed = change.changed
    waiting = match(index, Event(change.op, record, changed))
    while waiting:
        rule = waiting.pop(0)
        env = env or environment(work, change.app, old=change.before)
        if not rule.holds(record, env):
            continue
        run = new_run(work, change, rule, record)
        run.actions, written = _apply(work, change, rule, record, env)
        run.finished_at = work.now
        runs.append(run)
        if written:
            changed |= written
            found = match(index, Event(change.op, record, changed))
            waiting = [each for each in found if each.order > rule.order]
    if runs:
        work.memory.setdefault(RUNS, {})[change.record] = runs


def _apply(
    work: UnitOfWork, change: RecordChange, rule: Rule, record: Record, env: Env
) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """What was done, and the fields that differ now."""
    if rule.sets is not None:
        return _set(rule.sets, record, env)
    kept = dict(record)
    done: list[dict[str, Any]] = []
    for step in rule.steps:
        if step.action is None:
            continue
        if step.when is not None and not step.when.holds(record, env):
            done.append({"type": step.type, "skipped": "condition"})
            continue
        context = ActionContext(
            work=work, app=change.app, form=change.form, record=record, env=env, key=f"rule:{rule.key}"
        )
        done.append({"type": step.type, **_run(step.action, context)})
    if record == kept:
        return done, NOTHING
    return done, frozenset([name for name, value in record.items() if kept.get(name) != value])


def _set(actions: tuple[Sets, ...], record: Record, env: Env) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """As `_apply`, for a rule that does nothing but set fields of its record."""
    moved: set[str] = set()
    for action in actions:
        for each in action.assignments:
            value = each.value(record, env)
            if record[each.key] != value:
                record[each.key] = value
                moved.add(each.key)
    done: list[dict[str, Any]] = [{"type": SetFields.type, "fields": each.names} for each in actions]
    return done, frozenset(moved) if moved else NOTHING


def _run(action: Action, context: ActionContext) -> dict[str, Any]:
    """Set fields in the record at hand instead of saving it; anything else runs as it is."""
    if not isinstance(action, SetFields):
        return action.run(context)
    for each in action.assignments:
        context.record[each.key] = each.value(context.record, context.env)
    return {"fields": sorted(each.key for each in action.assignments)}


def store_before_runs(work: UnitOfWork, change: RecordChange) -> None:
    """Write the run records once the change has its id."""
    waiting: dict[str, list[Run]] | None = work.memory.get(RUNS)
    runs = waiting.pop(change.record, []) if waiting else []
    for run in runs:
        run.occurrence, run.cause = str(change.id), change.id
    repository.add_runs(work, runs)
