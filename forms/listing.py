"""Lists of records: filter, order, fields, cursor and count."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

import orjson

from engine.definitions.app import CompiledApp
from engine.errors import EngineError, Forbidden
from engine.expressions import CheckedExpression, ExpressionError, check
from engine.expressions import types as t
from engine.findings import Text
from engine.json_text import double_key, nested_too_deep, not_json, too_deep
from engine.storage.columns import moment_from_text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.asked_paths import read_fields, read_sort
from forms.blamed import blamed
from forms.compiled import Form
from forms.environment import variables
from forms.output import record_json
from forms.plans import KEPT, kept
from forms.reading_plan import ReadingPlan, make_plan
from forms.whole_values import whole_values

MAX_LIMIT = 500
LARGEST = 2**63
"""What no column holds, and the drivers of databases refuse in their own ways."""
COUNTED = 1_000
RECOUNTED = timedelta(minutes=5)

CountMode = Literal["exact", "estimated", "none"]


class BadCursor(EngineError):
    """This cursor does not belong to this list."""

    code = "bad_cursor"
    zh = "游标无效，或与本次查询不符。"
    fix_zh = "请从第一页重新开始。"
    fix_en = "Start again from the first page."


@dataclass(frozen=True, slots=True)
class Anchor:
    """A record that a filter of the engine's own names as `$anchor`."""

    form: str
    record: str


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
    anchor: Anchor | None = None


def list_json(
    work: UnitOfWork, app: CompiledApp, form: Form, query: ListQuery, *, access: Access | None = None
) -> dict[str, Any]:
    """{"items", "next", "count"} of the records the reader may see, or may do with what `access` says.

    Raises Forbidden, UnknownField, BadCursor and what is wrong with the filter.
    """
    access = access or Access(work, app)
    if not access.seen(form.key):
        raise Forbidden()
    cursor = _read_cursor(query)
    after = tuple(value is None for value in cursor) if cursor is not None else None
    some = not access.seen(form.key).every_row
    plan = _plan(access, form, query, after, sought=some)
    if plan.through and not some:  # few may fulfil it, however many the reader sees
        some, plan = True, _plan(access, form, query, after, sought=True)
    count = _count(work, app, plan, query) if _counts(query) else None
    if some and _many(access, form, query, plan, count):
        plan = _plan(access, form, query, after, sought=False)
    limit = max(1, min(query.limit, MAX_LIMIT))
    known = variables(
        work, app, row_limit=limit + 1, **_cursor_values(plan, cursor), **_anchored(query.anchor)
    )
    rows = work.rows(plan.text, plan.params.bind(known, work.now, app.zone, app.calendars))
    more = len(rows) > limit
    rows = rows[:limit]
    answer: dict[str, Any] = {
        "items": record_json(access, form, plan, rows),
        "next": _cursor(query, plan, rows[-1]) if more else None,
    }
    if count is not None:
        answer["count"] = count
    return answer


def _counts(query: ListQuery) -> bool:
    return query.count == "exact" or (query.count == "estimated" and not query.cursor)


def _many(access: Access, form: Form, query: ListQuery, plan: ReadingPlan, count: int | None) -> bool:
    """Whether the answer has so many rows that going through them in order finds a page sooner than looking
    them all up. Databases know too little of the conditions of grants, and of what is asked of records that refer
    here, so the rows are counted now and then.
    """
    work = access.work
    memory = access.app.memory.setdefault("lists of many", {})
    key = (form.key, access.key, work.principal.user, query.filter)
    known = memory.get(key)
    if count is None and known is not None and work.now - known[0] < RECOUNTED:
        return bool(known[1])
    if count is None:
        count = _count(work, access.app, plan, replace(query, count="estimated"))
    if len(memory) >= KEPT:
        memory.clear()
    memory[key] = (work.now, count > COUNTED)
    return count > COUNTED


def _anchored(anchor: Anchor | None) -> dict[str, Any]:
    return {"anchor": anchor.record} if anchor is not None else {}


def _plan(
    access: Access, form: Form, query: ListQuery, after: tuple[bool, ...] | None, *, sought: bool
) -> ReadingPlan:
    dialect = access.work.runtime.database.dialect

    def make() -> ReadingPlan:
        sort = read_sort(access, form, query.sort)
        if after is not None and len(after) != len(sort):
            raise BadCursor(pointer="/cursor")
        return make_plan(
            access.app,
            form,
            dialect,
            grants_of=access.seen,
            fields=read_fields(access, form, query.fields),
            where=read_filter(access, form, query.filter, query.anchor),
            sort=sort,
            limit=True,
            after=after,
            sought=sought,
        )

    anchored = query.anchor.form if query.anchor is not None else None
    key = (form.key, dialect, access.key, query.filter, query.sort, query.fields, after, anchored, sought)
    return kept(access.app, key, make)


