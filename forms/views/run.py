"""Views as people use them: which there are, and their records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Invalid, NotFound
from engine.findings import error, text
from engine.permissions.roles import held_roles
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.asked_paths import read_shown, seen_order
from forms.compiled import Form, compiled_form
from forms.listing import ListQuery, list_json, read_filter
from forms.reading_plan import UnknownField
from forms.views.kind import View
from forms.views.lanes import in_lane, lanes_json, literal

DECIMAL = re.compile(r"-?\d{1,3}(\.\d{1,6})?")


class ViewNotFound(NotFound):
    """The app has no such view, or you are not offered it."""

    code = "view_not_found"
    zh = "应用中没有该视图，或您无权使用。"


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a view that is looked at: a span of days, a record's children, a box on the map, a lane."""

    first: str | None = None
    last: str | None = None
    parent: str | None = None
    box: str | None = None
    lane: str | None = None


def views_json(work: UnitOfWork, app: CompiledApp) -> list[dict[str, Any]]:
    """The views that the reader is offered."""
    access = Access(work, app)
    return [_about(access, view) for view in app.kind("view").values() if _offered(access, view)]


def view_json(work: UnitOfWork, app: CompiledApp, key: str) -> dict[str, Any]:
    """One view. Raises ViewNotFound."""
    access = Access(work, app)
    return _about(access, _view(access, key))


def records_json(
    work: UnitOfWork, app: CompiledApp, key: str, asked: ListQuery, window: Window
) -> dict[str, Any]:
    """The records of a view as a list gives them; `asked` narrows its filter and may replace its order. A kanban
    without a lane gives {"lanes"}, see `lanes_json`. Raises ViewNotFound and as
    `list_json`.
    """
    access = Access(work, app)
    view = _view(access, key)
    form = compiled_form(app, view.form)
    _refuse_foreign(view, window)
    if view.layout == "kanban":
        read_shown(access, form, view.options["group"], "/lane")  # lanes tell what a hidden field can hold
    conditions = [view.filter, _asked(access, form, asked.filter), *_conditions(view, form, window)]
    query = replace(
        asked,
        filter=_all(conditions),
        sort=asked.sort or seen_order(access, form, view.sort),
        fields=asked.fields or _columns(access, form, view),
    )
    if view.layout == "kanban" and window.lane is None:
        return lanes_json(work, app, form, view.options["group"], query)
    return list_json(work, app, form, query)


def _conditions(view: View, form: Form, window: Window) -> list[str]:
    options = view.options
    if view.layout == "kanban" and window.lane is not None:
        return [in_lane(form, options["group"], window.lane)]
    if view.layout == "tree":
        parent = options["parent"]
        return [f"{parent} = {literal(window.parent)}" if window.parent else f"ISBLANK({parent})"]
    if view.layout == "calendar":
        return _days(options, window)
    if view.layout == "map" and window.box is not None:
        return _inside(options["place"], window.box)
    return []


def _days(options: Mapping[str, str], window: Window) -> list[str]:
    """What touches the days from `first` to `last`, both included."""
    start = f"TODATE({options['start']})"
    end = f"TODATE({options['end']})" if "end" in options else start
    found = []
    if window.last is not None:
        found.append(f"{start} <= {_day(window.last, '/to')}")
    if window.first is not None:
        found.append(f"COALESCE({end}, {start}) >= {_day(window.first, '/from')}")
    return found


def _day(given: str, pointer: str) -> str:
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Invalid(
            [
                error(
                    "invalid_parameter",
                    pointer,
                    text("应为日期，如 2026-03-01。", "A day such as 2026-03-01."),
                )
            ]
        ) from None
    return f"DATE({day.year}, {day.month}, {day.day})"


def _inside(place: str, box: str) -> list[str]:
    parts = box.split(",")
    if len(parts) != 4 or not all(DECIMAL.fullmatch(each) for each in parts):
        message = text("应为 南,西,北,东 四个度数。", "Four degrees are expected: south,west,north,east.")
        raise Invalid([error("invalid_parameter", "/box", message)])
    south, west, north, east = parts
    between = f"{place}.lng >= {west} and {place}.lng <= {east}"
    if float(west) > float(east):  # the box spans the date line
        between = f"({place}.lng >= {west} or {place}.lng <= {east})"
    return [f"{place}.lat >= {south} and {place}.lat <= {north} and {between}"]


PARTS = {"calendar": ("first", "last"), "tree": ("parent",), "map": ("box",), "kanban": ("lane",)}
SPELLED = {"first": "from", "last": "to"}


def _refuse_foreign(view: View, window: Window) -> None:
    for name in Window.__slots__:
        if getattr(window, name) is not None and name not in PARTS.get(view.layout, ()):
            message = text(
                f"“{view.layout}”视图没有此参数。", f"A view of layout '{view.layout}' has no such parameter."
            )
            raise Invalid([error("invalid_parameter", f"/{SPELLED.get(name, name)}", message)])


def _asked(access: Access, form: Form, source: str | None) -> str | None:
    checked = read_filter(access, form, source)
    return checked.text() if checked is not None else None


def _all(conditions: list[str | None]) -> str | None:
    given = [each for each in conditions if each]
    return " and ".join(f"({each})" for each in given) or None


def _columns(access: Access, form: Form, view: View) -> str | None:
    """The columns that the reader sees, with what the layout shows by."""
    if not view.columns:
        return None
    wanted = dict.fromkeys((*view.columns, *view.options.values()))
    return ",".join(name for name in wanted if _shown(access, form, name)) or "id"


def _shown(access: Access, form: Form, name: str) -> bool:
    try:
        read_shown(access, form, name, "/columns")
    except UnknownField:
        return False
    return True


def _view(access: Access, key: str) -> View:
    view: View | None = access.app.kind("view").get(key)
    if view is None:
        access.app.require_whole("view", key, explain=access.work.principal.is_admin)
    if view is None or not _offered(access, view):
        raise ViewNotFound()
    return view


def _offered(access: Access, view: View) -> bool:
    principal = access.work.principal
    wanted = (
        not view.roles or principal.is_admin or not view.roles.isdisjoint(held_roles(access.app, principal))
    )
    return wanted and bool(access.seen(view.form))


def _about(access: Access, view: View) -> dict[str, Any]:
    form = compiled_form(access.app, view.form)
    shown = [name for name in view.columns if _shown(access, form, name)]
    options = {option: name for option, name in view.options.items() if _shown(access, form, name)}
    return {
        "key": view.key,
        "label": dict(view.label),
        "form": view.form,
        "layout": view.layout,
        "columns": shown,
        **options,
    }
