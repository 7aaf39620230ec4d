"""Time rules: a due row and a timer per record, moved by every save that moves what they count from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from engine.definitions.app import CompiledApp
from engine.expressions import Env
from engine.jobs import cancel, enqueue
from engine.protocols import RecordChange
from engine.storage.unit_of_work import UnitOfWork
from rules import repository
from rules.compiled import Rule
from rules.repository import Due
from rules.trigger import Moment

ARMED, IDLE, FIRED, PASSED = "armed", "idle", "fired", "passed"
LATE_AFTER = timedelta(minutes=5)


def move_timers(work: UnitOfWork, change: RecordChange, rules: Iterable[Rule], env: Env) -> None:
    """Bring the timers of a saved record to where its fields put them now."""
    if change.after is None:
        for row in repository.due_rows(work, change.app.key, change.record).values():
            repository.drop_due(work, row)
        return
    concerned = [rule for rule in rules if _may_move(rule, change, env)]
    if concerned:
        settle(work, change.app, change.record, change.after, concerned, env)


def _may_move(rule: Rule, change: RecordChange, env: Env) -> bool:
    if change.op != "update" or change.before is None or change.after is None:
        return True
    if rule.watch is None:
        return True  # the condition may have become true through another record meanwhile
    if not rule.watch & change.changed:
        return False
    return wanted(rule, change.before, env) != wanted(rule, change.after, env)


def wanted(rule: Rule, record: Mapping[str, Any], env: Env) -> Moment | None:
    """When the rule should look at `record`; None when nothing but a save can make it fire."""
    if rule.settled and not rule.holds(record, env):
        return None
    return rule.moment(record, env)


def settle(
    work: UnitOfWork,
    app: CompiledApp,
    record: str,
    values: Mapping[str, Any],
    rules: Iterable[Rule],
    env: Env,
    *,
    arming: bool = False,
    from_now: bool = False,
) -> None:
    """Make the due rows of one record what they should be.

    `arming`: the rule was just published. `from_now`: what is past already shall not fire.
    """
    rows = repository.due_rows(work, app.key, record)
    for rule in rules:
        row, moment = rows.get(rule.key), wanted(rule, values, env)
        if moment is None:
            if row is not None and row.state != FIRED:
                repository.drop_due(work, row)
            continue
        if row is None:
            fresh = Due(app.key, rule.key, rule.form, record, moment.occurrence, moment.due, ARMED, None)
            _arm(work, fresh, skip=_skips(rule, moment, work.now, arming=arming, from_now=from_now))
        elif row.occurrence != moment.occurrence or (row.due_at != moment.due and row.state in {ARMED, IDLE}):
            _arm(work, _moved(work, row, moment))
        elif row.state == IDLE and rule.holds(values, env):
            _arm(work, row)


def _skips(rule: Rule, moment: Moment, now: datetime, *, arming: bool, from_now: bool) -> bool:
    asked = from_now or (arming and rule.timer is not None and rule.timer.skip_past)
    return asked and moment.due < now


def _moved(work: UnitOfWork, row: Due, moment: Moment) -> Due:
    if row.job is not None:
        cancel(work, job=row.job)
    return replace(row, occurrence=moment.occurrence, due_at=moment.due, job=None)


def _arm(work: UnitOfWork, row: Due, *, skip: bool = False) -> None:
    if skip:
        repository.put_due(work, replace(row, state=PASSED, job=None))
        return
    start = max(row.due_at, work.now)
    payload = {
        "app": row.app,
        "rule": row.rule,
        "form": row.form,
        "record": row.record,
        "due": start.isoformat(),
        # A timer that is due at once belongs to the chain that armed it; a later one begins anew.
        "depth": work.depth if start == work.now else 0,
    }
    job = enqueue(work, "rule_due", payload, due=start, app=row.app)
    repository.put_due(work, replace(row, state=ARMED, job=job))


def rest(work: UnitOfWork, row: Due, state: str) -> None:
    """The timer of this occurrence is over: it fired, or its condition was false."""
    repository.put_due(work, replace(row, state=state, job=None))


def is_late(due: datetime, now: datetime) -> bool:
    """Whether so much time was missed that a reader of the run record should know."""
    return now - due > LATE_AFTER
