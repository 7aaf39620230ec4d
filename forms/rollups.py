"""Rollups: aggregates over referring records, kept right when those records change.

The group is computed again under the parent's lock, not by adding differences. Parents are taken in order
of form and id. A moved value is a change of its own in the log: source `engine`, cause = what moved it.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.expressions import Params, print_sql
from engine.expressions import types as t
from engine.protocols import RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import Query, col, rollup_select
from forms.compiled import Field, Form
from forms.compute import compute, saving
from forms.rows import select_one


def refresh(work: UnitOfWork, app: CompiledApp, form: Form, change: RecordChange) -> None:
    """Bring the stored rollups of all records that `change` touches up to date."""
    moved = _moved(app, form, change)
    for target, parent in sorted(moved):
        with work.as_system("engine", cause=change.id):
            derive(work, app, app.kind("form")[target], parent, rollups=moved[target, parent])


def lock_parents(work: UnitOfWork, app: CompiledApp, form: Form, change: RecordChange) -> None:
    """Lock the records that `refresh` will touch, before a counter is: parents come before counters in the
    order of locks.
    """
    if work.runtime.database.dialect == "postgres":
        for target, parent in sorted(_moved(app, form, change)):
            select_one(work, app.kind("form")[target], parent, lock="change", deleted=False)


def _moved(app: CompiledApp, form: Form, change: RecordChange) -> dict[tuple[str, str], set[str]]:
    """The rollups whose group a change touches, by form and record."""
    moved: dict[tuple[str, str], set[str]] = {}
    for target, key in form.feeds:
        rollup = app.kind("form")[target].fields[key].rollup
        if rollup is None or (change.op == "update" and not change.changed & rollup.depends):
            continue
        for record in (change.before, change.after):
            parent = record.get(rollup.link) if record is not None else None
            if parent is not None:
                moved.setdefault((target, parent), set()).add(key)
    return moved


def derive(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, *, rollups: set[str] | None = None
) -> None:
    """Compute the stored derived values of one record again and save what moved.

    `rollups` None: all of them. Revision and updated_at stay; listeners see the change.
    """
    from forms.records import RecordNotFound, changed_fields, finish, load, write

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
        write(save, "derive")
        finish(save, change)


def aggregate_of(work: UnitOfWork, app: CompiledApp, form: Form, field: Field, record: str) -> Any:
    """The value of a rollup for one record now, in memory form."""
    dialect = work.runtime.database.dialect
    known = form.sql.get(("rollup", field.key, dialect))
    if known is None:
        known = form.sql["rollup", field.key, dialect] = _statement(app, field, dialect)
    text, params = known
    row = work.row(text, params.bind({"parent_record": record}, work.now, app.zone))
    value = row[0] if row else None
    load = field.codec.load(dialect)
    return value if value is None or load is None else load(value)


def _statement(app: CompiledApp, field: Field, dialect: Any) -> tuple[str, Any]:
    rollup = field.rollup
    if rollup is None:
        raise LookupError(field.key)
    query = Query(dict(app.kind("form")), dialect, Params(dialect))
    select = rollup_select(query, query.forms[rollup.form], "r", field)
    parent = query.params.variable("parent_record", t.TEXT)
    select = select.where(exp.EQ(this=col("r", rollup.link), expression=parent), copy=False)
    return print_sql(select, dialect), query.params
