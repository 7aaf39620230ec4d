"""The caller's notifications."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import flag, number, query
from api.edge import read, write
from engine.connect import notifications
from engine.identity.token_requests import require_all_places
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(prefix="/notifications", tags=["notifications"])


@router.get("")
async def inbox(request: Request) -> Response:
    """The newest first: `?unread=true&before=<id>&limit=`; `unread` in the answer is the number of those."""
    asked = query(request, "unread", "before", "limit")
    limit = number(asked, "limit", default=50, least=1, most=500)
    unread = flag(asked, "unread") if "unread" in asked else None

    def find(work: UnitOfWork) -> tuple[list[dict[str, Any]], int]:
        require_all_places(work)
        user = work.principal.user
        rows = notifications.inbox(work, user, unread=unread, before=asked.get("before"), limit=limit + 1)
        return rows, notifications.unread_count(work, user)

    rows, waiting = await read(request, find)
    more = rows[limit - 1]["id"] if len(rows) > limit else None
    return page(rows[:limit], next_cursor=more, unread=waiting)


@router.post("/{notification}:read")
async def mark_read(request: Request, notification: str) -> Response:
    """Tick off one notification."""
    query(request)

    def tick(work: UnitOfWork) -> dict[str, Any]:
        require_all_places(work)
        read_at = notifications.mark_read(work, work.principal.user, notification)
        return {"id": notification, "read_at": read_at}

    return answer(await write(request, tick))
