"""Rules after saving: in order of priority, in the transaction of the save.

A rule fires when its condition held in the save itself and still holds when its turn comes. What an
earlier rule wrote is a save of its own and fires rules there, so nothing fires twice for it.

Rules that only set fields of the record are saved together when nobody can tell the difference: no
rule reads what one before it wrote, and no rule listens to what they write.
"""

from __future__ import annotations

from typing import Any

import structlog

from engine.errors import EngineError, TryAgain
from engine.expressions import Env
from engine.protocols import Record, RecordChange
from engine.storage.unit_of_work import MAX_DEPTH, TooDeep, UnitOfWork
from forms import records
from forms.actions.set_fields import SetFields
from forms.compiled import compiled_form
from forms.environment import environment
from rules import repository
from rules.compiled import Rule, Shelf
from rules.firing import Firing, error_json, fire, undone
from rules.repository import Run
from rules.runs import new_run

log = structlog.get_logger("fourfold.rules")


def run_after(
    work: UnitOfWork,
    change: RecordChange,
    saved: Record,
    record: Record | None,
    rules: list[Rule],
    shelf: Shelf,
) -> None:
    """Fire `rules`, which the index found. `record` is what `saved` has become meanwhile."""
    env = environment(work, change.app, old=change.before)
    holding = [rule for rule in rules if rule.holds(saved, env)]
    if holding:
        _Turn(work, change, saved, record, env, shelf).take(holding)


class _Turn:
    """The after-rules of one save taking their turns."""

    def __init__(
        self,
        work: UnitOfWork,
        change: RecordChange,
        saved: Record,
        record: Record | None,
        env: Env,
        shelf: Shelf,
    ) -> None:
        self.work, self.change, self.saved, self.env, self.shelf = work, change, saved, env, shelf
        self.record = record
        self.runs: list[Run] = []
        self.together: list[tuple[Rule, Run]] = []
        self.written: set[str] = set()

    def take(self, rules: list[Rule]) -> None:
        for rule in rules:
            if not self._joins(rule):
                self._save_together()
            if self.record is None:
                break
            if self.record is not self.saved and not rule.holds(self.record, self.env):
                continue
            run = self._run(rule)
            if self.work.depth >= MAX_DEPTH:
                run.state, run.finished_at, run.error = "failed", self.work.now, error_json(TooDeep())
                log.warning("rules too deep", app=run.app, rule=run.rule, record=run.record)
            elif self._joins(rule):
                self.together.append((rule, run))
                self.written |= rule.quiet.writes if rule.quiet else set()
            else:
                self._fire(rule, run)
        self._save_together()
        repository.add_runs(self.work, self.runs)

    def _joins(self, rule: Rule) -> bool:
        quiet = rule.quiet
        if quiet is None or self.change.op == "delete" or self.shelf.hears(quiet.writes):
            return False
        return not (quiet.reads & self.written)

    def _run(self, rule: Rule) -> Run:
        run = new_run(self.work, self.change, rule, self.saved)
        run.occurrence, run.cause = str(self.change.id), self.change.id
        self.runs.append(run)
        return run

    def _fire(self, rule: Rule, run: Run) -> None:
        firing = Firing(self.work, self.change.app, rule, run, self.record, self.env, base=self.work.now)
        fire(firing)
        self.record = firing.record

    def _save_together(self) -> None:
        waiting, self.together = self.together, []
        self.written.clear()
        if len(waiting) > 1 and self._saved(waiting):
            return
        for rule, run in waiting:
            if self.record is not None:
                self._fire(rule, run)

    def _saved(self, waiting: list[tuple[Rule, Run]]) -> bool:
        """Whether one save took all; if not, each rule tries for itself, so that the right one is blamed."""
        work, record = self.work, self.record
        if record is None:
            return False
        values: dict[str, Any] = {}
        done = [self._assign(rule, record, values) for rule, _ in waiting]
        form = compiled_form(self.change.app, self.change.form)
        try:
            with undone(work), work.as_system("rule", self.change.id), work.savepoint():
                self.record = records.update(work, form, self.change.record, values)
        except TryAgain:
            raise
        except EngineError:
            return False
        for (_, run), actions in zip(waiting, done, strict=True):
            run.actions, run.finished_at = actions, work.now
        return True

    def _assign(self, rule: Rule, record: Record, values: dict[str, Any]) -> list[dict[str, Any]]:
        done: list[dict[str, Any]] = []
        for step in rule.steps:
            if not isinstance(step.action, SetFields):
                continue
            if step.when is not None and not step.when.holds(record, self.env):
                done.append({"type": step.type, "skipped": "condition"})
                continue
            fields = {each.key: each.value(record, self.env) for each in step.action.assignments}
            values.update(fields)
            done.append(
                {"type": step.type, "form": rule.form, "record": self.change.record, "fields": sorted(fields)}
            )
        return done
