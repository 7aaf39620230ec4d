"""Which options a field offers in a record, stored or not yet."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import page
from api.body import json_object, query
from api.described import body_of
from api.edge import read
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.offers import Draft, offers_json

router = APIRouter(prefix="/apps/{app}/forms/{form}", tags=["records"])


@router.post(
    "/options/{field}",
    openapi_extra=body_of(
        {"id": {"type": "string"}, "record": {"type": "object"}, "row": {"type": "object"}}, writes=False
    ),
)
async def options(request: Request, app: str, form: str, field: str) -> Response:
    """The options of a field (`lines.level`: of child rows) for the record in the body.

    `{"id": a stored record, "record": values laid over it, "row": the values of the child row}`, all optional.
    """
    query(request)
    body = await json_object(request, allowed=("id", "record", "row"))

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        found = work.app(app)
        return offers_json(work, found, compiled_form(found, form), field, Draft.read(body))

    return page(await read(request, find))
