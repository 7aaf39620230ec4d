"""Many records at once: batches, create-or-update by key, and sums over lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, dumps
from api.body import json_object, query
from api.described import body_of
from api.edge import edge_of, read
from api.errors import language, problem, request_id, status_of
from engine.definitions.app import CompiledApp
from engine.errors import MOST_TOLD, Invalid
from engine.findings import Finding, error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.aggregate import GROUPS, MEASURES, AggregateQuery, Measure, aggregate_json
from forms.aggregate import MOST as MOST_GROUPS
from forms.batch import MOST, RESULTS, Item, Outcome, run_batch
from forms.compiled import Form, compiled_form
from forms.upsert import upsert

router = APIRouter(tags=["records"])
RECORDS = "/apps/{app}/forms/{form}/records"
STATUS = {"created": 201, "updated": 200, "unchanged": 200, "deleted": 204}
MODES = ("atomic", "partial")
WITHOUT_ON = text("缺少查询参数 on。", "The parameter `on` is missing.")
NAME_ON = text(
    "请用 on 写明唯一约束的字段，例如 ?on=name 或 ?on=code,year。",
    "Name the fields of a unique constraint by it: ?on=name or ?on=code,year.",
)
Run = Callable[[UnitOfWork, CompiledApp, Form], Sequence[Outcome]]

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["op"],
    "properties": {
        "op": {"enum": list(RESULTS)},
        "id": {"type": "string"},
        "record": {"type": "object"},
        "if_match": {"type": "integer"},
    },
}
KEYS = frozenset(ITEM["properties"])
MODE = {"enum": list(MODES), "default": "atomic"}


@router.post(
    RECORDS + ":batch",
    openapi_extra=body_of(
        {"mode": MODE, "items": {"type": "array", "maxItems": MOST, "items": ITEM}}, "items"
    ),
)
async def batch_records(request: Request, app: str, form: str) -> Response:
    """Create, update and delete up to 1,000 records in one transaction.

    `mode` atomic (default): all or none, 422 `batch_refused` with a pointer into the item for every problem.
    `mode` partial: each for itself; every item of the answer has a status and a record or a problem.
    """
    query(request)
    body = await json_object(request, allowed=("mode", "items"))
    atomic, items = read_mode(body), _items(body.get("items"))
    return await _ran(
        request,
        (app, form),
        len(items),
        lambda work, found, where: run_batch(work, found, where, items, atomic=atomic),
    )


@router.post(
    RECORDS + ":upsert",
    openapi_extra=body_of(
        {"mode": MODE, "items": {"type": "array", "maxItems": MOST, "items": {"type": "object"}}},
        "items",
        query={"on": "Fields of a unique constraint: `name` or `code,year`."},
    ),
)
async def upsert_records(request: Request, app: str, form: str) -> Response:
    """Update the records that have the same values in the fields `?on=`, create the others.

    `on` names the fields of a unique constraint of the form. Answers as `:batch`.
    """
    named = query(request, "on").get("on", "").strip()
    if not named:
        raise Invalid([error("required", "/on", WITHOUT_ON, NAME_ON)])
    on = [name.strip() for name in named.split(",")]
    body = await json_object(request, allowed=("mode", "items"))
    atomic, items = read_mode(body), _list(body.get("items"))
    return await _ran(
        request,
        (app, form),
        len(items),
        lambda work, found, where: upsert(work, found, where, on, items, atomic=atomic),
    )


async def _batch(request: Request) -> Response:
    return await batch_records(request, **request.path_params)


async def _upsert(request: Request) -> Response:
    return await upsert_records(request, **request.path_params)


HOT = (("POST", RECORDS + ":batch", _batch), ("POST", RECORDS + ":upsert", _upsert))
"""The same for `api.hot`."""


@router.post(
    RECORDS + ":aggregate",
    openapi_extra=body_of(
        {
            "filter": {"type": ["string", "object"]},
            "by": {"type": "array", "maxItems": GROUPS, "items": {"type": ["string", "object"]}},
            "measures": {"type": "object", "maxProperties": MEASURES},
            "sort": {"type": "string"},
            "limit": {"type": "integer", "maximum": MOST_GROUPS},
        }
    ),
)
async def aggregate_records(request: Request, app: str, form: str) -> Response:
    """Counts, sums and means of the records you may see, by up to four fields or expressions:
    `{"by": ["status", {"key": "month", "expr": "STARTOF(\\"month\\", on)"}], "measures": {"total": {"agg":
    "sum", "field": "total"}}}`.
    """
    query(request)
    asked = _aggregate(await json_object(request, allowed=("filter", "by", "measures", "sort", "limit")))

    def run(work: UnitOfWork) -> Any:
        found = work.app(app)
        return aggregate_json(work, found, compiled_form(found, form), asked)

    return answer(await read(request, run))


async def _ran(request: Request, place: tuple[str, str], count: int, run: Run) -> Response:
    """The answer of a batch of `count` items for a form of an app."""
    locale, identifier = language(request), request_id(request)
    app, form = place

    def step(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        outcomes = run(work, found, compiled_form(found, form))
        return answer_of(outcomes, locale=locale, identifier=identifier)

    shape = (request.url.path, count.bit_length())
    return answer(await edge_of(request).write(request, step, shape=shape, parts=count))


def answer_of(outcomes: Sequence[Outcome], *, locale: str, identifier: str) -> dict[str, Any]:
    """{"items", "done", "failed"}: for each item what came of it. One answer tells about as many findings in all as
    one problem does, and at least one of each item that failed.
    """
    items: list[dict[str, Any]] = []
    left = MOST_TOLD
    for outcome in outcomes:
        if outcome.failure is not None:
            found = problem(outcome.failure, locale=locale, request_id=identifier, most=max(1, left))
            left -= len(found["errors"])
            items.append({"status": status_of(outcome.failure), "id": outcome.record, "problem": found})
            continue
        result = str(outcome.result)
        item: dict[str, Any] = {"status": STATUS[result], "result": result, "id": outcome.record}
        if outcome.answer is not None:
            item["record"] = outcome.answer
        items.append(item)
    failed = sum(1 for outcome in outcomes if outcome.failure is not None)
    return {"items": items, "done": len(items) - failed, "failed": failed}


def read_mode(body: dict[str, Any]) -> bool:
    mode = body.get("mode", "atomic")
    if mode in MODES:
        return bool(mode == "atomic")
    raise Invalid([_wrong("/mode", "应为 atomic 或 partial。", "atomic or partial is expected.")])


def _list(raw: Any) -> list[Any]:
    if isinstance(raw, list) and 1 <= len(raw) <= MOST:
        return raw
    raise Invalid(
        [_wrong("/items", f"应为 1 到 {MOST} 项的列表。", f"A list of 1 to {MOST} items is expected.")]
    )


def _items(raw: Any) -> list[Item]:
    findings: list[Finding] = []
    items = [_item(each, index, findings) for index, each in enumerate(_list(raw))]
    if findings:
        raise Invalid(findings)
    return [each for each in items if each is not None]


def _item(raw: Any, index: int, findings: list[Finding]) -> Item | None:
    if type(raw) is dict and len(raw) == 2 and "record" in raw and raw.get("op") == "create":
        return Item("create", None, raw["record"], None)
    pointer = f"/items/{index}"
    if not isinstance(raw, dict) or raw.get("op") not in tuple(RESULTS):
        known = "、".join(RESULTS), ", ".join(RESULTS)
        findings.append(_wrong(f"{pointer}/op", f"应为 {known[0]} 之一。", f"One of {known[1]} is expected."))
        return None
    op, record, match = raw["op"], raw.get("id"), raw.get("if_match")
    if not raw.keys() <= KEYS:
        unknown = sorted(raw.keys() - KEYS)
        findings.append(
            error(
                "unknown_key",
                f"{pointer}/{unknown[0]}",
                text("不认识的键。", "This is not a known key."),
            )
        )
    if op != "create" and not (isinstance(record, str) and 0 < len(record) <= 64 and "\x00" not in record):
        findings.append(_wrong(f"{pointer}/id", "应为记录的 id。", "The id of a record is expected."))
    if op == "create" and record is not None:
        findings.append(_wrong(f"{pointer}/id", "新建时不能指定 id。", "A new record gets its id itself."))
    if match is not None and (isinstance(match, bool) or not isinstance(match, int)):
        findings.append(_wrong(f"{pointer}/if_match", "应为修订号。", "A revision number is expected."))
    return Item(op, record if isinstance(record, str) else None, raw.get("record"), cast("int | None", match))


def _wrong(pointer: str, zh: str, en: str) -> Finding:
    return error("invalid_parameter", pointer, text(zh, en))


def _aggregate(body: dict[str, Any]) -> AggregateQuery:
    limit, sort, where = body.get("limit", 200), body.get("sort"), body.get("filter")
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_GROUPS:
        raise Invalid([_wrong("/limit", f"应为 1 到 {MOST_GROUPS}。", f"1 to {MOST_GROUPS} is expected.")])
    if sort is not None and not isinstance(sort, str):
        raise Invalid([_wrong("/sort", "应为文本。", "A text is expected.")])
    return AggregateQuery(
        by=_by(body.get("by", [])),
        measures=_measures(body.get("measures", {"count": {"agg": "count"}})),
        filter=condition_text(where, "/filter"),
        sort=sort,
        limit=limit,
    )


def condition_text(raw: Any, pointer: str) -> str | None:
    """A condition of a body as the text that lists take. Raises Invalid."""
    if raw is None or isinstance(raw, str):
        return raw
    if isinstance(raw, dict):
        return dumps(raw).decode()
    raise Invalid([_wrong(pointer, "应为表达式或条件对象。", "An expression or a condition is expected.")])


def _by(raw: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, list) or len(raw) > GROUPS:
        raise Invalid([_wrong("/by", f"应为至多 {GROUPS} 项的列表。", f"At most {GROUPS} are expected.")])
    found: list[tuple[str, str]] = []
    for index, each in enumerate(raw):
        named = {"key": each, "expr": each} if isinstance(each, str) else each
        if (
            not isinstance(named, dict)
            or set(named) != {"key", "expr"}
            or not all(isinstance(value, str) and value for value in named.values())
        ):
            raise Invalid(
                [
                    _wrong(
                        f"/by/{index}",
                        '应为字段名或 {"key","expr"}。',
                        'A field or {"key", "expr"} is expected.',
                    )
                ]
            )
        found.append((named["key"], named["expr"]))
    return tuple(found)


def _measures(raw: Any) -> tuple[Measure, ...]:
    if not isinstance(raw, dict) or not 1 <= len(raw) <= MEASURES:
        raise Invalid([_wrong("/measures", f"应为 1 到 {MEASURES} 项。", f"1 to {MEASURES} are expected.")])
    found: list[Measure] = []
    for key, each in raw.items():
        well = (
            isinstance(each, dict)
            and set(each) <= {"agg", "field"}
            and all(isinstance(value, str) for value in each.values())
        )
        if not well or "agg" not in each or (each["agg"] != "count" and "field" not in each):
            raise Invalid(
                [_wrong(f"/measures/{key}", '应为 {"agg","field"}。', '{"agg", "field"} is expected.')]
            )
        found.append(Measure(key, each["agg"], each.get("field")))
    return tuple(found)
