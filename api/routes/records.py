"""Records over REST. Plain endpoints without dependency injection: these are the hot ones.

They are described by hand in `api/openapi.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.answers import answer, dumps, nothing
from api.body import flag, json_body, json_object, number, query
from api.edge import edge_of
from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from forms import api_records
from forms.access import Access
from forms.asked_paths import read_fields
from forms.compiled import Form, compiled_form
from forms.history import history_json
from forms.listing import MAX_LIMIT, CountMode, ListQuery, list_json
from forms.record_schema import record_schema

LIST_PARAMETERS = ("filter", "sort", "fields", "limit", "cursor", "count")
COUNTS = ("exact", "estimated", "none")
SPELLED = {
    "filter": text("应为表达式或条件对象。", "An expression or a condition as an object is expected."),
    "sort": text("应为文本或字段名的列表。", "A text or a list of fields is expected."),
    "fields": text("应为文本或字段名的列表。", "A text or a list of fields is expected."),
    "limit": text("应为整数。", "A whole number is expected."),
    "cursor": text("应为上一页给出的 next。", "The `next` of the page before is expected."),
    "count": text("应为 exact、estimated 或 none。", "exact, estimated or none is expected."),
}
"""What each parameter of a list is in a body."""
Step = Callable[[UnitOfWork, CompiledApp, Form], Any]


def _placed(request: Request, step: Step) -> Callable[[UnitOfWork], Any]:
    """`step` with the app and form that the address names."""
    app_key, form_key = request.path_params["app"], request.path_params["form"]

    def run(work: UnitOfWork) -> Any:
        app = work.app(app_key)
        return step(work, app, compiled_form(app, form_key))

    return run


async def _shape(request: Request, what: str) -> Hashable:
    """What makes writes of a form alike, for `Edge.write`: bodies of much the same size, too."""
    size = len(await request.body())
    return what, request.path_params["app"], request.path_params["form"], size >> 12


async def list_records(request: Request) -> Response:
    """GET …/records."""
    asked = query(request, *LIST_PARAMETERS)
    return await _listed(
        request, list_query(asked, number(asked, "limit", default=50, least=1, most=MAX_LIMIT))
    )


async def query_records(request: Request) -> Response:
    """POST …/records:query: the parameters of the list as a body."""
    body = await json_object(request, allowed=LIST_PARAMETERS)
    asked = {key: _as_text(key, value) for key, value in body.items() if value is not None}
    return await _listed(
        request, list_query(asked, number(asked, "limit", default=50, least=1, most=MAX_LIMIT))
    )


def _as_text(key: str, value: Any) -> str:
    """A body may hold a condition as an object, names as a list and the limit as a number."""
    if isinstance(value, str):
        return value
    if key in {"sort", "fields"} and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if (key == "filter" and isinstance(value, dict)) or (key == "limit" and isinstance(value, int)):
        return dumps(value).decode()
    raise Invalid([error("wrong_type", f"/{key}", SPELLED[key])])


def list_query(asked: dict[str, str], limit: int) -> ListQuery:
    """What a list is asked by its parameters. Raises Invalid."""
    count = asked.get("count", "estimated")
    if count not in COUNTS:
        message = text("应为 exact、estimated 或 none。", "exact, estimated or none is expected.")
        raise Invalid([error("invalid_parameter", "/count", message)])
    return ListQuery(
        filter=asked.get("filter"),
        sort=asked.get("sort"),
        fields=asked.get("fields"),
        limit=limit,
        cursor=asked.get("cursor"),
        count=cast("CountMode", count),
    )


async def _listed(request: Request, asked: ListQuery) -> Response:
    step = _placed(request, lambda work, app, form: list_json(work, app, form, asked))
    shape = (request.url.path, asked.filter, asked.sort, asked.count)
    return answer(await edge_of(request).read(request, step, inline=True, shape=shape))


async def create_record(request: Request) -> Response:
    """POST …/records; `?dry_run=true` answers as if, and keeps nothing."""
    dry = flag(query(request, "dry_run"), "dry_run")
    body = await json_body(request)

    def step(work: UnitOfWork, app: CompiledApp, form: Form) -> Any:
        return api_records.create_json(work, app, form, body, dry_run=dry)

    try:
        shape = await _shape(request, "create")
        made = await edge_of(request).write(request, _placed(request, step), shape=shape)
    except api_records.DryRun as done:
        return answer(done.answer)
    location = f"{request.url.path}/{made['id']}"
    return answer(made, 201, headers={"location": location, **_tag(made)})


async def get_record(request: Request) -> Response:
    """GET …/records/{id}; `?fields=`."""
    asked = query(request, "fields")
    record = request.path_params["record"]
    fields = asked.get("fields")

    def step(work: UnitOfWork, app: CompiledApp, form: Form) -> Any:
        paths = read_fields(Access(work, app), form, fields) if fields else None
        return api_records.get_json(work, app, form, record, fields=paths)

    found = await edge_of(request).read(request, _placed(request, step), inline=True, shape="record")
    return answer(found, headers=_tag(found))


async def update_record(request: Request) -> Response:
    """PATCH …/records/{id}: absent = unchanged, null = cleared."""
    dry = flag(query(request, "dry_run"), "dry_run")
    body = await json_body(request)
    expected, record = _if_match(request), request.path_params["record"]

    def step(work: UnitOfWork, app: CompiledApp, form: Form) -> Any:
        return api_records.update_json(work, app, form, record, body, if_match=expected, dry_run=dry)

    try:
        shape = await _shape(request, "update")
        saved = await edge_of(request).write(request, _placed(request, step), shape=shape)
    except api_records.DryRun as done:
        return answer(done.answer)
    return answer(saved, headers=_tag(saved))


async def delete_record(request: Request) -> Response:
    """DELETE …/records/{id}: into the recycle bin."""
    query(request)
    expected, record = _if_match(request), request.path_params["record"]

    def step(work: UnitOfWork, app: CompiledApp, form: Form) -> None:
        api_records.delete_json(work, app, form, record, if_match=expected)

    await edge_of(request).write(request, _placed(request, step))
    return nothing()


async def record_history(request: Request) -> Response:
    """GET …/records/{id}/history."""
    asked = query(request, "before", "limit")
    limit = number(asked, "limit", default=50, least=1, most=200)
    before = number(asked, "before", default=0, most=2**53) or None
    record = request.path_params["record"]

    def step(work: UnitOfWork, app: CompiledApp, form: Form) -> Any:
        return history_json(work, app, form, record, before=before, limit=limit)

    return answer(await edge_of(request).read(request, _placed(request, step)))


async def form_schema(request: Request) -> Response:
    """GET …/forms/{form}/schema: JSON Schema of a record as the caller may see it."""
    query(request)

    def step(work: UnitOfWork, app: CompiledApp, form: Form) -> Any:
        return record_schema(form, Access(work, app).demand(form.key, "view"))

    return answer(await edge_of(request).read(request, _placed(request, step)))


def _tag(record: dict[str, Any]) -> dict[str, str]:
    return {"etag": f'"{record["rev"]}"'} if "rev" in record else {}


def _if_match(request: Request) -> int | None:
    given = request.headers.get("if-match", "*").strip()
    if given == "*":
        return None
    revision = given.removeprefix("W/").strip('"')
    if revision.isascii() and revision.isdigit():
        return int(revision)
    message = text("If-Match 应为读取时得到的 ETag。", "If-Match must be the ETag you got.")
    raise Invalid([error("invalid_parameter", "/if-match", message)])


FORM = "/apps/{app}/forms/{form}"
ONE = FORM + "/records/{record}"

ROUTES: tuple[tuple[str, str, Callable[[Request], Any]], ...] = (
    ("GET", FORM + "/schema", form_schema),
    ("POST", FORM + "/records:query", query_records),
    ("GET", FORM + "/records", list_records),
    ("POST", FORM + "/records", create_record),
    ("GET", ONE + "/history", record_history),
    ("GET", ONE, get_record),
    ("PATCH", ONE, update_record),
    ("DELETE", ONE, delete_record),
)


def routes(prefix: str) -> list[Route]:
    """One route per address, so that a wrong method is answered with all the right ones."""
    return [
        Route(prefix + path, _dispatch(endpoints), methods=list(endpoints))
        for path, endpoints in _by_path().items()
    ]


def _by_path() -> dict[str, dict[str, Callable[[Request], Any]]]:
    grouped: dict[str, dict[str, Callable[[Request], Any]]] = {}
    for method, path, endpoint in ROUTES:
        grouped.setdefault(path, {})[method] = endpoint
    return grouped


def _dispatch(endpoints: dict[str, Callable[[Request], Any]]) -> Callable[[Request], Any]:
    if len(endpoints) == 1:
        return next(iter(endpoints.values()))
    chosen = {**endpoints, "HEAD": endpoints.get("GET", next(iter(endpoints.values())))}

    async def endpoint(request: Request) -> Response:
        response: Response = await chosen[request.method](request)
        return response

    return endpoint
