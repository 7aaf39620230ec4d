"""What calls to other systems are signed with: set and removed, never shown."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, nothing, page
from api.body import json_object, query
from api.described import body_of
from api.edge import read, write
from engine.connect import secrets

router = APIRouter(prefix="/apps/{app}/secrets", tags=["definitions"])

TEXT = {"type": "string"}


@router.get("")
async def app_secrets(request: Request, app: str) -> Response:
    """The secrets of an app by key: who set them, when, and the hosts they are for. For designers."""
    query(request)
    return page(await read(request, lambda work: secrets.secrets_of(work, app)))


@router.put(
    "/{key}",
    openapi_extra=body_of({"value": TEXT, "hosts": {"type": "array", "items": TEXT}}, "value", "hosts"),
)
async def set_app_secret(request: Request, app: str, key: str) -> Response:
    """`{"value", "hosts"}`: the value of a header for calls to these hosts. Nobody reads it again."""
    query(request)
    body = await json_object(request)
    return answer(await write(request, lambda work: secrets.set_secret(work, app, key, body)))


@router.delete("/{key}", status_code=204)
async def remove_app_secret(request: Request, app: str, key: str) -> Response:
    """Forget it; calls that name it fail from now on."""
    query(request)
    await write(request, lambda work: secrets.remove_secret(work, app, key))
    return nothing()
