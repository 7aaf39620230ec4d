"""Log in and out, who am I, and the own password."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, nothing
from api.body import json_object, query, required_text
from api.described import body_of
from api.edge import bearer, edge_of, origin, read
from engine.changes.operations import note
from engine.identity import attempts, chosen_passwords, tokens
from engine.identity.passwords import hash_password
from engine.identity.principal import SYSTEM
from engine.identity.service import get_user, set_password_hash
from engine.identity.sessions import open_session
from engine.identity.token_requests import require_session
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(prefix="/auth", tags=["auth"])
TEXT = {"type": "string"}


@router.post(
    "/login",
    openapi_extra=body_of({"username": TEXT, "password": TEXT}, "username", "password", writes=False),
)
async def login(request: Request) -> Response:
    """`{"username", "password"}` → `{"token", "expires_at", "user", "must_change"}`; send the token as
    `Authorization: Bearer`. With `must_change` it is good for choosing a new password and nothing else.
    """
    query(request)
    body = await json_object(request, allowed=("username", "password"))
    username, password = required_text(body, "username"), required_text(body, "password")
    edge = edge_of(request)
    user = await edge.check_password(username, password, origin(request)[1])
    return answer(await edge.write_as(SYSTEM, lambda work: opened(work, request, user), request=request))


def opened(work: UnitOfWork, request: Request, user: str, *, how: str = "password") -> dict[str, Any]:
    """A session of a user who was recognised, as the answer says it."""
    token = open_session(work, user, origin=asked_from(request), how=how)
    change = how == "password" and chosen_passwords.must_change(work, user)
    about = {"token": token.secret, "expires_at": token.expires_at, "must_change": change}
    return {**about, "user": _public(work, user)}


def asked_from(request: Request) -> tokens.Origin:
    """The address and the program of a request. Behind a proxy on this machine, the address that it names."""
    return tokens.Origin(origin(request)[1] or None, request.headers.get("user-agent"))


@router.post("/logout", status_code=204)
async def logout(request: Request) -> Response:
    """End the session of the token that is sent."""
    query(request)
    secret = bearer(request)
    edge = edge_of(request)
    principal = await edge.principal_of(request)

    def end(work: UnitOfWork) -> None:
        tokens.revoke_secret(work, secret)
        note(work, "logout", principal.user, details={"session": principal.token})

    await edge.write_as(SYSTEM, end, request=request)  # a token that may only read can end itself too
    return nothing()


@router.get("/me")
async def me(request: Request) -> Response:
    """The caller with department, and with the roles that the token that is sent carries."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        principal = work.principal
        about = _public(work, principal.user)
        return {**about, "roles": list(principal.roles), "is_admin": principal.is_admin}

    return answer(await read(request, find))


@router.get("/token")
async def this_token(request: Request) -> Response:
    """The token that is sent: its id, whether it is a login, and what it takes away of its owner's rights."""
    query(request)

    def find(work: UnitOfWork) -> dict[str, Any]:
        principal = work.principal
        narrow = principal.narrow.as_json() if principal.narrow is not None else {}
        return {"id": principal.token, "session": principal.session, "narrow": narrow}

    return answer(await read(request, find))


@router.post(
    "/password",
    status_code=204,
    openapi_extra=body_of({"current": TEXT, "new": TEXT}, "current", "new", writes=False),
)
async def change_password(request: Request) -> Response:
    """`{"current", "new"}`: a new password for the caller; ends all sessions and tokens, this one too."""
    query(request)
    body = await json_object(request, allowed=("current", "new"))
    current, new = required_text(body, "current"), required_text(body, "new")
    edge = edge_of(request)

    def about(work: UnitOfWork) -> tuple[dict[str, Any], chosen_passwords.Policy]:
        require_session(work)
        return get_user(work, work.principal.user), chosen_passwords.policy(work)

    row, policy = await read(request, about)
    await edge.check_password(row["username"], current, origin(request)[1])
    if new == current:
        raise chosen_passwords.SamePassword(pointer="/new")
    chosen_passwords.check_choice(new, policy, chosen_passwords.names_of(row), pointer="/new")
    hashed = await edge.passwords.run(lambda: hash_password(new))
    principal = await edge.principal_of(request)
    await edge.write_as(principal, lambda work: set_password_hash(work, row["id"], hashed), request=request)
    return nothing()


@router.post(
    "/password:forgotten",
    status_code=204,
    openapi_extra=body_of({"username": TEXT}, "username", writes=False),
)
async def forgotten_password(request: Request) -> Response:
    """`{"username"}`: mail a link that sets a new password. The answer is the same whoever is named."""
    query(request)
    body = await json_object(request, allowed=("username",))
    username = required_text(body, "username")
    asked = attempts.attempt(f"link for {username}", origin(request)[1])

    def send(work: UnitOfWork) -> None:
        attempts.begin(work, asked)
        chosen_passwords.send_link(work, username)

    await edge_of(request).write_as(SYSTEM, send, request=request)
    return nothing()


@router.post(
    "/password:reset",
    status_code=204,
    openapi_extra=body_of({"token": TEXT, "new": TEXT}, "token", "new", writes=False),
)
async def reset_password(request: Request) -> Response:
    """`{"token", "new"}`: set a new password with what the mail said. It works once, for an hour."""
    query(request)
    body = await json_object(request, allowed=("token", "new"))
    secret, new = required_text(body, "token"), required_text(body, "new")
    edge = edge_of(request)

    def about(work: UnitOfWork) -> tuple[dict[str, Any], chosen_passwords.Policy]:
        row = get_user(work, chosen_passwords.owner_of_link(work, secret))
        return row, chosen_passwords.policy(work)

    row, policy = await edge.read_as(SYSTEM, about)
    chosen_passwords.check_choice(new, policy, chosen_passwords.names_of(row), pointer="/new")
    hashed = await edge.passwords.run(lambda: hash_password(new))
    await edge.write_as(SYSTEM, lambda work: chosen_passwords.use_link(work, secret, hashed), request=request)
    return nothing()


def _public(work: UnitOfWork, user: str) -> dict[str, Any]:
    row = get_user(work, user)
    names = ("id", "username", "name", "email", "phone", "dept", "superior", "roles", "locale")
    return {name: row[name] for name in names} | {"is_admin": "admin" in row["roles"]}
