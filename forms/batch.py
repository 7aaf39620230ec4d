"""Many writes of one form in one transaction: all or nothing, or each for itself.

The first try lets rows wait and writes them set by set; it means the same as saving one after the other.
When something goes wrong that it cannot tell apart or undo alone, everything is undone and done again one
by one, each item in a savepoint of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.errors import EngineError, Invalid, TryAgain
from engine.findings import Finding, under
from engine.ids import new_id
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import WaitingRefused
from forms import records
from forms.access import Access
from forms.api_records import delete_json, many_json, update_record
from forms.compiled import Form
from forms.counters import reserving
from forms.intake import Intake
from forms.output import telling_saved
from forms.prefetch import prefetch
from forms.saving import is_latest
from forms.undone import undone

Op = Literal["create", "update", "delete"]
Result = Literal["created", "updated", "unchanged", "deleted"]
RESULTS: dict[Op, Result] = {"create": "created", "update": "updated", "delete": "deleted"}
MOST = 1000
FEW = 4
"""Between so many items others may run."""
AHEAD = 200
"""After so many items the store may begin to write."""


class BatchRefused(Invalid):
    """Not every item can be saved, so none was."""

    code = "batch_refused"
    zh = "有条目无法保存，因此全部未保存。"


class NeedsCare(Exception):
    """An item failed after it had written something: the quick way cannot undo it alone."""


@dataclass(frozen=True, slots=True)
class Item:
    """One write. `record` is the id of what is updated or deleted, `data` the body as it was sent."""

    op: Op
    record: str | None = None
    data: Any = None
    if_match: int | None = None


@dataclass(slots=True)
class Outcome:
    """What came of an item: a result with the record as its writer may read it, or a failure."""

    op: Op
    result: Result | None = None
    record: str | None = None
    answer: dict[str, Any] | None = None
    failure: EngineError | None = None


Choose = Callable[[Sequence[Item]], Sequence[Item]]
"""Decides late what each item is to be, with what the store holds now (upserts)."""


def run_batch(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    items: Sequence[Item],
    *,
    atomic: bool,
    choose: Choose | None = None,
    answers: bool = True,
) -> list[Outcome]:
    """Do all items in order. Raises BatchRefused when `atomic` and one fails, with a finding for each problem
    (`/items/3/record/amount`). All changes carry one batch id in the log. Without `answers` nobody reads the
    records afterwards (imports).
    """
    access = Access(work, app)
    choose = choose or (lambda given: given)
    outermost = work.batch is None
    work.batch = work.batch or new_id()
    try:
        try:
            with undone(work), work.savepoint():
                outcomes = _quick(access, form, choose(items), atomic=atomic, answers=answers)
        except (WaitingRefused, NeedsCare):
            outcomes = _careful(access, form, items, choose, answers=answers)
    finally:
        if outermost:
            work.batch = None
    failed = [(index, each.failure) for index, each in enumerate(outcomes) if each.failure is not None]
    if atomic and failed:
        further = sum(each.further for _, each in failed if isinstance(each, Invalid))
        found = [each for index, failure in failed for each in findings_of(failure, index)]
        raise BatchRefused(found, further=further)
    return outcomes


def findings_of(failure: EngineError, index: int) -> list[Finding]:
    """What went wrong with an item, with pointers into the body of the batch."""
    found = failure.findings if isinstance(failure, Invalid) else (failure.as_finding(),)
    inside = isinstance(failure, Invalid) or failure.pointer
    return under(f"/items/{index}/record" if inside else f"/items/{index}", found)


def _quick(
    access: Access, form: Form, items: Sequence[Item], *, atomic: bool, answers: bool
) -> list[Outcome]:
    work = access.work
    creates = sum(1 for item in items if item.op == "create")
    outcomes: list[Outcome] = []
    saved: list[Record | None] = []
    with work.together():
        with reserving(work, creates):
            prefetch(access, form, [item.data for item in items if isinstance(item.data, dict)])
            held = _held(work, form, items)
            intake = _Intakes(access, form)
            for index, item in enumerate(items):
                if index % FEW == 0:
                    work.breathe()
                if index % AHEAD == AHEAD - 1:
                    work.write_ahead()
                mark = work.writes
                outcome, record = _attempt(access, form, item, held, intake)
                if outcome.failure is not None and not atomic and work.writes != mark:
                    raise NeedsCare
                outcomes.append(outcome)
                saved.append(record)
        if answers:
            work.write_ahead()
            _answer(access, form, outcomes, saved)
    return outcomes


def _held(work: UnitOfWork, form: Form, items: Sequence[Item]) -> dict[str, records.Held]:
    """The records to be updated, locked in id order."""
    named = [item.record for item in items if item.op == "update" and item.record is not None]
    held = records.load_many(work, form, sorted(set(named)), lock="change")
    log.hold(work, held)
    return held


def _careful(
    access: Access, form: Form, items: Sequence[Item], choose: Choose, *, answers: bool
) -> list[Outcome]:
    work = access.work
    outcomes: list[Outcome] = []
    saved: list[Record | None] = []
    for item in items:
        (chosen,) = choose([item])
        work.breathe()
        try:
            with undone(work), work.savepoint():
                outcome, record = _attempt(access, form, chosen, {}, _Intakes(access, form))
                if outcome.failure is not None:
                    raise outcome.failure
        except TryAgain:
            raise
        except EngineError as failure:
            outcome, record = Outcome(chosen.op, record=chosen.record, failure=failure), None
        outcomes.append(outcome)
        saved.append(record)
    if answers:
        _answer(access, form, outcomes, saved)
    return outcomes


class _Intakes:
    """The intake of a batch, made when its first new record comes: who may not create any hears it there."""

    __slots__ = ("_found", "_place")

    def __init__(self, access: Access, form: Form) -> None:
        self._place = (access, form)
        self._found: Intake | None = None

    def create(self, data: Any) -> Record:
        if self._found is None:
            self._found = Intake(*self._place)
        return self._found.create(data)


def _attempt(
    access: Access, form: Form, item: Item, held: dict[str, records.Held], intake: _Intakes
) -> tuple[Outcome, Record | None]:
    """The outcome without its answer, and the record in memory form. Raises TryAgain."""
    outcome = Outcome(item.op, record=item.record)
    mark = access.work.writes
    try:
        record = intake.create(item.data) if item.op == "create" else _write(access, form, item, held)
    except TryAgain:
        raise
    except EngineError as failure:
        outcome.failure = failure
        return outcome, None
    outcome.result = RESULTS[item.op]
    if record is not None:
        outcome.record = record["id"]
        if item.op == "update" and access.work.writes == mark:
            outcome.result = "unchanged"
    return outcome, record


def _write(access: Access, form: Form, item: Item, held: dict[str, records.Held]) -> Record | None:
    if item.record is None:
        raise records.RecordNotFound()
    if item.op == "delete":
        delete_json(access.work, access.app, form, item.record, if_match=item.if_match)
        return None
    known = None if item.record in access.work.memory.get("saved", {}) else held.get(item.record)
    return update_record(access, form, item.record, item.data, if_match=item.if_match, held=known)


def _answer(access: Access, form: Form, outcomes: Sequence[Outcome], saved: Sequence[Record | None]) -> None:
    """Each saved record as its writer may read it in the end; just its id where the writer may not."""
    late: list[Outcome] = []
    told = telling_saved(access, form)
    for index, (outcome, record) in enumerate(zip(outcomes, saved, strict=True)):
        if index % FEW == 0:
            access.work.breathe()
        if record is not None:
            latest = is_latest(access.work, record)
            outcome.answer = told(record) if latest else None
            if outcome.answer is None:
                late.append(outcome)
    found = many_json(access, form, [str(each.record) for each in late]) if late else {}
    for outcome in late:
        outcome.answer = found.get(str(outcome.record), {"id": outcome.record})
