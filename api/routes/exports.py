"""Exports: ask for a file, follow its progress, fetch it."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.answers import answer, page
from api.body import json_object, number, query
from api.described import model_body
from api.edge import noted, read, write
from engine.definitions.check import read_model
from engine.errors import Invalid
from engine.findings import Finding
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.exports import service
from forms.exports.options import ExportOptions
from forms.transfers import repository

router = APIRouter(prefix="/apps/{app}/forms/{form}", tags=["exports"])


@router.post("/exports", status_code=202, openapi_extra=model_body(ExportOptions))
async def begin_export(request: Request, app: str, form: str) -> Response:
    """Begin an export: `{"format": "xlsx"|"csv", "filter", "sort", "fields", "language", "headers"}`."""
    query(request)
    findings: list[Finding] = []
    options = read_model(ExportOptions, await json_object(request), "", findings)
    if options is None:
        raise Invalid(findings)

    def begin(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        asked = cast("ExportOptions", options)
        return service.begin(work, found, compiled_form(found, form), asked).as_json()

    made = await write(request, begin)
    return answer(made, 202, headers={"location": f"{request.url.path}/{made['id']}"})


@router.get("/exports")
async def exports(request: Request, app: str, form: str) -> Response:
    """Your exports of this form, the newest first: `?limit=`."""
    limit = number(query(request, "limit"), "limit", default=20, least=1, most=200)
    found = await read(request, lambda work: repository.recent(work, "export", app, form, limit=limit))
    return page([each.as_json() for each in found])


def _find(work: UnitOfWork, app: str, form: str, transfer: str) -> repository.Transfer:
    found = repository.get(work, "export", transfer)
    if (found.app, found.form) != (app, form):
        raise repository.TransferNotFound()
    return found


@router.get("/exports/{transfer}")
async def one_export(request: Request, app: str, form: str, transfer: str) -> Response:
    """How an export stands."""
    query(request)
    return answer((await read(request, lambda work: _find(work, app, form, transfer))).as_json())


@router.get("/exports/{transfer}/file")
async def export_file(request: Request, app: str, form: str, transfer: str) -> Response:
    """The file, once it is done."""
    query(request)
    place, name = await read(request, lambda work: service.fetch(work, _find(work, app, form, transfer).id))
    await noted(request, "export_fetched", form, app=app, details={"transfer": transfer})
    return FileResponse(place, filename=name)


@router.post("/exports/{transfer}:cancel")
async def cancel_export(request: Request, app: str, form: str, transfer: str) -> Response:
    """Stop an export."""
    query(request)

    def stop(work: UnitOfWork) -> dict[str, Any]:
        return service.cancel(work, _find(work, app, form, transfer).id).as_json()

    return answer(await write(request, stop))
