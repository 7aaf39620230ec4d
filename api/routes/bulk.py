"""One change for many records, and taking it back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import json_object, query, required_text
from api.described import body_of
from api.edge import write
from api.errors import language, request_id
from api.routes.batches import MODE, RECORDS, answer_of, condition_text, read_mode
from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.batch import MOST
from forms.bulk import service
from forms.bulk.service import BulkChange, Done
from forms.compiled import compiled_form

router = APIRouter(tags=["records"])


@router.post(
    RECORDS + ":update",
    openapi_extra=body_of(
        {
            "set": {"type": "object"},
            "filter": {"type": ["string", "object"]},
            "ids": {"type": "array", "maxItems": MOST, "items": {"type": "string"}},
            "mode": MODE,
        },
        "set",
    ),
)
async def update_records(request: Request, app: str, form: str) -> Response:
    """Give all records that fit `filter`, or those in `ids`, the values in `set`: at most 1,000, in one
    transaction. `batch` in the answer takes it back (`records:undo`).
    """
    query(request)
    asked = _asked(await json_object(request, allowed=("set", "filter", "ids", "mode")))
    locale, identifier = language(request), request_id(request)

    def step(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        done = service.change_many(work, found, compiled_form(found, form), asked)
        return _answered(done, locale, identifier)

    return answer(await write(request, step))


@router.post(RECORDS + ":undo", openapi_extra=body_of({"batch": {"type": "string"}}, "batch"))
async def undo_records(request: Request, app: str, form: str) -> Response:
    """Take a bulk change of your own back as a whole; 409 `cannot_undo` names records changed since."""
    query(request)
    batch = required_text(await json_object(request, allowed=("batch",)), "batch")
    locale, identifier = language(request), request_id(request)

    def step(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        return _answered(service.undo(work, found, compiled_form(found, form), batch), locale, identifier)

    return answer(await write(request, step))


def _answered(done: Done, locale: str, identifier: str) -> dict[str, Any]:
    return {"batch": done.batch, **answer_of(done.outcomes, locale=locale, identifier=identifier)}


def _asked(body: dict[str, Any]) -> BulkChange:
    values, ids = body.get("set"), body.get("ids")
    if not isinstance(values, dict) or not values:
        raise Invalid([error("required", "/set", text("请给出要设置的值。", "Say which values to set."))])
    if (ids is None) == (body.get("filter") is None):
        message = text("filter 与 ids 须给出其一。", "Give either `filter` or `ids`.")
        raise Invalid([error("required", "/filter", message)])
    if ids is not None and not (
        isinstance(ids, list) and 1 <= len(ids) <= MOST and all(isinstance(each, str) for each in ids)
    ):
        message = text(f"应为 1 到 {MOST} 个 id。", f"1 to {MOST} ids are expected.")
        raise Invalid([error("invalid_parameter", "/ids", message)])
    return BulkChange(
        set=values,
        filter=condition_text(body.get("filter"), "/filter"),
        ids=tuple(ids) if ids is not None else None,
        atomic=read_mode(body),
    )
