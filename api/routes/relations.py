"""What belongs together: records that refer to a record, regions below a region."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import number, query
from api.edge import read
from api.routes.records import LIST_PARAMETERS, list_query
from engine.storage.unit_of_work import UnitOfWork
from forms.backlinks import backlink_json
from forms.compiled import compiled_form
from forms.listing import MAX_LIMIT
from forms.regions import REGIONS, Division
from forms.words import words_json

router = APIRouter(tags=["records"])


@router.get("/apps/{app}/forms/{form}/records/{record}/backlinks/{key}")
async def backlinks(request: Request, app: str, form: str, record: str, key: str) -> Response:
    """The records that refer to this one, by a field of type backlink; parameters and answer as of a list."""
    asked = query(request, *LIST_PARAMETERS)
    wanted = list_query(asked, number(asked, "limit", default=50, least=1, most=MAX_LIMIT))

    def find(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        return backlink_json(work, found, compiled_form(found, form), record, key, wanted)

    return answer(await read(request, find))


@router.get("/apps/{app}/forms/{form}/tags/{field}")
async def tags(request: Request, app: str, form: str, field: str) -> Response:
    """The tags of a field that are in use, the most used first, for people to choose from: `?part=`."""
    part = query(request, "part").get("part")

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        found = work.app(app)
        return words_json(work, found, compiled_form(found, form), field, part=part)

    return page(await read(request, find))


@router.get("/regions")
async def regions(request: Request) -> Response:
    """The provinces of China, or with `?parent=320000` what is right below a region; with `?code=` the path
    that leads to one.
    """
    asked = query(request, "parent", "code")

    def find(_work: UnitOfWork) -> list[dict[str, Any]]:
        code = asked.get("code")
        found = REGIONS.path(code) if code is not None else REGIONS.children(asked.get("parent") or None)
        return [_division(each) for each in found]

    return page(await read(request, find))


def _division(division: Division) -> dict[str, Any]:
    return {
        "code": division.code,
        "label": {"zh": division.name, "en": division.en or division.name},
        "level": division.level,
        "parent": division.parent,
        "leaf": not REGIONS.children(division.code),
    }
