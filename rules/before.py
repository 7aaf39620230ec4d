"""Rules before saving: in order of priority, each sees the record as those before it left it."""

from __future__ import annotations

from typing import Any

import orjson

from engine.expressions import Env
from engine.protocols import Action, ActionContext, Record, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.actions.set_fields import SetFields
from forms.environment import environment
from rules import repository
from rules.compiled import Rule, Sets
from rules.match import Event, Index, match
from rules.repository import Fired
from rules.runs import matched

RUNS = "rules.before_runs"
NOTHING: frozenset[str] = frozenset()


def run_before(work: UnitOfWork, change: RecordChange, record: Record, index: Index[Rule]) -> None:
    """Let the rules set fields of `record`; what they raise forbids the save."""
    changed = change.changed if change.op == "update" else NOTHING
    waiting = match(index, Event(change.op, record, changed))
    if not waiting:
        return
    env = environment(work, change.app, old=change.before)
    fired: list[Fired] = []
    while waiting:
        rule = waiting.pop(0)
        when = rule.when
        if when is not None and not when.holds(record, env):
            continue
        seen = orjson.dumps(matched(rule, record)).decode()
        actions, written = _apply(work, change, rule, record, env)
        fired.append((rule.key, seen, actions))
        if written:
            changed |= written
            if not written.isdisjoint(index.telling):
                found = match(index, Event(change.op, record, changed))
                waiting = [each for each in found if each.order > rule.order]
    if fired:
        work.memory.setdefault(RUNS, {})[change.record] = fired


def _apply(
    work: UnitOfWork, change: RecordChange, rule: Rule, record: Record, env: Env
) -> tuple[str, frozenset[str]]:
    """What was done, as JSON, and the fields that differ now."""
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
    said = orjson.dumps(done).decode()
    if record == kept:
        return said, NOTHING
    return said, frozenset([name for name, value in record.items() if kept.get(name) != value])


def _set(sets: Sets, record: Record, env: Env) -> tuple[str, frozenset[str]]:
    """As `_apply`, for a rule that does nothing but set fields of its record."""
    moved: list[str] = []
    for each in sets.assignments:
        value = each.literal if each.expression is None else each.expression.evaluate(record, env)
        if record[each.key] != value:
            record[each.key] = value
            moved.append(each.key)
    return sets.said, frozenset(moved) if moved else NOTHING


def _run(action: Action, context: ActionContext) -> dict[str, Any]:
    """Set fields in the record at hand instead of saving it; anything else runs as it is."""
    if not isinstance(action, SetFields):
        return action.run(context)
    for each in action.assignments:
        context.record[each.key] = each.value(context.record, context.env)
    return {"fields": sorted(each.key for each in action.assignments)}


def store_before_runs(work: UnitOfWork, change: RecordChange) -> None:
    """Write the run records once the change has its id."""
    waiting: dict[str, list[Fired]] | None = work.memory.get(RUNS)
    fired = waiting.pop(change.record, None) if waiting else None
    if fired:
        repository.add_done(work, change, fired)
