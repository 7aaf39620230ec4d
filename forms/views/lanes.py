"""The lanes of a kanban: what a field can hold, in its own order, and the records of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.aggregate import AggregateQuery, aggregate_json
from forms.compiled import Field, Form
from forms.listing import ListQuery, list_json

MOST = 30
"""So many lanes are shown."""


def lanes_json(
    work: UnitOfWork, app: CompiledApp, form: Form, group: str, query: ListQuery
) -> dict[str, Any]:
    """{"lanes", "more"}: each lane with its value, its count and its first records. Lanes of options stand in the
    order of the options, empty ones too; records without a value come first, where there are any.
    """
    known = _known(form.fields[group])
    # counts come in the order of the values, so all have to be asked for: any of them may be the first option
    asked = AggregateQuery(by=((group, group),), filter=query.filter, limit=len(known or ()) + MOST)
    counted = aggregate_json(work, app, form, asked)
    counts = {lane[group]: lane["count"] for lane in counted["items"]}
    values = _in_order(known, list(counts))
    lanes = [_lane(work, app, form, group, value, counts.get(value, 0), query) for value in values[:MOST]]
    return {"lanes": lanes, "more": counted["more"] or len(values) > MOST}


def _lane(
    work: UnitOfWork, app: CompiledApp, form: Form, group: str, value: Any, count: int, query: ListQuery
) -> dict[str, Any]:
    if not count:
        return {"value": value, "items": [], "next": None, "count": 0}
    inside = (
        f"({query.filter}) and {in_lane(form, group, value)}" if query.filter else in_lane(form, group, value)
    )
    page = list_json(work, app, form, replace(query, filter=inside, cursor=None, count="none"))
    return {"value": value, **page, "count": count}


def _in_order(known: Mapping[Any, bool] | None, counted: Sequence[Any]) -> list[Any]:
    if known is None:
        return list(counted)
    shown = [value for value, standing in known.items() if standing or value in counted]
    return [*(value for value in counted if value not in known), *shown]


def _known(field: Field) -> dict[Any, bool] | None:
    """The values a field can have, and whether it still may; None when nobody can tell."""
    if field.value_type.kind == "bool":
        return {False: True, True: True}
    choices: dict[str, Any] = getattr(field.kind, "choices", {}) if field.value_type.kind == "choice" else {}
    return {key: not getattr(option, "archived", False) for key, option in choices.items()} or None


def in_lane(form: Form, group: str, value: Any) -> str:
    """The condition of a lane; '' is that of records without a value. Raises Invalid for a lane that cannot be."""
    if value is None or value == "":
        return f"ISBLANK({group})"
    field = form.fields[group]
    known = _known(field)
    if field.value_type.kind == "bool":
        value = {"true": True, "false": False}.get(value, value)
    if known is not None and value not in known:
        names = [str(each).lower() if isinstance(each, bool) else str(each) for each in known][:MOST]
        message = text(f"没有“{str(value)[:40]}”这一栏。", f"There is no lane '{str(value)[:40]}'.")
        fix = text(f"可选：{'、'.join(names)}。", f"Lanes: {', '.join(names)}.")
        raise Invalid([error("invalid_parameter", "/lane", message, fix)])
    return f"{group} = {literal(value)}"


def literal(value: Any) -> str:
    """A value as the language spells it, which is as JSON does."""
    return orjson.dumps(value).decode()
