"""Who may change the definitions of an app."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import page
from api.body import json_object, query
from api.described import body_of
from api.edge import read, write
from engine.errors import Invalid
from engine.findings import error, text
from engine.identity import designers

router = APIRouter(prefix="/apps/{app}/designers", tags=["definitions"])


@router.get("")
async def app_designers(request: Request, app: str) -> Response:
    """The designers of an app, for administrators and designers."""
    query(request)
    return page(await read(request, lambda work: designers.designers(work, app)))


@router.put("", openapi_extra=body_of({"users": {"type": "array", "items": {"type": "string"}}}, "users"))
async def set_app_designers(request: Request, app: str) -> Response:
    """`{"users": [ids]}`: these users and nobody else. Administrators only."""
    query(request)
    users = (await json_object(request, allowed=("users",))).get("users")
    if not isinstance(users, list) or not all(isinstance(each, str) for each in users):
        message = text("应为用户标识的列表。", "A list of user ids is expected.")
        raise Invalid([error("wrong_type", "/users", message)])
    return page(await write(request, lambda work: designers.set_designers(work, app, users)))
