"""Printed records: HTML and PDF of one record or several, and the designer's preview of a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import page
from api.body import json_object, query, required_text
from api.described import body_of
from api.edge import edge_of, noted, read
from api.errors import language as asked_language
from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.files.names import disposition
from engine.findings import error, text
from engine.identity.service import require_admin
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form, compiled_form
from forms.printing.fill import Printed
from forms.printing.paper import FORMATS, Format, on_paper
from forms.printing.service import draft_preview, gather, templates_json
from forms.printing.template import LANGUAGES, Language

router = APIRouter(tags=["printing"])

FORM = "/apps/{app}/forms/{form}"
MOST_RECORDS = 100
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
"""A printed page shows what is in it and does nothing."""


@router.get(FORM + "/print_templates")
async def print_templates(request: Request, app: str, form: str) -> Response:
    """The print templates of a form."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        found = work.app(app)
        return templates_json(work, found, compiled_form(found, form))

    return page(await read(request, find))


@router.get(FORM + "/records/{record}/print/{template}")
async def print_record(request: Request, app: str, form: str, record: str, template: str) -> Response:
    """One record on a template: `?format=pdf|html&language=zh|en`. It takes the right to print."""
    asked = query(request, "format", "language")

    def find(work: UnitOfWork, found: CompiledApp, where: Form) -> list[Printed]:
        return gather(work, found, where, template, [record], language=_language(request, asked))

    paper = await _printed(request, _placed(app, form, find), _format(asked))
    await noted(request, "print", form, app=app, details={"template": template, "records": [record]})
    return paper


@router.post(
    FORM + "/records:print",
    openapi_extra=body_of(
        {
            "template": {"type": "string"},
            "records": {"type": "array", "maxItems": MOST_RECORDS, "items": {"type": "string"}},
            "format": {"enum": list(FORMATS), "default": "pdf"},
            "language": {"enum": list(LANGUAGES)},
        },
        "template",
        "records",
        writes=False,
    ),
)
async def print_records(request: Request, app: str, form: str) -> Response:
    """Up to 100 records in one file, each with pages of its own numbers. One that cannot be printed stops all,
    with a pointer to it.
    """
    query(request)
    body = await json_object(request, allowed=("template", "records", "format", "language"))
    template, records = required_text(body, "template"), _records(body.get("records"))

    def find(work: UnitOfWork, found: CompiledApp, where: Form) -> list[Printed]:
        language = _language(request, body)
        return gather(work, found, where, template, records, language=language, pointer="/records/{index}")

    paper = await _printed(request, _placed(app, form, find), _format(body))
    await noted(request, "print", form, app=app, details={"template": template, "records": records})
    return paper


@router.post(
    "/apps/{app}/draft/print_template/{template}:preview",
    openapi_extra=body_of(
        {
            "document": {"type": "object"},
            "record": {"type": "string"},
            "format": {"enum": list(FORMATS), "default": "pdf"},
            "language": {"enum": list(LANGUAGES)},
        },
        writes=False,
    ),
)
async def preview_template(request: Request, app: str, template: str) -> Response:
    """A drafted template with a published record, by default the newest. `document` stands in for the draft.

    422 with the findings of the template when it is not right.
    """
    query(request)
    body = await json_object(request, allowed=("document", "record", "format", "language"))
    document, record = body.get("document"), body.get("record")
    if document is not None and not isinstance(document, dict):
        raise _refused("document", text("应为 JSON 对象。", "A JSON object is expected."))
    if record is not None and not isinstance(record, str):
        raise _refused("record", text("应为记录的 id。", "The id of a record is expected."))

    def find(work: UnitOfWork) -> list[Printed]:
        require_admin(work)
        language = _language(request, body)
        return draft_preview(
            work, work.app(app), template, document=document, record=record, language=language
        )

    return await _printed(request, find, _format(body))


def _placed(
    app: str, form: str, find: Callable[[UnitOfWork, CompiledApp, Form], list[Printed]]
) -> Callable[[UnitOfWork], list[Printed]]:
    def run(work: UnitOfWork) -> list[Printed]:
        found = work.app(app)
        return find(work, found, compiled_form(found, form))

    return run


async def _printed(request: Request, find: Callable[[UnitOfWork], list[Printed]], form: Format) -> Response:
    """Gathered at one moment in a transaction, laid out after it."""
    edge = edge_of(request)
    records = await read(request, find, snapshot=True)
    paper = await edge.compute(
        lambda: on_paper(edge.runtime, records, form, made_at=edge.runtime.clock.now())
    )
    headers = {
        "content-disposition": disposition(paper.name, inline=True),
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    if paper.lacking:
        headers["x-lacking-characters"] = " ".join(f"U+{ord(each):04X}" for each in paper.lacking)
    return Response(paper.content, 200, headers, paper.media_type)


def _format(asked: Mapping[str, Any]) -> Format:
    given = asked.get("format", "pdf")
    if given not in FORMATS:
        raise _refused("format", text("应为 pdf 或 html。", "pdf or html is expected."))
    return cast("Format", given)


def _language(request: Request, asked: Mapping[str, Any]) -> Language:
    given = asked.get("language", asked_language(request))
    if given not in LANGUAGES:
        raise _refused("language", text("应为 zh 或 en。", "zh or en is expected."))
    return cast("Language", given)


def _records(given: Any) -> list[str]:
    if (
        isinstance(given, list)
        and 1 <= len(given) <= MOST_RECORDS
        and all(isinstance(each, str) for each in given)
    ):
        return given
    message = text(
        f"应为 1 到 {MOST_RECORDS} 个记录 id 的列表。", f"A list of 1 to {MOST_RECORDS} ids is expected."
    )
    raise _refused("records", message)


def _refused(name: str, message: Any) -> Invalid:
    return Invalid([error("invalid_parameter", f"/{name}", message)])
