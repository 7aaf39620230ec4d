"""Lists of records: filter, order, fields, cursor and count."""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import orjson

from engine.definitions.app import CompiledApp
from engine.errors import EngineError, Forbidden
from engine.expressions import CheckedExpression, ExpressionError, Shape, check
from engine.expressions import types as t
from engine.findings import Text
from engine.storage.columns import moment_from_text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form
from forms.environment import variables
from forms.output import record_json
from forms.reading_plan import Path, ReadingPlan, SortKey, UnknownField, default_fields, make_plan

MAX_LIMIT = 500
COUNTED = 1_000
PLANS = 500

CountMode = Literal["exact", "estimated", "none"]


class BadCursor(EngineError):
    """This cursor does not belong to this list."""

    code = "bad_cursor"
    zh = "游标无效，或与本次查询不符。"
    fix_zh = "请从第一页重新开始。"
    fix_en = "Start again from the first page."


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list asks. `filter` is an expression or the text of a JSON condition; `sort` is e.g.
    "-amount,name"; `fields` e.g. "name,customer.name"; `count` "exact", "none", or "estimated":
    exact up to 1,000, 1,001 for more, and on the first page only.
    """

    filter: str | None = None
    sort: str | None = None
    fields: str | None = None
    limit: int = 50
    cursor: str | None = None
    count: CountMode = "estimated"


def list_json(work: UnitOfWork, app: CompiledApp, form: Form, query: ListQuery) -> dict[str, Any]:
    """{"items", "next", "count"} of the records the reader may see.

    Raises Forbidden, UnknownField, BadCursor and what is wrong with the filter.
    """
    access = Access(work, app)
    if not access.seen(form.key):
        raise Forbidden()
    cursor = _read_cursor(query.cursor)
    plan = _plan(
        access, form, query, tuple(value is None for value in cursor) if cursor is not None else None
    )
    limit = max(1, min(query.limit, MAX_LIMIT))
    known = variables(work, app, row_limit=limit + 1, **_cursor_values(form, plan, cursor))
    rows = work.rows(plan.text, plan.params.bind(known, work.now, app.zone))
    more = len(rows) > limit
    rows = rows[:limit]
    answer: dict[str, Any] = {
        "items": record_json(access, form, plan, rows),
        "next": _cursor(plan, rows[-1]) if more else None,
    }
    if query.count == "exact" or (query.count == "estimated" and cursor is None):
        answer["count"] = _count(work, app, plan, query.count)
    return answer


def _plan(access: Access, form: Form, query: ListQuery, after: tuple[bool, ...] | None) -> ReadingPlan:
    plans: OrderedDict[Any, ReadingPlan] = access.app.memory.setdefault("plans", OrderedDict())
    dialect = access.work.runtime.database.dialect
    key = (form.key, dialect, access.key, query.filter, query.sort, query.fields, after)
    plan = plans.get(key)
    if plan is None:
        sort = read_sort(access, form, query.sort)
        if after is not None and len(after) != len(sort):
            raise BadCursor(pointer="/cursor")
        plan = make_plan(
            access.app,
            form,
            dialect,
            grants_of=access.seen,
            fields=read_fields(access, form, query.fields),
            where=read_filter(access, form, query.filter),
            sort=sort,
            limit=True,
            after=after,
        )
        plans[key] = plan
        while len(plans) > PLANS:
            plans.popitem(last=False)
    return plan


def read_filter(access: Access, form: Form, source: str | None) -> CheckedExpression | None:
    """The checked filter. Raises ExpressionError, NotPushable, UnknownField."""
    if not source or not source.strip():
        return None
    parsed: Any = source
    if source.lstrip().startswith("{"):
        try:
            parsed = orjson.loads(source)
        except orjson.JSONDecodeError as wrong:
            raise BadFilter(
                Text(zh=f"筛选条件不是有效的 JSON：{wrong}", en=f"The filter is not valid JSON: {wrong}"),
                pointer="/filter",
            ) from wrong
    try:
        checked = check(parsed, access.scope(form), expect=t.BOOL)
    except ExpressionError as wrong:
        wrong.pointer = "/filter"
        raise
    if not checked.pushable:
        names = ", ".join(checked.not_pushable)
        raise BadFilter(
            Text(zh=f"筛选条件不能使用：{names}。", en=f"A filter cannot use {names}."), pointer="/filter"
        )
    return checked


class BadFilter(EngineError):
    """This filter cannot be used."""

    code = "bad_filter"
    zh = "无法使用该筛选条件。"


def read_sort(access: Access, form: Form, source: str | None) -> tuple[SortKey, ...]:
    """The order; `id` is added so that it is total."""
    keys = []
    for part in (source or "-created_at").split(","):
        name = part.strip()
        descending = name.startswith("-")
        path = _path(access, form, name.lstrip("+-"), "/sort")
        keys.append(SortKey(path, descending))
    if all(key.path != ("id",) for key in keys):
        keys.append(SortKey(("id",), keys[-1].descending))
    return tuple(keys)


def read_fields(access: Access, form: Form, source: str | None) -> list[Path]:
    """The asked fields with `id` and `rev` first; by default all but child tables."""
    if not source:
        return default_fields(form, access.seen(form.key), children=False)
    paths: list[Path] = [("id",), ("rev",)]
    for part in source.split(","):
        name = part.strip()
        if name in form.children and access.seen(form.key).shows(name):
            path: Path = (name,)
        elif name == "version" and name not in form.fields:
            continue  # another name of `rev`
        else:
            path = _path(access, form, name, "/fields")
        if path not in paths:
            paths.append(path)
        if len(path) > 1 and (head := (path[0],)) not in paths:
            paths.insert(paths.index(path), head)
    return paths


def _path(access: Access, form: Form, name: str, pointer: str) -> Path:
    """A path of fields that the reader may see, at most three hops. Raises UnknownField."""
    path = tuple(name.split("."))
    scope = access.scope(form)
    shape: Shape | None = scope.shape
    for index, part in enumerate(path):
        kind = shape.type_of(part) if shape is not None and len(path) <= 4 else None
        if kind is None:
            raise UnknownField(
                Text(zh=f"表单中没有字段“{name[:80]}”。", en=f"The form has no field '{name[:80]}'."),
                pointer=pointer,
            )
        if index < len(path) - 1:
            shape = scope.shapes(kind.form) if kind.form else None
    return path


def _read_cursor(text: str | None) -> list[Any] | None:
    if not text:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, orjson.JSONDecodeError) as wrong:
        raise BadCursor(pointer="/cursor") from wrong
    if not isinstance(values, list):
        raise BadCursor(pointer="/cursor")
    return values


def _cursor(plan: ReadingPlan, row: Sequence[Any]) -> str:
    start = len(plan.columns) + plan.flags
    values = [_cursor_json(value) for value in row[start : start + len(plan.sort)]]
    return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


def _cursor_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def _cursor_values(form: Form, plan: ReadingPlan, cursor: list[Any] | None) -> dict[str, Any]:
    """The cursor's values in memory form, as the variables of the plan."""
    values = {}
    for index, (key, raw) in enumerate(zip(plan.sort, cursor or [], strict=False)):
        storage = form.fields[key.path[0]].codec.storage if len(key.path) == 1 else "text"
        values[f"after_{index}"] = _from_cursor(storage, raw)
    return values


def _from_cursor(storage: str, raw: Any) -> Any:
    """A cursor's value in memory form; SQLite's cursors hold the stored text of dates and moments."""
    try:
        if isinstance(raw, dict):
            return datetime.fromisoformat(raw["at"]) if "at" in raw else date.fromisoformat(raw["on"])
        if storage == "moment" and isinstance(raw, str):
            return moment_from_text(raw)
        if storage == "date" and isinstance(raw, str):
            return date.fromisoformat(raw)
    except (KeyError, TypeError, ValueError) as wrong:
        raise BadCursor(pointer="/cursor") from wrong
    return raw


def _count(work: UnitOfWork, app: CompiledApp, plan: ReadingPlan, mode: CountMode) -> int:
    text = plan.count
    if mode == "estimated":
        text = f"SELECT count(*) FROM ({text.replace('COUNT(*)', '1', 1)} LIMIT {COUNTED + 1}) AS few"
    row = work.row(text, plan.params.bind(variables(work, app, row_limit=0), work.now, app.zone))
    return int(row[0]) if row else 0
