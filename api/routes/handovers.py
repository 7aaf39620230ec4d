"""What a person leaves behind, and who gets it. Administrators only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import json_object, number, query
from api.described import model_body
from api.edge import read, write
from engine.identity.handover import repository, service
from engine.identity.service import require_admin
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(tags=["identity"])


@router.get("/users/{user}/belongings")
async def belongings(request: Request, user: str) -> Response:
    """Everything a user would leave behind: records by field, tasks, submissions, shares, departments, and the
    definitions that name them.
    """
    query(request)
    found = await read(request, lambda work: service.belongings(work, user))
    return page([each.as_json() for each in found])


@router.post("/users/{user}:handover", status_code=202, openapi_extra=model_body(service.HandoverRequest))
async def hand_over(request: Request, user: str) -> Response:
    """`{"to", "targets": [{"part", "app", "form", "field", "where", "to"}], "deactivate"}`: begin a handover."""
    query(request)
    document = await json_object(request)

    def begin(work: UnitOfWork) -> dict[str, Any]:
        return service.as_json(work, service.begin(work, user, document))

    made = await write(request, begin)
    return answer(made, 202, headers={"location": f"/api/v1/handovers/{made['id']}"})


@router.get("/users/{user}/handovers")
async def handovers_of(request: Request, user: str) -> Response:
    """The handovers of a user, the newest first."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_admin(work)
        return [service.as_json(work, each) for each in repository.of_user(work, user)]

    return page(await read(request, find))


@router.get("/handovers/{handover}")
async def one_handover(request: Request, handover: str) -> Response:
    """How a handover stands: progress, what went where, and what could not."""
    query(request)
    return answer(await read(request, lambda work: service.status(work, handover)))


@router.get("/handovers/{handover}/items")
async def items(request: Request, handover: str) -> Response:
    """Every thing of a handover in order: `?state=moved|refused|undone|kept&after=&limit=`."""
    asked = query(request, "state", "after", "limit")
    limit = number(asked, "limit", default=100, least=1, most=500)
    after = number(asked, "after", default=-1, most=2**31 - 1)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_admin(work)
        repository.get(work, handover)
        found = repository.items(work, handover, state=asked.get("state"), after=after, limit=limit + 1)
        return [{**service.item_json(each), "number": each.number} for each in found]

    found = await read(request, find)
    more = str(found[limit - 1]["number"]) if len(found) > limit else None
    return page(found[:limit], next_cursor=more)


@router.post("/handovers/{handover}:undo", status_code=202)
async def undo(request: Request, handover: str) -> Response:
    """Give back everything that nobody changed since."""
    query(request)

    def take_back(work: UnitOfWork) -> dict[str, Any]:
        return service.as_json(work, service.undo(work, handover))

    return answer(await write(request, take_back), 202)
