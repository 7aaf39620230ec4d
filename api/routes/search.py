"""Finding records by words."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import number, query
from api.described import query_of
from api.edge import read
from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.search.find import search_json

router = APIRouter(tags=["records"])
LONGEST = 200


@router.get(
    "/apps/{app}/search",
    openapi_extra=query_of(
        q="The words; all of them must stand in fields that you see.",
        forms="Only these forms: `customer,contact`.",
        limit="At most so many items, 100 at most.",
        cursor="The `next` of the page before.",
    ),
)
async def search(request: Request, app: str) -> Response:
    """Records in which all words stand, the newest first. Two characters of a word are enough, also in the
    middle of it.
    """
    asked = query(request, "q", "forms", "limit", "cursor")
    question, forms = asked.get("q", ""), [key for key in asked.get("forms", "").split(",") if key]
    if len(question) > LONGEST:
        message = text(f"最多 {LONGEST} 个字符。", f"At most {LONGEST} characters.")
        raise Invalid([error("invalid_parameter", "/q", message)])
    limit = number(asked, "limit", default=20, least=1, most=100)

    def step(work: UnitOfWork) -> Any:
        found = work.app(app)
        return search_json(work, found, question, forms=forms, limit=limit, cursor=asked.get("cursor"))

    return answer(await read(request, step, snapshot=True))
