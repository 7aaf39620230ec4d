"""What the rules of an app did."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import number, query
from api.edge import read
from engine.storage.unit_of_work import UnitOfWork
from rules import runs

router = APIRouter(prefix="/apps/{app}/rules", tags=["rules"])


@router.get("/{rule}/runs")
async def rule_runs(request: Request, app: str, rule: str) -> Response:
    """The newest first: `?state=done|failed|waiting|cancelled&record=&before=<id>&limit=`."""
    asked = query(request, "state", "record", "before", "limit")
    limit = number(asked, "limit", default=100, least=1, most=1000)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        return runs.list_runs(
            work,
            app,
            rule,
            state=asked.get("state"),
            record=asked.get("record"),
            before=asked.get("before"),
            limit=limit + 1,
        )

    found = await read(request, find)
    more = found[limit - 1]["id"] if len(found) > limit else None
    return page(found[:limit], next_cursor=more)


@router.get("/{rule}/runs/{run}")
async def one_run(request: Request, app: str, rule: str, run: str) -> Response:
    """One firing: matched values, what was done, cause and result."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        return runs.get_run(work, app, rule, run)

    return answer(await read(request, find))
