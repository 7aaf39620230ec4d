"""Links to forms for people without an account: made and closed inside, filled in outside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, created, nothing
from api.body import json_body, json_object, query, required_text
from api.described import body_of
from api.edge import NOBODY, edge_of, read, write
from api.receiving import received
from api.routes.files import content_of, source_of
from engine.errors import Invalid
from engine.files import uploads
from engine.files.inspect import inspect
from engine.files.names import clean_name
from engine.files.opened import store_of
from engine.findings import Finding, error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.public_links import service
from forms.public_links.service import FEW_FIELDS, LinkWish

router = APIRouter(tags=["public links"])
LINKS = "/apps/{app}/forms/{form}/links"
OUTSIDE = "/public/forms/{token}"
KEYS = ("label", "fields", "preset", "closes_at", "most")


@router.get(LINKS)
async def list_links(request: Request, app: str, form: str) -> Response:
    """The public links of a form; the right `share` is needed."""
    query(request)

    def step(work: UnitOfWork) -> Any:
        found = work.app(app)
        return {"items": service.list_json(work, found, compiled_form(found, form)), "next": None}

    return answer(await read(request, step))


@router.post(
    LINKS,
    status_code=201,
    openapi_extra=body_of(
        {
            "label": {"type": "string"},
            "fields": {"type": "array", "items": {"type": "string"}, "maxItems": FEW_FIELDS},
            "preset": {"type": "object"},
            "closes_at": {"type": "string", "format": "date-time"},
            "most": {"type": "integer"},
        },
        "label",
        "fields",
    ),
)
async def make_link(request: Request, app: str, form: str) -> Response:
    """Let people without an account fill in some fields. `token` is shown this one time; an entry has your rights.

    `preset` are values every entry gets; the link closes at `closes_at` and after `most` entries.
    """
    query(request)
    wish = _wish(await json_object(request, allowed=KEYS))

    def step(work: UnitOfWork) -> Any:
        found = work.app(app)
        return service.make(work, found, compiled_form(found, form), wish)

    made = await write(request, step)
    return created(made, f"{request.url.path}/{made['id']}")


@router.delete(LINKS + "/{link}", status_code=204)
async def close_link(request: Request, app: str, form: str, link: str) -> Response:
    """Close a link for good; what came in by it stays."""
    query(request)

    def step(work: UnitOfWork) -> None:
        found = work.app(app)
        service.close(work, found, compiled_form(found, form), link)

    await write(request, step)
    return nothing()


@router.get(OUTSIDE, openapi_extra={"security": []})
async def public_form(request: Request, token: str) -> Response:
    """What may be filled in by this link. No login."""
    query(request)
    edge = edge_of(request)

    def look() -> dict[str, Any]:
        with edge.runtime.reading(NOBODY) as work:
            return service.public_form(work, token)

    return answer(await edge.compute(look))


@router.post(OUTSIDE, status_code=201, openapi_extra={**body_of({}, writes=False), "security": []})
async def enter_form(request: Request, token: str) -> Response:
    """Fill it in: an object of the fields of the form. No login; too many entries at once answer 429."""
    query(request)
    body = await json_body(request, empty={})
    peer = request.client.host if request.client else ""
    done = await edge_of(request).write_as(NOBODY, lambda work: service.enter(work, token, body, peer=peer))
    return answer(done, 201)


@router.post(
    OUTSIDE + "/files",
    status_code=201,
    openapi_extra={
        **content_of(name="What the file is called.", source="Where it comes from: camera, gallery or file."),
        "security": [],
    },
)
async def upload_to_form(request: Request, token: str) -> Response:
    """Upload a file for an entry by this link: the body is its content. No login; what no entry names within a
    day is removed.
    """
    asked = query(request, "name", "source")
    name, source = clean_name(required_text(asked, "name")), source_of(asked)
    edge = edge_of(request)
    peer = request.client.host if request.client else ""

    announced = request.headers.get("content-length", "0")

    def look() -> None:
        with edge.runtime.reading(NOBODY) as work:
            size = int(announced) if announced.isascii() and announced.isdigit() else 0
            service.takes_files(work, token, min(size, edge.runtime.settings.file_limit), peer=peer)

    await edge.compute(look)
    async with received(request, edge.files, edge.runtime.settings) as path:
        facts = await edge.files.run(lambda: inspect(path, name))
        guest, file = await edge.write_as(
            NOBODY,
            lambda work: service.begin_file(work, token, facts.name, facts.size, source=source, peer=peer),
        )
        await edge.files.run(lambda: store_of(edge.runtime).put(file.place, path))
    done = await edge.write_as(guest, lambda work: uploads.settle(work, file.id, facts))
    return answer({"id": done.id, "name": done.name, "size": done.size, "type": done.type}, 201)


def _wish(body: dict[str, Any]) -> LinkWish:
    fields, preset, most = body.get("fields"), body.get("preset", {}), body.get("most")
    findings: list[Finding] = []
    if not isinstance(fields, list) or not 1 <= len(fields) <= FEW_FIELDS or not _texts(fields):
        findings.append(_wrong("/fields", "应为字段键的列表。", "A list of field keys is expected."))
    if not isinstance(preset, dict):
        findings.append(_wrong("/preset", "应为 JSON 对象。", "A JSON object is expected."))
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= 10**6):
        findings.append(_wrong("/most", "应为 1 到 1000000。", "1 to 1000000 is expected."))
    closes = _moment(body.get("closes_at"), findings)
    label = required_text(body, "label")[:200]
    if findings:
        raise Invalid(findings)
    return LinkWish(label, tuple(dict.fromkeys(fields or ())), preset, closes, most)


def _texts(values: list[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _moment(given: Any, findings: list[Finding]) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        findings.append(_wrong("/closes_at", "应为带时区的时刻。", "A moment with its offset is expected."))
        return None
    return moment.astimezone(UTC)


def _wrong(pointer: str, zh: str, en: str) -> Finding:
    return error("invalid_parameter", pointer, text(zh, en))
