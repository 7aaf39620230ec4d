"""The recycle bin of an app."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, nothing
from api.body import number, query
from api.edge import read, write
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.recycle import bin as recycle_bin

router = APIRouter(prefix="/apps/{app}", tags=["recycle"])


@router.get("/recycle")
async def recycled(request: Request, app: str) -> Response:
    """What you may restore, the newest first: `?form=&limit=&before=<unit>`. A unit is what one deletion took."""
    asked = query(request, "form", "limit", "before")
    limit = number(asked, "limit", default=50, least=1, most=500)

    def find(work: UnitOfWork) -> dict[str, Any]:
        return recycle_bin.list_json(
            work, work.app(app), form=asked.get("form"), limit=limit, before=asked.get("before")
        )

    return answer(await read(request, find))


@router.post("/recycle/{unit}:restore")
async def restore_unit(request: Request, app: str, unit: str) -> Response:
    """Bring a unit back: all its records, with the references that the deletion had emptied."""
    query(request)
    return answer(await write(request, lambda work: recycle_bin.restore_json(work, work.app(app), unit)))


@router.delete("/recycle/{unit}", status_code=204)
async def purge_unit(request: Request, app: str, unit: str) -> Response:
    """Remove a unit for good. Administrators only; the history stays."""
    query(request)
    await write(request, lambda work: recycle_bin.purge_json(work, work.app(app), unit))
    return nothing()


@router.post("/forms/{form}/records/{record}:restore")
async def restore_record(request: Request, app: str, form: str, record: str) -> Response:
    """Bring a deleted record back with all that was deleted with it."""
    query(request)

    def bring(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        return recycle_bin.restore_record_json(work, found, compiled_form(found, form), record)

    return answer(await write(request, bring))
