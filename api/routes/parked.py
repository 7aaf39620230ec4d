"""What publishing does to what is stored: what is under way, what is affected, what was put aside."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import json_object, number, query, texts
from api.described import body_of, query_of
from api.edge import read, write
from api.routes.definitions import BEGUN, published_json
from engine.definitions import ahead, drafts, under_way
from engine.definitions.publish import Prepared, prepare
from engine.identity.designers import require_designer
from engine.identity.service import require_admin
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution import affected, park

router = APIRouter(tags=["definitions"])

NEXT = {"after": "The `next` of the page before.", "limit": "At most 1000."}
PAGED = query_of(**NEXT)
OF = query_of(of="The pointer of a step of the plan.", **NEXT)


@router.get("/apps/{app}/parked")
async def parked(request: Request, app: str) -> Response:
    """Removed fields, child tables and forms, and fields as they were before their type changed."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        work.app(app)
        return park.list_parked(work, app)

    return page(await read(request, find))


@router.get("/apps/{app}/parked/{parked}/values", openapi_extra=PAGED)
async def parked_values(request: Request, app: str, parked: str) -> Response:
    """`{"items": [{"record", "row"?, "value"}], "next"}`: values that no field shows. Administrators only:
    designing gives no right on records.
    """
    asked = query(request, "after", "limit")
    limit = number(asked, "limit", default=100, least=1, most=1000)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_admin(work)
        found = work.app(app)
        entry = park.find(work, app, parked)
        return park.values_of(work, found, entry, after=asked.get("after", ""), limit=limit)

    return answer(await read(request, find))


@router.post(
    "/apps/{app}/parked/{parked}:restore",
    responses=BEGUN,
    openapi_extra=body_of({"approve": {"type": "array", "items": {"type": "string"}}}),
)
async def restore_parked(request: Request, app: str, parked: str) -> Response:
    """`{"approve"?}`: publish a version that has it again, with its values; answers as `draft:publish` does."""
    query(request)
    approve = texts(await json_object(request, allowed=("approve",)), "approve")

    def look(work: UnitOfWork) -> Prepared:
        require_designer(work, app)
        return prepare(work, park.restored(work.app(app), park.find(work, app, parked)))

    prepared = await read(request, look)

    def restore(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return published_json(park.restore(work, work.app(app), parked, approve=approve, prepared=prepared))

    done = await write(request, restore, source="designer")
    return answer(done, 202 if "job" in done else 200)


@router.post("/apps/{app}/parked/{parked}:purge", status_code=202)
async def purge_parked(request: Request, app: str, parked: str) -> Response:
    """Have its values removed for good, by a job."""
    query(request)

    def purge(work: UnitOfWork) -> None:
        require_designer(work, app)
        park.purge(work, work.app(app).key, parked)

    await write(request, purge, source="designer")
    return answer({"purging": True}, status=202)


@router.get("/apps/{app}/draft/values", openapi_extra=OF)
async def affected_values(request: Request, app: str) -> Response:
    """`{"items": [{"record", "row"?, "value", "message"?}], "next"}`: what publishing the draft would take out of
    sight at a step of its plan. Administrators only: designing gives no right on records.
    """
    asked = query(request, "of", "after", "limit")
    limit = number(asked, "limit", default=100, least=1, most=1000)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_admin(work)
        source = drafts.drafted(work, app)
        return affected.affected_values(
            work, source, asked.get("of", ""), after=asked.get("after", ""), limit=limit
        )

    return answer(await read(request, find))


@router.get("/apps/{app}/publishing")
async def publishing(request: Request, app: str) -> Response:
    """Publishes that had to convert what is stored, the newest first, with how far they are."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, app)
        return [each.as_json() for each in under_way.of_app(work, app)]

    return page(await read(request, find))


@router.get("/apps/{app}/publishing/{job}")
async def one_publishing(request: Request, app: str, job: str) -> Response:
    """`{"state", "progress": {kind: [{"pointer", "rows", "total", "failed", "done"}]}, "version", ...}`."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        return under_way.find(work, app, job).as_json()

    return answer(await read(request, find))


@router.post("/apps/{app}/publishing/{job}:cancel")
async def cancel_publishing(request: Request, app: str, job: str) -> Response:
    """Stop it; the version stays the one before, and the draft stays too."""
    query(request)

    def cancel(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, app)
        ahead.cancel(work, app, job)
        return under_way.find(work, app, job).as_json()

    return answer(await write(request, cancel, source="designer"))
