"""Rules as a save uses them: compiled, sorted into shelves by form, indexed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.app import CompiledApp
from engine.expressions import CheckedExpression, Env
from forms.assignments import Assignment
from rules.match import NO_GUARDS, Entry, Guards, Index, build
from rules.quiet import Quiet
from rules.schema import Phase
from rules.steps import Step
from rules.trigger import Moment, Occasion, Timer

BOOK = "rules.book"


@dataclass(frozen=True, slots=True)
class Sets:
    """What the `set_fields` of a rule write in its own record, in order; `said` is what its run record says
    they did, as JSON.
    """

    assignments: tuple[Assignment, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule. Exactly one of `occasion` and `timer` is set; `when` None means always.

    `fingerprint` changes with the document. `watch` are the fields that move the timer (None: any may).
    `settled` says that the condition reads nothing but stored fields of the record itself, so that it
    cannot become true without a save. `kept` are the stored fields that the condition reads: key, name, and how a
    value is kept in a run record. `quiet` tells what a rule touches that only sets its own fields;
    `names` are what its actions call the records they create. `sets` are the assignments of a rule that does
    nothing else and always all of it.
    """

    key: str
    form: str
    label: Mapping[str, str]
    phase: Phase
    priority: int
    occasion: Occasion | None
    timer: Timer | None
    when: CheckedExpression | None
    cancel_when: CheckedExpression | None
    steps: tuple[Step, ...]
    fingerprint: str
    guards: Guards = field(default_factory=lambda: NO_GUARDS)
    reads: tuple[str, ...] = ()
    kept: tuple[tuple[str, str, Callable[[Any], Any]], ...] = ()
    watch: frozenset[str] | None = None
    settled: bool = True
    quiet: Quiet | None = None
    names: tuple[str, ...] = ()
    sets: Sets | None = None

    @property
    def order(self) -> tuple[int, str]:
        """Priority, then key: the order in which the rules of one save run."""
        return self.priority, self.key

    @property
    def waits(self) -> bool:
        """Whether it is a sequence: some step waits."""
        return any(step.wait is not None for step in self.steps)

    def holds(self, record: Mapping[str, Any], env: Env) -> bool:
        """Whether the condition is true; empty counts as not."""
        return self.when is None or self.when.holds(record, env)

    def moment(self, record: Mapping[str, Any], env: Env) -> Moment | None:
        """When the timer is due for `record`, its condition left aside."""
        return self.timer.moment(record, env, env.tz) if self.timer is not None else None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The rules of one form."""

    before: Index[Rule]
    after: Index[Rule]
    timers: tuple[Rule, ...]
    sequences: frozenset[str]

    def hears(self, fields: frozenset[str]) -> bool:
        """Whether a change of any of these fields may fire a rule."""
        return any(
            "update" in index.any_change or not fields.isdisjoint(index.by_field)
            for index in (self.before, self.after)
        )


def shelf_of(app: CompiledApp, form: str) -> Shelf | None:
    """The rules of `form`, or None when it has none. Built once per version."""
    book: dict[str, Shelf] | None = app.memory.get(BOOK)
    if book is None:
        book = app.memory[BOOK] = _book(app.kind("rule").values())
    return book.get(form)


def _book(rules: Iterable[Rule]) -> dict[str, Shelf]:
    by_form: dict[str, list[Rule]] = {}
    for rule in rules:
        by_form.setdefault(rule.form, []).append(rule)
    return {form: _shelf(group) for form, group in by_form.items()}


def _shelf(rules: list[Rule]) -> Shelf:
    return Shelf(
        before=build(_entries(rules, "before")),
        after=build(_entries(rules, "after")),
        timers=tuple(sorted((rule for rule in rules if rule.timer), key=lambda rule: rule.order)),
        sequences=frozenset(rule.key for rule in rules if rule.waits),
    )


def _entries(rules: list[Rule], phase: Phase) -> Iterable[Entry[Rule]]:
    for rule in rules:
        if rule.occasion is not None and rule.phase == phase:
            events = frozenset[str](rule.occasion.events)
            yield Entry(rule, rule.order, events, rule.occasion.fields, rule.guards)