def read_filter(
    access: Access, form: Form, source: str | None, anchor: Anchor | None = None
) -> CheckedExpression | None:
    """The checked filter. Raises ExpressionError, NotPushable, UnknownField."""
    if not source or not source.strip():
        return None
    parsed = condition_in(source) if source.lstrip().startswith("{") else source
    scope = access.scope(form, masked=True)
    if anchor is not None:
        scope = replace(scope, variables={**scope.variables, "anchor": t.ref(anchor.form)})
    try:
        checked = check(parsed, scope, expect=t.BOOL)
    except ExpressionError as wrong:
        wrong.pointer = "/filter"
        if isinstance(parsed, dict):
            wrong = blamed(parsed, lambda part: check(part, scope, expect=t.BOOL), wrong, "/filter")
        raise wrong from None
    if not checked.pushable:
        names = ", ".join(checked.not_pushable)
        raise BadFilter(
            Text(zh=f"筛选条件不能使用：{names}。", en=f"A filter cannot use {names}."), pointer="/filter"
        )
    return whole_values(access, form, checked)


def condition_in(source: str) -> Any:
    """The JSON spelling of a filter, parsed with nothing lost. Raises BadFilter."""
    try:
        parsed = orjson.loads(source)
    except orjson.JSONDecodeError as wrong:
        raise BadFilter(not_json(wrong), pointer="/filter") from wrong
    if too_deep(raw := source.encode(), parsed):
        raise BadFilter(nested_too_deep(), pointer="/filter")
    double = double_key(raw, parsed)
    if double is not None:
        raise BadFilter(
            Text(
                zh=f"筛选条件中“{double}”出现了两次，其中一个条件会丢失。",
                en=f"'{double}' stands twice in the filter, so that one condition would be lost.",
            ),
            pointer=f"/filter{double}",
            fix=Text(zh="请把两个条件放进 and 列表。", en="Put both conditions into a list under `and`."),
        )
    return parsed


class BadFilter(EngineError):
    """This filter cannot be used."""

    code = "bad_filter"
    zh = "无法使用该筛选条件。"


def _read_cursor(query: ListQuery) -> list[Any] | None:
    """The sort values behind which the next page begins; the cursor must come from the same question."""
    if not query.cursor:
        return None
    text = query.cursor
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, orjson.JSONDecodeError) as wrong:
        raise BadCursor(pointer="/cursor") from wrong
    if not isinstance(values, list) or values[:1] != [_question(query)]:
        raise BadCursor(pointer="/cursor")
    return values[1:]


def _question(query: ListQuery) -> str:
    """A short digest of what decides the order of a list."""
    text = f"{query.filter}\x00{query.sort}"
    if query.anchor is not None:
        text += f"\x00{query.anchor.record}"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _cursor(query: ListQuery, plan: ReadingPlan, row: Sequence[Any]) -> str:
    start = len(plan.columns) + plan.flags
    values = [_cursor_json(value) for value in row[start : start + len(plan.sort)]]
    return base64.urlsafe_b64encode(orjson.dumps([_question(query), *values])).rstrip(b"=").decode()


def _cursor_json(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def _cursor_values(plan: ReadingPlan, cursor: list[Any] | None) -> dict[str, Any]:
    """The cursor's values in memory form, as the variables of the plan. Raises BadCursor."""
    if cursor is not None and len(cursor) != len(plan.storages):
        raise BadCursor(pointer="/cursor")
    return {
        f"after_{index}": _from_cursor(storage, raw)
        for index, (storage, raw) in enumerate(zip(plan.storages, cursor or [], strict=False))
    }


def _from_cursor(storage: str, raw: Any) -> Any:
    """A cursor's value in memory form. Raises BadCursor for one of another type."""
    if raw is None:
        return None
    try:
        if storage == "moment":
            return datetime.fromisoformat(raw) if raw.endswith("+00:00") else moment_from_text(raw)
        if storage == "date":
            return date.fromisoformat(raw)
    except (AttributeError, TypeError, ValueError) as wrong:
        raise BadCursor(pointer="/cursor") from wrong
    if storage == "boolean" and raw in (0, 1):
        return bool(raw)
    if type(raw) is not (int if storage == "integer" else str):
        raise BadCursor(pointer="/cursor")
    if type(raw) is int and abs(raw) >= LARGEST:
        raise BadCursor(pointer="/cursor")
    return raw


def _count(work: UnitOfWork, app: CompiledApp, plan: ReadingPlan, query: ListQuery) -> int:
    text = plan.count
    if query.count == "estimated":
        text = f"SELECT count(*) FROM ({text.replace('COUNT(*)', '1', 1)} LIMIT {COUNTED + 1}) AS few"
    known = variables(work, app, row_limit=0, **_anchored(query.anchor))
    row = work.row(text, plan.params.bind(known, work.now, app.zone, app.calendars))
    return int(row[0]) if row else 0
