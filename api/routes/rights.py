"""Rights of one record and of one person: collaborators, why something is allowed, roles for a time."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, created, nothing, page
from api.body import json_object, query
from api.described import body_of, query_of
from api.edge import read, write
from engine.errors import Invalid
from engine.identity.service import principal_of, unknown
from engine.permissions import temporary
from engine.storage.unit_of_work import UnitOfWork
from forms.collaborators import collaborators, share, unshare
from forms.compiled import compiled_form
from forms.explaining import Question, explain_json

router = APIRouter(tags=["rights"])
RECORD = "/apps/{app}/forms/{form}/records/{record}"


@router.get(
    RECORD + "/explain",
    openapi_extra=query_of(
        user="About whom; you yourself by default.",
        action="`view` by default, `update`, `export`…",
        field="About one field: `amount`, `lines.cost`.",
    ),
)
async def explain(request: Request, app: str, form: str, record: str) -> Response:
    """Whether a person may do something with a record or a field of it, which grants decide, and with which
    values. Administrators only.
    """
    asked = query(request, "user", "action", "field")

    def find(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        principal = principal_of(work, asked["user"]) if "user" in asked else work.principal
        if principal is None:
            raise Invalid([unknown("/user", asked["user"])])
        question = Question(principal, asked.get("action", "view"), asked.get("field"))
        return explain_json(work, found, compiled_form(found, form), record, question)

    return answer(await read(request, find))


@router.get(RECORD + "/collaborators")
async def list_collaborators(request: Request, app: str, form: str, record: str) -> Response:
    """With whom the record is shared, by colleagues and by tasks of flows."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        found = work.app(app)
        return collaborators(work, found, compiled_form(found, form), record)

    return page(await read(request, find))


@router.put(
    RECORD + "/collaborators/{user}",
    openapi_extra=body_of(
        {
            "level": {"enum": ["read", "write"], "default": "read"},
            "hidden": {"type": "array", "items": {"type": "string"}},
        }
    ),
)
async def share_record(request: Request, app: str, form: str, record: str, user: str) -> Response:
    """Share the record with a colleague, without the fields in `hidden`. It takes the right `share`, and
    `update` to share it for writing.
    """
    query(request)
    body = await json_object(request)

    def put(work: UnitOfWork) -> dict[str, Any]:
        found = work.app(app)
        return share(work, found, compiled_form(found, form), record, user, body)

    return answer(await write(request, put))


@router.delete(RECORD + "/collaborators/{user}", status_code=204)
async def unshare_record(request: Request, app: str, form: str, record: str, user: str) -> Response:
    """Share it with this colleague no longer."""
    query(request)

    def drop(work: UnitOfWork) -> None:
        found = work.app(app)
        unshare(work, found, compiled_form(found, form), record, user)

    await write(request, drop)
    return nothing()


@router.get("/users/{user}/temporary-roles")
async def temporary_roles(request: Request, user: str) -> Response:
    """The roles that a user was given for a time, the newest first. For administrators and oneself."""
    query(request)
    return page(await read(request, lambda work: temporary.given_roles(work, user)))


@router.post(
    "/users/{user}/temporary-roles",
    status_code=201,
    openapi_extra=body_of(
        {
            "role": {"type": "string"},
            "from": {"type": "string", "format": "date-time"},
            "until": {"type": "string", "format": "date-time"},
            "why": {"type": "string"},
        },
        "role",
        "until",
        "why",
    ),
)
async def give_temporary_role(request: Request, user: str) -> Response:
    """Give a user a role until a moment, at once or from another moment on. Administrators only."""
    query(request)
    body = await json_object(request)
    made = await write(request, lambda work: temporary.give_role(work, user, body))
    return created(made, f"/api/v1/users/{user}/temporary-roles/{made['id']}")


@router.delete("/users/{user}/temporary-roles/{given}", status_code=204)
async def end_temporary_role(request: Request, user: str, given: str) -> Response:
    """End it now. Administrators only."""
    query(request)
    await write(request, lambda work: temporary.end_role(work, user, given))
    return nothing()
