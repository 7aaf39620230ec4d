"""Saved views: which there are, and their records."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.body import number, query
from api.described import query_of
from api.edge import read
from api.routes.records import LIST_PARAMETERS, list_query
from engine.storage.unit_of_work import UnitOfWork
from forms.listing import MAX_LIMIT
from forms.views.run import Window, records_json, view_json, views_json

router = APIRouter(tags=["views"])


@router.get("/apps/{app}/views")
async def list_views(request: Request, app: str) -> Response:
    """The views you are offered."""
    query(request)

    def step(work: UnitOfWork) -> Any:
        return {"items": views_json(work, work.app(app)), "next": None}

    return answer(await read(request, step))


@router.get("/apps/{app}/views/{view}")
async def get_view(request: Request, app: str, view: str) -> Response:
    """One view: its form, layout and the columns that you see."""
    query(request)
    return answer(await read(request, lambda work: view_json(work, work.app(app), view)))


@router.get(
    "/apps/{app}/views/{view}/records",
    openapi_extra=query_of(
        filter="Narrows the filter of the view.",
        sort="Instead of the order of the view.",
        fields="Instead of the columns of the view.",
        limit="At most so many items; kanban: in each lane.",
        cursor="The `next` of the page before.",
        count="`exact`, `estimated` or `none`.",
        **{"from": "calendar: the first day.", "to": "calendar: the last day."},
        parent="tree: the record whose children are wanted; none: the roots.",
        box="map: `south,west,north,east` in degrees.",
        lane="kanban: the value of one lane; empty for records without one. None: all lanes.",
    ),
)
async def view_records(request: Request, app: str, view: str) -> Response:
    """The records of a view, as far as you may see them; a kanban answers {"lanes"}."""
    asked = query(request, *LIST_PARAMETERS, "from", "to", "parent", "box", "lane")
    listed = list_query(asked, number(asked, "limit", default=50, least=1, most=MAX_LIMIT))
    window = Window(
        asked.get("from"), asked.get("to"), asked.get("parent"), asked.get("box"), asked.get("lane")
    )
    return answer(
        await read(
            request, lambda work: records_json(work, work.app(app), view, listed, window), snapshot=True
        )
    )
