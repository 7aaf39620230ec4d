"""The recycle bin for people: units they may restore, with the rights of who asks."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden, NotFound
from engine.expressions import Params, print_sql
from engine.expressions import types as t
from engine.identity.service import require_admin
from engine.permissions.compiled import GrantSet
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.columns import RecordColumns, col, table
from forms.compiled import Form, compiled_form
from forms.environment import variables
from forms.plans import kept
from forms.query import query_of
from forms.recycle import repository
from forms.recycle.purge import purge
from forms.recycle.repository import Entry
from forms.recycle.restore import restore

NEWEST = "~"
"""Sorts behind every unit."""


class UnitNotFound(NotFound):
    """Nothing in the recycle bin has this id, or you may not restore it."""

    code = "recycled_not_found"
    zh = "回收站中没有该项，或您无权恢复。"


def list_json(
    work: UnitOfWork, app: CompiledApp, *, form: str | None = None, limit: int = 50, before: str | None = None
) -> dict[str, Any]:
    """{"items", "next"}: what the reader may restore, the newest first. Raises Forbidden, FormNotFound."""
    access = Access(work, app)
    forms = [compiled_form(app, form)] if form is not None else list(app.kind("form").values())
    if form is not None:
        access.demand(form, "restore")
    found: list[dict[str, Any]] = []
    for each in forms:
        found += _of_form(access, each, limit=limit + 1, before=before or NEWEST)
    found.sort(key=lambda item: str(item["unit"]), reverse=True)
    items = found[:limit]
    holding = repository.contents(work, [item["unit"] for item in items])
    for item in items:
        item["records"] = _seen(access, holding[item["unit"]])
    return {"items": items, "next": items[-1]["unit"] if len(found) > limit else None}


def _seen(access: Access, counts: dict[str, int]) -> dict[str, int]:
    """How many records of which form; forms that the reader may not know are counted together."""
    hidden = [form for form in counts if not access.seen(form)]
    shown = {form: count for form, count in counts.items() if form not in hidden}
    return shown | ({"…": sum(counts[form] for form in hidden)} if hidden else {})


def _of_form(access: Access, form: Form, *, limit: int, before: str) -> list[dict[str, Any]]:
    grants = access.grants(form.key, "restore")
    if not grants:
        return []
    work, app = access.work, access.app
    dialect = work.runtime.database.dialect
    key = ("recycled", form.key, dialect, access.key, grants.key)
    text, params, to_json = kept(app, key, lambda: _statement(access, form, grants))
    known = variables(work, app, before_unit=before, row_limit=limit)
    when = form.fields["deleted_at"].codec.to_json(dialect)
    rows = work.rows(text, params.bind(known, work.now, app.zone, app.calendars))
    return [
        {
            "unit": unit,
            "form": form.key,
            "record": record,
            "title": title if title is None or to_json is None else to_json(title),
            "deleted_by": by,
            "deleted_at": when(at) if when is not None else at,
        }
        for unit, record, by, at, title in rows
    ]


def _statement(access: Access, form: Form, grants: GrantSet) -> tuple[str, Params, Any]:
    """The units whose root is a record of the form that the grants have."""
    dialect = access.work.runtime.database.dialect
    query = query_of(access.app, dialect, access.seen)
    row = RecordColumns(query, form, "r", form=form, grants=grants)
    title = form.fields[form.title]
    names = ("unit", "record", "deleted_by", "deleted_at")
    select = exp.select(*(col("k", name) for name in names), row.column((title.key,)))
    select = select.from_(table("ff_recycled", "k"))
    same = exp.EQ(this=col("r", "id"), expression=col("k", "record"))
    select = select.join(table(form.table, "r"), on=same, copy=False)
    conditions: list[exp.Expr] = [
        exp.EQ(this=col("k", "app"), expression=exp.Literal.string(form.app)),
        exp.EQ(this=col("k", "form"), expression=exp.Literal.string(form.key)),
        exp.EQ(this=col("k", "root"), expression=col("k", "record")),
        exp.LT(this=col("k", "unit"), expression=query.params.variable("before_unit", t.TEXT)),
    ]
    if (rows := row.row_predicate(grants)) is not None:
        conditions.append(exp.paren(rows))
    select = select.where(*conditions, copy=False).order_by(exp.Ordered(this=col("k", "unit"), desc=True))
    select.set("limit", exp.Limit(expression=query.params.variable("row_limit", t.number(9, 0))))
    return print_sql(select, dialect), query.params, title.codec.to_json(dialect)


def restore_json(work: UnitOfWork, app: CompiledApp, unit: str) -> dict[str, Any]:
    """Bring a unit back: {"records": {form: count}, "not_linked": […]}.

    Raises UnitNotFound, Forbidden, NotRestorable.
    """
    access = Access(work, app)
    entries = _demand(access, unit)
    lost = restore(work, app, entries)
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.form] = counts.get(entry.form, 0) + 1
    told = [each.model_dump(mode="json", exclude_none=True) for each in lost if access.seen(each.form)]
    root = entries[-1]
    return {"form": root.form, "record": root.record, "records": _seen(access, counts), "not_linked": told}


def restore_record_json(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> dict[str, Any]:
    """Bring a deleted record back with all that was deleted with it; errors as `restore_json`."""
    unit = repository.unit_of(work, app.key, form.key, record)
    if unit is None:
        raise UnitNotFound()
    return restore_json(work, app, unit)


def purge_json(work: UnitOfWork, app: CompiledApp, unit: str) -> None:
    """Remove a unit for good; administrators only. Raises Forbidden, UnitNotFound, StillReferenced."""
    require_admin(work)
    entries = repository.entries(work, app.key, unit)
    if not entries:
        raise UnitNotFound()
    purge(work, app, entries)


def _demand(access: Access, unit: str) -> list[Entry]:
    """The records of a unit whose root the principal may restore. Raises UnitNotFound."""
    entries = repository.entries(access.work, access.app.key, unit)
    if not entries or entries[-1].form not in access.app.kind("form"):
        raise UnitNotFound()
    root = entries[-1]
    form = compiled_form(access.app, root.form)
    grants = access.grants(root.form, "restore")
    if not grants:
        raise UnitNotFound() if not access.seen(root.form) else Forbidden()
    if not grants.unlimited and not any(access.flags(form, grants, root.record, write=True) or []):
        raise UnitNotFound()
    return entries
