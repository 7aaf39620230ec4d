"""Is the process alive, and can it serve?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.edge import edge_of
from engine.changes.log import head
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def alive() -> Response:
    """The process answers."""
    return answer({"status": "ok"})


@router.get("/health")
async def ready(request: Request) -> Response:
    """The store answers: how many apps are published and how far the change log is."""
    edge = edge_of(request)
    return answer(await edge.compute(lambda: _look(edge.runtime)))


def _look(runtime: Runtime) -> dict[str, object]:
    with runtime.reading(SYSTEM) as work:
        return {
            "status": "ok",
            "database": runtime.database.dialect,
            "apps": len(runtime.app_keys(work)),
            "log": head(work),
        }
