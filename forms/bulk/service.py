"""One change for many records: those a filter finds or a list names; and taking it back as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Conflict, Forbidden, Invalid
from engine.findings import Finding, error, text
from engine.ids import new_id
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.access import Access
from forms.batch import MOST, BatchRefused, Item, Outcome, run_batch
from forms.bulk import repository
from forms.bulk.repository import Bulk, BulkNotFound
from forms.compiled import Form
from forms.environment import environment, variables
from forms.imports.undo import before_values
from forms.listing import read_filter
from forms.nested import refuse_new
from forms.plans import kept
from forms.reading_plan import ReadingPlan, SortKey, make_plan

LISTED = 50


class TooManyRecords(Invalid):
    """More records than can be changed at once fit the filter."""

    code = "too_many_records"
    zh = "符合条件的记录过多，无法一次修改。"


class AlreadyUndone(Conflict):
    """This change has been taken back already."""

    code = "already_undone"
    zh = "该批量修改已撤销过。"
    fix_zh = "无需再做；要恢复所撤销的修改，请撤销那次撤销的 batch。"
    fix_en = (
        "Nothing is left to do; to bring the change back, undo the `batch` that the undoing answered with."
    )


class CannotUndo(Conflict):
    """Some of the records were changed since, so the change cannot be taken back."""

    code = "cannot_undo"
    zh = "部分记录此后又被修改，不能整体撤销。"
    fix_zh = "请逐条核对 details 中列出的记录。"
    fix_en = "Look at the records named in the details."


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What is asked: `set` for the records `ids`, or those that fit `filter`."""

    set: dict[str, Any]
    filter: str | None = None
    ids: tuple[str, ...] | None = None
    atomic: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it; `batch` None when nothing was changed."""

    batch: str | None
    outcomes: Sequence[Outcome]


def change_many(work: UnitOfWork, app: CompiledApp, form: Form, asked: BulkChange) -> Done:
    """Change all these records in one transaction and under one batch id. Raises Forbidden, TooManyRecords,
    BatchRefused, and what is wrong with the filter.
    """
    access = Access(work, app)
    access.demand(form.key, "update")
    refuse_new(access, form, asked.set, "/set")
    ids = list(dict.fromkeys(asked.ids)) if asked.ids is not None else _matching(access, form, asked.filter)
    if len(ids) > MOST:
        message = text(f"一次最多修改 {MOST} 条。", f"At most {MOST} records can be changed at once.")
        raise TooManyRecords([error("too_many_records", "/filter", message)])
    outer, work.batch = work.batch, new_id()
    try:
        outcomes = _changed(work, app, form, ids, asked) if ids else []
        changed = [str(each.record) for each in outcomes if each.result == "updated"]
        if not changed:
            return Done(None, outcomes)
        first, last = repository.span(work, work.batch, changed)
        user = work.principal.user
        repository.add(work, Bulk(work.batch, app.key, form.key, user, work.now, len(changed), first, last))
        return Done(work.batch, outcomes)
    finally:
        work.batch = outer


def _changed(
    work: UnitOfWork, app: CompiledApp, form: Form, ids: Sequence[str], asked: BulkChange
) -> Sequence[Outcome]:
    items = [Item("update", each, asked.set) for each in ids]
    try:
        return run_batch(work, app, form, items, atomic=asked.atomic, answers=False)
    except BatchRefused as failure:
        raise _as_asked(failure, ids, asked) from failure


def _as_asked(failure: BatchRefused, ids: Sequence[str], asked: BulkChange) -> BatchRefused:
    """What is wrong, told by the body of this request: once for `set` where many records fail alike; details
    name the records.
    """
    told: dict[tuple[str, str, str], Finding] = {}
    records: dict[str, None] = {}
    for each in failure.findings:
        _, _, index, *rest = each.pointer.split("/", 4)
        record = ids[int(index)]
        records[record] = None
        pointer = f"/ids/{asked.ids.index(record)}" if asked.ids is not None else "/filter"
        if rest:
            pointer = "/".join(("/set", *rest[1:]))
        told.setdefault((pointer, each.code, each.message["en"]), replace(each, pointer=pointer))
    refused = BatchRefused(list(told.values()))
    refused.details = {"records": list(records)[:LISTED], "count": len(records)}
    return refused


def _matching(access: Access, form: Form, source: str | None) -> list[str]:
    """Ids of the records that the reader sees and the filter finds; one more than may be changed."""
    work, app, dialect = access.work, access.app, access.work.runtime.database.dialect
    if not access.seen(form.key):
        raise Forbidden()

    def make() -> ReadingPlan:
        where = read_filter(access, form, source)
        return make_plan(
            app,
            form,
            dialect,
            grants_of=access.seen,
            fields=[("id",)],
            where=where,
            sort=(SortKey(("id",), False),),
            limit=True,
        )

    plan = kept(app, ("matching", form.key, dialect, access.key, source), make)
    known = variables(work, app, row_limit=MOST + 1)
    found = work.rows(plan.text, plan.params.bind(known, work.now, app.zone, app.calendars))
    return [row[0] for row in found]


def undo(work: UnitOfWork, app: CompiledApp, form: Form, batch: str) -> Done:
    """Give every record of a bulk change the values it had, in one transaction; again under a batch id that can
    be taken back. Raises BulkNotFound, AlreadyUndone, CannotUndo, Forbidden, Invalid.
    """
    bulk = repository.get(work, app.key, form.key, batch)
    if bulk.user != work.principal.user and not work.principal.is_admin:
        raise BulkNotFound()
    if bulk.undone_at is not None:
        raise AlreadyUndone()
    outer, work.batch = work.batch, new_id()
    try:
        outcomes = _restored(Access(work, app), form, bulk)
        repository.mark_undone(work, bulk.id)
        first, last = repository.span(work, work.batch, [str(each.record) for each in outcomes])
        made = Bulk(work.batch, app.key, form.key, work.principal.user, work.now, len(outcomes), first, last)
        repository.add(work, made)
        return Done(made.id, outcomes)
    finally:
        work.batch = outer


def _restored(access: Access, form: Form, bulk: Bulk) -> list[Outcome]:
    work = access.work
    saves = repository.saves(work, access.app, bulk)
    held = records.load_many(work, form, sorted({record for record, _, _ in saves}), lock="change")
    moved = sorted(
        {record for record, rev, _ in saves if record not in held or held[record][0]["rev"] != rev}
    )
    if moved:
        raise CannotUndo(details={"records": moved[:LISTED], "count": len(moved)})
    for record, _, diff in saves:
        _restore(access, form, record, held[record], diff)
    return [Outcome("update", "updated", record) for record, _, _ in saves]


def _restore(access: Access, form: Form, record: str, held: records.Held, diff: dict[str, Any]) -> None:
    """Rights are those of a change by hand: the writer must hold the record before and after."""
    work = access.work
    before = held[0]
    grants = access.grants(form.key, "update")
    standing = access.held(grants, before, environment(work, access.app, old=before), write=True)
    if not grants or standing == ():
        raise Forbidden()
    values = before_values(form, before, diff)
    saved = records.update(work, form, record, values, held=held)
    access.check_written(standing, values, saved)
