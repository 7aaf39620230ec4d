"""Whether a value is in use already, for who is about to enter it again: yes or no, and nothing else."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.errors import Invalid
from engine.expressions import Params, print_sql
from engine.expressions import types as t
from engine.findings import Finding, Text, error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.columns import col, table
from forms.compiled import Field, Form
from forms.field_type import Reading
from forms.plans import kept
from forms.reading_plan import UnknownField
from forms.values import Problem
from forms.watched import is_watched, note

WAY = "duplicate_check"


def refuse_unfit(field: Field, pointer: str, context: Context, *, in_rows: bool) -> None:
    """A finding for a field with `duplicate_check` that is not compared as one whole value of a record."""
    if not getattr(field.kind.options, "duplicate_check", False):
        return
    whole = (
        not field.derived
        and not field.parts
        and field.value_type.kind not in {"choices", "list", "geo", "null"}
    )
    if whole and not in_rows and not (field.sealed and field.blind is None):
        return
    context.error(
        "cannot_check_duplicates",
        f"{pointer}/duplicate_check",
        Text(zh="此字段不能用于查重。", en="Duplicates cannot be looked for by this field."),
        Text(
            zh="请用表单中单个值的字段；加密字段须同时设 index。",
            en="Use a field of the form with one value; an encrypted one needs `index`, too.",
        ),
    )


def exists_json(work: UnitOfWork, app: CompiledApp, form: Form, key: str, raw: Any) -> dict[str, Any]:
    """{"exists": whether any live record has this value}, whoever may see that record.

    Raises Forbidden for who may not create records, UnknownField for a field that is not open to such
    questions or that they neither see nor write, Invalid for what is no value of it.
    """
    access = Access(work, app)
    creating = access.demand(form.key, "create")
    field = form.fields.get(key)
    seen = access.seen(form.key)
    open_ = field is not None and not field.system and field.kind.options.duplicate_check
    if field is None or not open_ or not (seen.shows(key) or seen.masks(key) or creating.writes(key)):
        named = key[:80]
        raise UnknownField(
            Text(zh=f"表单中没有可查重的字段“{named}”。", en=f"The form has no such field '{named}'."),
            pointer="/field",
        )
    value = _value(app, field, raw)
    if value is None:
        raise Invalid([error("required", "/value", text("请给出一个值。", "A value is needed."))])
    found = _first(work, app, form, field, value)
    if found is not None and is_watched(field):
        note(access, form, [key], [found], way=WAY)
    return {"exists": found is not None}


def _value(app: CompiledApp, field: Field, raw: Any) -> Any:
    """The value in memory form. Raises Invalid."""
    try:
        return field.kind.parse(raw, Reading(zone=app.zone))
    except Problem as wrong:
        where = f"/value{wrong.pointer}"
        raise Invalid([Finding("error", wrong.code, where, wrong.message, wrong.fix)]) from None


def _first(work: UnitOfWork, app: CompiledApp, form: Form, field: Field, value: Any) -> str | None:
    """The id of a live record that has the value."""
    dialect = work.runtime.database.dialect
    hashed = field.blind if field.sealed else None
    if field.sealed and hashed is None:
        return None

    def make() -> tuple[str, Params]:
        params = Params(dialect)
        blind = next((each.column for each in form.blinds if each.field == field.key), "")
        place = col("r", blind if hashed else field.column)
        wanted = params.variable("wanted", t.TEXT if hashed else field.value_type)
        select = exp.select(col("r", "id")).from_(table(form.table, "r"))
        select = select.where(
            exp.EQ(this=place, expression=wanted),
            exp.Is(this=col("r", "deleted_at"), expression=exp.null()),
        ).limit(1)
        return print_sql(select, dialect), params

    statement, params = kept(app, ("exists", form.key, field.key, dialect), make)
    known = {"wanted": hashed(value) if hashed else value}
    row = work.row(statement, params.bind(known, work.now, app.zone, app.calendars))
    return str(row[0]) if row else None
