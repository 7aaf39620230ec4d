"""Whether a value exists already."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import json_object, query, required_text
from api.described import body_of
from api.edge import read
from api.routes.batches import RECORDS
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.duplicates import exists_json

router = APIRouter(tags=["records"])


@router.post(
    RECORDS + ":exists",
    openapi_extra=body_of({"field": {"type": "string"}, "value": {}}, "field", "value", writes=False),
)
async def value_exists(request: Request, app: str, form: str) -> Response:
    """`{"exists"}`: whether any record has this whole value in a field with `duplicate_check`, also one that you
    do not see. For who may create records of the form.
    """
    query(request)
    body = await json_object(request, allowed=("field", "value"))
    key = required_text(body, "field")

    def step(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        return exists_json(work, found, compiled_form(found, form), key, body.get("value"))

    return answer(await read(request, step))
