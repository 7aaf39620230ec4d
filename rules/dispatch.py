"""Follows every save: before-rules may alter or forbid it, after-rules react to it, timers move with it."""

from __future__ import annotations

from engine.definitions.app import CompiledApp
from engine.protocols import ChangeListener, Record, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.environment import environment
from forms.records import RecordNotFound, load
from rules.after import run_after
from rules.before import run_before, store_before_runs
from rules.compiled import Shelf, shelf_of
from rules.firing import SEEN, saw
from rules.match import Event, match
from rules.sequences import cancel_on_change
from rules.timers import move_timers


class RuleListener(ChangeListener):
    """The one place where saves and rules meet."""

    type = "rules"

    def concerns(self, app: CompiledApp, form: str) -> bool:
        return shelf_of(app, form) is not None

    def alters(self, app: CompiledApp, form: str) -> bool:
        shelf = shelf_of(app, form)
        return shelf is not None and bool(shelf.before)

    def before_save(self, work: UnitOfWork, change: RecordChange) -> None:
        shelf = shelf_of(change.app, change.form)
        if shelf is None or not shelf.before or change.after is None:
            return
        run_before(work, change, change.after, shelf.before)

    def after_save(self, work: UnitOfWork, change: RecordChange) -> None:
        shelf = shelf_of(change.app, change.form)
        if shelf is None:
            return
        stale = _note(work, change)
        if not stale and (shelf.timers or shelf.sequences):
            _keep_time(work, change, shelf)
        store_before_runs(work, change)
        saved = change.after if change.after is not None else change.before
        if saved is None or not shelf.after:
            return
        found = match(shelf.after, Event(change.op, saved, change.changed))
        if found:
            record = _reload(work, change) if stale else saved
            run_after(work, change, saved, record, found, shelf)


def _note(work: UnitOfWork, change: RecordChange) -> bool:
    """Whether a later save of the same record was already followed.

    A save first moves rollups of other records; rules fired by those may save this record again, and
    that inner save is followed before the outer one.
    """
    seen: dict[str, int] = work.memory.setdefault(SEEN, {})
    if seen.get(change.record, 0) > change.id:
        return True
    seen[change.record] = change.id
    saw(work, change.record, change.after)
    return False


def _reload(work: UnitOfWork, change: RecordChange) -> Record | None:
    try:
        return load(work, compiled_form(change.app, change.form), change.record)
    except RecordNotFound:
        return None


def _keep_time(work: UnitOfWork, change: RecordChange, shelf: Shelf) -> None:
    env = environment(work, change.app, old=change.before)
    if shelf.timers:
        move_timers(work, change, shelf.timers, env)
    if shelf.sequences and change.op != "create":
        cancel_on_change(work, change, env)
