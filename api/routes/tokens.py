"""The caller's API tokens and sessions; those of others for administrators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import created, nothing, page
from api.body import json_object, query
from api.described import body_of
from api.edge import edge_of, read, write
from api.routes.auth import asked_from
from engine.changes.operations import note
from engine.identity import repository, service, tokens
from engine.identity.token_requests import TokenRequest, issue_token, require_session
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(tags=["auth"])
BODY = TokenRequest.model_json_schema()


@router.get("/auth/tokens")
async def api_tokens(request: Request) -> Response:
    """The caller's API tokens, without their secrets."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_session(work)
        return tokens.tokens_of(work, work.principal.user)

    return page(await read(request, find))


@router.post(
    "/auth/tokens", status_code=201, openapi_extra=body_of(BODY["properties"], "label", writes=False)
)
async def new_api_token(request: Request) -> Response:
    """`{"label", "days"?, "roles"?, "apps"?, "forms"?, "read_only"?, "addresses"?}` → the token with its secret,
    shown this one time. What is named narrows it; it never has more rights than its owner has at the moment.
    """
    query(request)
    document = await json_object(request)
    edge = edge_of(request)

    def issue(work: UnitOfWork) -> dict[str, Any]:
        made, narrow = issue_token(work, document, origin=asked_from(request))
        about = {"id": made.id, "token": made.secret, "label": document["label"]}
        return {**about, "expires_at": made.expires_at, "narrow": narrow}

    principal = await edge.principal_of(request)  # the answer is never kept as a repeatable one
    made = await edge.write_as(principal, issue, request=request)
    return created(made, f"/api/v1/auth/tokens/{made['id']}")


@router.delete("/auth/tokens/{token}", status_code=204)
async def revoke_api_token(request: Request, token: str) -> Response:
    """Take back one of the caller's tokens."""
    query(request)

    def take(work: UnitOfWork) -> None:
        require_session(work)
        _revoke(work, work.principal.user, token)

    await write(request, take)
    return nothing()


def _revoke(work: UnitOfWork, owner: str, token: str) -> None:
    tokens.revoke(work, owner, token)
    note(work, "token_revoked", token, details={"owner": owner})


@router.get("/auth/sessions")
async def sessions(request: Request) -> Response:
    """The caller's logins that still hold: where and when, and which of them this one is."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        require_session(work)
        found = tokens.tokens_of(work, work.principal.user, kind="session")
        return [{**each, "current": each["id"] == work.principal.token} for each in found]

    return page(await read(request, find))


@router.delete("/auth/sessions/{session}", status_code=204)
async def end_session(request: Request, session: str) -> Response:
    """End one of the caller's logins."""
    query(request)
    return await revoke_api_token(request, session)


@router.post("/auth/sessions:end_others", status_code=204)
async def end_other_sessions(request: Request) -> Response:
    """End all logins of the caller but this one. API tokens stay."""
    query(request)

    def end(work: UnitOfWork) -> None:
        require_session(work)
        user = work.principal.user
        tokens.revoke_all(work, user, kind="session", but=work.principal.token)
        note(work, "sessions_ended", user)

    await write(request, end)
    return nothing()


@router.get("/users/{user}/tokens")
async def tokens_of_user(request: Request, user: str) -> Response:
    """Sessions and API tokens of a user. Administrators only."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        service.require_admin(work)
        service.get_user(work, user)
        return [*tokens.tokens_of(work, user, kind="session"), *tokens.tokens_of(work, user)]

    return page(await read(request, find))


@router.delete("/users/{user}/tokens/{token}", status_code=204)
async def revoke_token_of_user(request: Request, user: str, token: str) -> Response:
    """Take back a session or API token of a user. Administrators only."""
    query(request)

    def take(work: UnitOfWork) -> None:
        service.require_admin(work)
        _revoke(work, user, token)

    await write(request, take)
    return nothing()


@router.get("/tokens")
async def all_tokens(request: Request) -> Response:
    """The API tokens of everybody, with what each may do. Administrators only."""
    query(request)

    def find(work: UnitOfWork) -> list[dict[str, Any]]:
        service.require_admin(work)
        people = [row["id"] for row in repository.users(work)]
        return [{"user": user, **each} for user in people for each in tokens.tokens_of(work, user)]

    return page(await read(request, find))
