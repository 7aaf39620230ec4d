"""Reports: list, run, preview, export. With a report server configured, requests are sent on to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import json_object, parse_json, query
from api.described import body_of, query_of, schema_of
from api.edge import edge_of, noted, read
from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from reports.answer import Answer
from reports.export import as_csv
from reports.run import Prepared, list_reports, prepare, preview
from reports.schema import Report
from reports.service import opened_reports, reports_of
from reports.store.remote import RemoteReports

router = APIRouter(tags=["reports"])

RUN = {"params": {"type": "object"}, "min_pos": {"type": "integer", "minimum": 0}}


@router.get("/apps/{app}/reports")
async def reports(request: Request, app: str) -> Response:
    """The reports whose rows the caller may see."""
    query(request)
    return page(await read(request, lambda work: list_reports(work, app)))


@router.post("/apps/{app}/reports/{report}:run", openapi_extra=body_of(RUN, writes=False))
async def run(request: Request, app: str, report: str) -> Response:
    """`{"params"?, "min_pos"?}` → `{"columns", "rows", "totals", "as_of_pos"}`.

    The answer shows every change committed before the request; if it had to be given without the newest
    ones it says `"stale": true`.
    """
    query(request)
    if remote := _remote(request):
        return await _sent_on(request, remote)
    body = await json_object(request, allowed=("params", "min_pos"))
    params, min_pos = _params(body), _position(body.get("min_pos"))
    found = await _answer(request, lambda work: prepare(work, app, report, params=params), min_pos)
    return answer(found.as_json())


@router.post(
    "/apps/{app}/draft/reports:preview",
    openapi_extra=body_of({"report": schema_of(Report), **RUN}, "report", writes=False),
)
async def run_draft(request: Request, app: str) -> Response:
    """`{"report": spec, "params"?, "min_pos"?}`, or the spec itself, run with the caller's rights."""
    query(request)
    if remote := _remote(request):
        return await _sent_on(request, remote)
    body = await json_object(request)
    if "report" in body:
        body = await json_object(request, allowed=("report", "params", "min_pos"))
        spec, params, min_pos = body["report"], _params(body), _position(body.get("min_pos"))
    else:
        spec, params, min_pos = body, {}, None
    found = await _answer(request, lambda work: preview(work, app, spec, params=params), min_pos)
    return answer(found.as_json())


@router.get(
    "/apps/{app}/reports/{report}/export.csv",
    openapi_extra=query_of(params="JSON object of parameters.", min_pos="Show at least this change."),
)
async def export_csv(request: Request, app: str, report: str) -> Response:
    """The report as CSV; `params` is a JSON object. Needs the right `export` on the report's form."""
    if remote := _remote(request):
        return await _sent_on(request, remote)
    given = query(request, "params", "min_pos")
    body = {"params": parse_json(given["params"].encode())} if "params" in given else {}
    params, min_pos = _params(body), _position(_number(given.get("min_pos")))
    found = await _answer(
        request, lambda work: prepare(work, app, report, params=params, action="export"), min_pos
    )
    locale = (await edge_of(request).principal_of(request)).locale
    await noted(request, "report_exported", report, app=app, details={**body, "rows": len(found.rows)})
    headers = {"content-disposition": f'attachment; filename="{report}.csv"'}
    return Response(as_csv(found, locale), 200, headers, "text/csv; charset=utf-8")


async def _answer(
    request: Request, prepared: Callable[[UnitOfWork], Prepared], min_pos: int | None
) -> Answer:
    """Prepare in a reading transaction, then ask the store outside of it."""
    ready = await read(request, prepared)
    edge = edge_of(request)
    reports = opened_reports(edge.runtime)
    if reports is None:
        reports = await edge.compute(lambda: reports_of(edge.runtime))
    return await asyncio.wrap_future(reports.submit(ready, min_pos=min_pos))


def _remote(request: Request) -> RemoteReports | None:
    settings = edge_of(request).runtime.settings
    if not settings.reports_socket:
        return None
    return RemoteReports(settings.reports_socket, timeout=settings.report_timeout + 5)


async def _sent_on(request: Request, remote: RemoteReports) -> Response:
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    body = await request.body()
    found = await remote.forward(request.method, path, headers=request.headers, body=body)
    return Response(found.body, found.status, dict(found.headers))


def _params(body: dict[str, Any]) -> dict[str, Any]:
    params = body.get("params") or {}
    if not isinstance(params, dict):
        message = text("params 应为 JSON 对象。", "params must be a JSON object.")
        raise Invalid([error("not_an_object", "/params", message)])
    return params


def _number(given: str | None) -> Any:
    return int(given) if given is not None and given.isascii() and given.isdigit() else given


def _position(given: Any) -> int | None:
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
        return given
    message = text("min_pos 应为非负整数。", "min_pos must be a whole number from 0.")
    raise Invalid([error("invalid_parameter", "/min_pos", message)])
