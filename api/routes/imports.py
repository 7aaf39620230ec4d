"""Imports: give a file, follow its progress, fetch what is wrong, cancel it, take it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.answers import answer, page
from api.body import json_object, number, parse_json, query, required_text
from api.described import parameters_of, schema_of
from api.edge import edge_of, read, write
from api.errors import language
from api.receiving import received
from engine.definitions.check import read_model
from engine.errors import Invalid
from engine.files.opened import scratch, store_of
from engine.files.uploads import own_loose
from engine.findings import Finding, error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import compiled_form
from forms.imports import service
from forms.imports.options import ImportOptions
from forms.imports.template import write_template
from forms.imports.workbook import write_workbook
from forms.transfers import repository
from forms.transfers.folder import folder_of

router = APIRouter(prefix="/apps/{app}/forms/{form}", tags=["imports"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOADED = {
    "type": "object",
    "properties": {
        "upload": {"type": "string"},
        "name": {"type": "string"},
        "options": schema_of(ImportOptions),
    },
    "required": ["upload"],
    "additionalProperties": False,
}
BODY = {
    "parameters": parameters_of({"name": "Name of the file in the body.", "options": "Options as JSON."}),
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": UPLOADED},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    },
}


@router.post("/imports", status_code=202, openapi_extra=BODY)
async def begin_import(request: Request, app: str, form: str) -> Response:
    """Begin an import. Either `{"upload": id, "name", "options"}`, or the file itself as the body with
    `?name=&options=` (JSON). Options: `mode` insert|update|upsert, `on`, `errors` skip|all, `dry_run`,
    `mapping`, `by`, `group`, `sheet`, `header_row`, `encoding`, `separator`.
    """
    edge = edge_of(request)
    settings = edge.runtime.settings
    if request.headers.get("content-type", "").startswith("application/json"):
        query(request)
        body = await json_object(request, allowed=("upload", "name", "options"))
        options = _options(body.get("options") or {})
        upload = required_text(body, "upload")
        found = await read(request, lambda work: own_loose(work, upload))
        name = str(body.get("name") or found.name)

        def copied(work: UnitOfWork) -> dict[str, Any]:
            with scratch(settings) as path:
                with store_of(edge.runtime).open(found.place) as blob, path.open("wb") as file:
                    file.writelines(blob.read(0, blob.size))
                return _begin(work, app, form, options, path, name)

        return _accepted(request, await write(request, copied))
    asked = query(request, "name", "options")
    options = _options(parse_json(asked["options"].encode()) if "options" in asked else {})
    async with received(request, edge.files, settings) as path:
        principal = await edge.principal_of(request)
        name = asked.get("name", "import")
        begun = await edge.write_as(principal, lambda work: _begin(work, app, form, options, path, name))
    return _accepted(request, begun)


def _begin(
    work: UnitOfWork, app: str, form: str, options: ImportOptions, path: Path, name: str
) -> dict[str, Any]:
    found = work.app(app)
    return service.begin(work, found, compiled_form(found, form), options, file=path, name=name).as_json()


def _accepted(request: Request, made: dict[str, Any]) -> Response:
    return answer(made, 202, headers={"location": f"{request.url.path}/{made['id']}"})


def _options(raw: Any) -> ImportOptions:
    findings: list[Finding] = []
    found = read_model(ImportOptions, raw, "/options", findings)
    if found is None:
        raise Invalid(findings)
    return cast("ImportOptions", found)


@router.get("/imports")
async def imports(request: Request, app: str, form: str) -> Response:
    """Your imports into this form, the newest first: `?limit=`."""
    limit = number(query(request, "limit"), "limit", default=20, least=1, most=200)
    found = await read(request, lambda work: repository.recent(work, "import", app, form, limit=limit))
    return page([each.as_json() for each in found])


@router.get("/imports/{transfer}")
async def one_import(request: Request, app: str, form: str, transfer: str) -> Response:
    """How an import stands: state, progress, counts, the first errors."""
    query(request)
    return answer((await read(request, lambda work: _find(work, app, form, transfer))).as_json())


def _find(work: UnitOfWork, app: str, form: str, transfer: str) -> repository.Transfer:
    found = repository.get(work, "import", transfer)
    if (found.app, found.form) != (app, form):
        raise repository.TransferNotFound()
    return found


@router.get("/imports/{transfer}/errors")
async def import_errors(request: Request, app: str, form: str, transfer: str) -> Response:
    """Everything that is wrong, row by row: `?after=&limit=`; `?format=xlsx` is the workbook of bad rows."""
    asked = query(request, "after", "limit", "format")
    limit = number(asked, "limit", default=100, least=1, most=1000)
    after = number(asked, "after", default=0, most=2**40)
    wanted = asked.get("format", "json")
    if wanted not in {"json", "xlsx"}:
        message = text("应为 json 或 xlsx。", "json or xlsx is expected.")
        raise Invalid([error("invalid_parameter", "/format", message)])
    edge = edge_of(request)
    found = await read(request, lambda work: _find(work, app, form, transfer))
    if wanted == "json":
        return answer(
            await read(request, lambda work: service.errors_of(work, found, after=after, limit=limit))
        )
    header = found.progress.get("header", [])
    spoken = language(request)
    place = await edge.files.run(lambda: write_workbook(folder_of(edge.runtime, found.id), header, spoken))
    return FileResponse(place, media_type=XLSX, filename=f"{form}-errors.xlsx")


@router.post("/imports/{transfer}:cancel", status_code=202)
async def cancel_import(request: Request, app: str, form: str, transfer: str) -> Response:
    """Stop an import. What is saved stays, unless it is one of all or nothing."""
    query(request)

    def stop(work: UnitOfWork) -> dict[str, Any]:
        return service.cancel(work, _find(work, app, form, transfer).id).as_json()

    return answer(await write(request, stop), 202)


@router.post("/imports/{transfer}:undo", status_code=202)
async def undo_import(request: Request, app: str, form: str, transfer: str) -> Response:
    """Take an import back: new records go into the recycle bin, changed ones are as before. Refused with a
    list when a record of it is used or was changed since.
    """
    query(request)

    def undo(work: UnitOfWork) -> dict[str, Any]:
        return service.undo(work, _find(work, app, form, transfer).id).as_json()

    return answer(await write(request, undo), 202)


@router.get("/import-template")
async def import_template(request: Request, app: str, form: str) -> Response:
    """An empty workbook with the columns of the form, lists of options and notes: `?language=zh|en`."""
    spoken = query(request, "language").get("language") or language(request)
    if spoken not in {"zh", "en"}:
        message = text("应为 zh 或 en。", "zh or en is expected.")
        raise Invalid([error("invalid_parameter", "/language", message)])
    edge = edge_of(request)

    def write_it(work: UnitOfWork) -> bytes:
        found = compiled_form(work.app(app), form)
        access = Access(work, work.app(app))
        access.demand(form, "import")
        seen, writing = access.seen(form), access.demand(form, "create")
        with scratch(edge.runtime.settings) as path:
            write_template(path, found, seen, writing, language=spoken)  # type: ignore[arg-type]
            return path.read_bytes()

    content = await read(request, write_it)
    disposition = f'attachment; filename="{form}-template.xlsx"'
    return Response(content, media_type=XLSX, headers={"content-disposition": disposition})
