"""The change log as server-sent events: resumable, in commit order. Administrators only for now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import dumps
from api.body import number, query
from api.edge import edge_of
from engine.changes.log import Change, bring_to_head, read_since
from engine.identity.service import require_admin
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(tags=["events"])

POLL_SECONDS = 0.5
SILENCE_SECONDS = 15.0
BATCH = 500
LARGEST_POSITION = 2**53


@router.get("/events")
async def events(request: Request) -> Response:
    """One event per change after position `?after=` (or the header `Last-Event-ID`); its id is the position.

    An event tells which record changed, how, by whom and which fields, not their values.
    """
    asked = query(request, "after")
    if "last-event-id" in request.headers:
        asked["after"] = request.headers["last-event-id"]
    edge = edge_of(request)
    start = number(asked, "after", default=-1, most=LARGEST_POSITION)
    position = await edge.read(request, lambda work: _start(work, start))

    async def more(after: int) -> list[Change]:
        return await edge.read(request, lambda work: _read(work, after))

    async def ended() -> bool:
        return edge.stopping() or await request.is_disconnected()

    return StreamingResponse(
        stream(position, more, ended), media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


def _start(work: UnitOfWork, after: int) -> int:
    require_admin(work)
    return bring_to_head(work) if after < 0 else after


def _read(work: UnitOfWork, after: int) -> list[Change]:
    require_admin(work)
    bring_to_head(work)
    return read_since(work, after, limit=BATCH)


async def stream(
    position: int,
    more: Callable[[int], Awaitable[list[Change]]],
    ended: Callable[[], Awaitable[bool]],
    *,
    pause: Callable[[float], Awaitable[Any]] = asyncio.sleep,
) -> AsyncIterator[bytes]:
    """Server-sent events of the changes after `position`, with a comment now and then in silence."""
    silent = 0.0
    while not await ended():
        changes = await more(position)
        for change in changes:
            position = change.pos or position
            yield event_bytes(change)
        if changes:
            silent = 0.0
            continue
        await pause(POLL_SECONDS)
        silent += POLL_SECONDS
        if silent >= SILENCE_SECONDS:
            silent = 0.0
            yield b": still here\n\n"


def event_bytes(change: Change) -> bytes:
    """One change as a server-sent event."""
    data = {
        "pos": change.pos,
        "at": change.at,
        "app": change.app,
        "form": change.form,
        "record": change.record,
        "op": change.op,
        "actor": change.actor,
        "source": change.source,
        "rev": change.rev,
        "fields": sorted(change.diff),
    }
    return b"id: %d\nevent: change\ndata: %b\n\n" % (change.pos or 0, dumps(data))
