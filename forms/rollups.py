"""Rollups: aggregates over referring records, kept right when those records change.

The group is computed again under the parent's lock, not by adding differences. Parents are taken in order
of form and id. A moved value is a change of its own in the log: source `engine`, cause = what moved it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.expressions import print_sql
from engine.expressions import types as t
from engine.protocols import Record, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import names, rolled_up, rollup_select
from forms.compiled import Field, Form, Rollup
from forms.compute import compute, saving
from forms.query import query_of
from forms.rows import select_one

LATER = "rollups_later"
"""Where a transaction keeps the rollups that wait for the end of `postponed`."""

Later = dict[tuple[str, str], tuple[set[str], int | None]]
"""(form, record) -> the rollups that moved, and the last change that moved them."""


def refresh(work: UnitOfWork, app: CompiledApp, form: Form, change: RecordChange) -> None:
    """Bring the stored rollups of all records that `change` touches up to date, now or when `postponed` ends."""
    if not form.feeds:
        return
    moved = _moved(app, form, change)
    later: Later | None = work.memory.get(LATER)
    for target, parent in sorted(moved):
        if later is None:
            with work.as_system("engine", cause=change.id):
                derive(work, app, app.kind("form")[target], parent, rollups=moved[target, parent])
        else:
            keys, _ = later.get((target, parent), (set(), None))
            later[target, parent] = (keys | moved[target, parent], change.id)


@contextmanager
def postponed(work: UnitOfWork, app: CompiledApp) -> Iterator[None]:
    """Rollups are brought up to date once at the end of the block, however many saves move them. In it they
    stand still; a validation that reads them is judged at the end.
    """
    later: Later = {}
    work.memory[LATER] = later
    yield
    while later:
        target, parent = min(later)
        keys, cause = later.pop((target, parent))
        with work.as_system("engine", cause=cause):
            derive(work, app, app.kind("form")[target], parent, rollups=keys)
    del work.memory[LATER]


def lock_parents(work: UnitOfWork, app: CompiledApp, form: Form, change: RecordChange) -> None:
    """Lock the records that `refresh` will touch, before a counter is: parents come before counters in the
    order of locks.
    """
    if form.feeds and work.runtime.database.dialect == "postgres":
        for target, parent in sorted(_moved(app, form, change)):
            select_one(work, app.kind("form")[target], parent, lock="change", deleted=False)


def _moved(app: CompiledApp, form: Form, change: RecordChange) -> dict[tuple[str, str], set[str]]:
    """The rollups whose group a change touches, by form and record."""
    moved: dict[tuple[str, str], set[str]] = {}
    for target, key in form.feeds:
        rollup = app.kind("form")[target].fields[key].rollup
        if rollup is None or (change.op == "update" and not change.changed & rollup.depends):
            continue
        link = (form.children[rollup.rows] if rollup.rows is not None else form).fields[rollup.link]
        for row in _rows(change, rollup):
            for named in link.named(row.get(link.key)):
                if named.form == target:
                    moved.setdefault((target, named.record), set()).add(key)
    return moved


def _rows(change: RecordChange, rollup: Rollup) -> Iterator[Record]:
    """What a rollup is over, in the record before and after a change."""
    for record in (change.before, change.after):
        if record is not None:
            yield from [record] if rollup.rows is None else record.get(rollup.rows) or ()


def derive(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, *, rollups: set[str] | None = None
) -> None:
    """Compute the stored derived values of one record again and save what moved.

    `rollups` None: all of them, whatever comes out; else Invalid is raised when a validation that reads them
    no longer holds. Revision and updated_at stay; listeners see the change.
    """
    from forms.checks import broken
    from forms.records import RecordNotFound, load
    from forms.saving import changed_fields, finish, write

    try:
        before = load(work, form, record, lock=True)
    except RecordNotFound:
        return
    save = saving(work, app, form, before, before)
    for field in form.fields.values():
        if field.rollup is not None and field.stored and (rollups is None or field.key in rollups):
            save.after[field.key] = aggregate_of(work, app, form, field, record)
    compute(save)
    change = RecordChange(app, form.key, record, "update", before, save.after)
    change.changed = changed_fields(save)
    if change.changed:
        if rollups is not None and (findings := broken(save, change.changed, _place(form, rollups))):
            raise Invalid(findings)
        write(save, "derive")
        finish(save, change)


def _place(form: Form, rollups: set[str]) -> str:
    """Where the saved record names the one whose rollups it moves."""
    first = form.fields[min(rollups)].rollup
    return f"/{first.rows or first.link}" if first is not None else ""


def aggregate_of(work: UnitOfWork, app: CompiledApp, form: Form, field: Field, record: str) -> Any:
    """The value of a rollup for one record now, in memory form."""
    dialect = work.runtime.database.dialect
    known = form.sql.get(("rollup", field.key, dialect))
    if known is None:
        known = form.sql["rollup", field.key, dialect] = _statement(app, form, field, dialect)
    text, params = known
    row = work.row(text, params.bind({"parent_record": record}, work.now, app.zone, app.calendars))
    value = row[0] if row else None
    load = field.codec.load(dialect)
    return value if value is None or load is None else load(value)


def _statement(app: CompiledApp, form: Form, field: Field, dialect: Any) -> tuple[str, Any]:
    rollup = field.rollup
    if rollup is None:
        raise LookupError(field.key)
    query = query_of(app, dialect)
    select = rollup_select(query, "r", field)
    parent = query.params.variable("parent_record", t.TEXT)
    source = rolled_up(query, field)
    select = select.where(names(query, source, "r", rollup.link, parent, form.key), copy=False)
    return print_sql(select, dialect), query.params
