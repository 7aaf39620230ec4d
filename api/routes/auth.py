"""Log in and out, who am I, own password and own API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, created, nothing, page
from api.body import json_object, required_text
from api.edge import bearer, edge_of, read, write
from engine.errors import Invalid
from engine.findings import error, text
from engine.identity import tokens
from engine.identity.passwords import hash_password
from engine.identity.principal import SYSTEM
from engine.identity.service import get_user, set_password_hash
from engine.identity.sessions import open_session
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(prefix="/auth", tags=["auth"])

LONGEST_TOKEN_DAYS = 3650


@router.post("/login")
async def login(request: Request) -> Response:
    """`{"username", "password"}` → `{"token", "expires_at", "user"}`; send it as `Authorization: Bearer`."""
    body = await json_object(request, allowed=("username", "password"))
    username, password = required_text(body, "username"), required_text(body, "password")
    edge = edge_of(request)
    user = await edge.check_password(username, password, _peer(request))

    def open_for_user(work: UnitOfWork) -> dict[str, Any]:
        token = open_session(work, user)
        return {"token": token.secret, "expires_at": token.expires_at, "user": _public(work, user)}

    return answer(await edge.write_as(SYSTEM, open_for_user))


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session of the token that is sent."""
    secret = bearer(request)
    await write(request, lambda work: tokens.revoke_secret(work, secret))
    return nothing()


@router.get("/me")
async def me(request: Request) -> Response:
    """The caller with roles and department."""
    return answer(await read(request, lambda work: _public(work, work.principal.user)))


@router.post("/password")
async def change_password(request: Request) -> Response:
    """`{"current", "new"}`: a new password for the caller; ends all sessions, this one too."""
    body = await json_object(request, allowed=("current", "new"))
    current, new = required_text(body, "current"), required_text(body, "new")
    edge = edge_of(request)
    user = (await read(request, lambda work: get_user(work, work.principal.user)))["username"]
    await edge.check_password(user, current, _peer(request))
    hashed = await edge.passwords.run(lambda: hash_password(new))
    await write(request, lambda work: set_password_hash(work, work.principal.user, hashed))
    return nothing()


@router.get("/tokens")
async def api_tokens(request: Request) -> Response:
    """The caller's API tokens, without their secrets."""
    return page(await read(request, lambda work: tokens.tokens_of(work, work.principal.user)))


@router.post("/tokens", status_code=201)
async def new_api_token(request: Request) -> Response:
    """`{"label", "days"?}` → the token with its secret, shown this one time."""
    body = await json_object(request, allowed=("label", "days"))
    label, lifetime = required_text(body, "label")[:200], _lifetime(body.get("days"))

    def issue(work: UnitOfWork) -> dict[str, Any]:
        made = tokens.issue(work, work.principal.user, kind="api", label=label, lifetime=lifetime)
        return {"id": made.id, "token": made.secret, "label": label, "expires_at": made.expires_at}

    edge = edge_of(request)
    made = await edge.write_as(await edge.principal_of(request), issue)  # never kept as a repeatable answer
    return created(made, f"/api/v1/auth/tokens/{made['id']}")


@router.delete("/tokens/{token}", status_code=204)
async def revoke_api_token(request: Request, token: str) -> Response:
    """Take back one of the caller's tokens."""
    await write(request, lambda work: tokens.revoke(work, work.principal.user, token))
    return nothing()


def _peer(request: Request) -> str:
    """The address the request came from; behind a proxy on this machine, the one that the proxy names."""
    return request.client.host if request.client else ""


def _lifetime(days: Any) -> timedelta | None:
    if days is None:
        return None
    if isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= LONGEST_TOKEN_DAYS:
        return timedelta(days=days)
    message = text("应为 1 到 3650 的整数。", "A whole number from 1 to 3650 is expected.")
    raise Invalid([error("out_of_range", "/days", message)])


def _public(work: UnitOfWork, user: str) -> dict[str, Any]:
    row = get_user(work, user)
    names = ("id", "username", "name", "email", "phone", "dept", "superior", "roles", "locale")
    return {name: row[name] for name in names} | {"is_admin": "admin" in row["roles"]}
