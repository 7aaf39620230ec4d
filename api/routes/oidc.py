"""Log in with an OpenID provider: there and back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.answers import answer
from api.body import query
from api.described import query_of
from api.edge import edge_of, origin
from api.routes.auth import opened
from engine.identity import outside_logins
from engine.identity.oidc import Provider, failed
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(prefix="/auth/oidc", tags=["auth"])
COOKIE = "ff_login"


def provider_of(runtime: Runtime) -> Provider:
    """The provider of this installation."""
    known = runtime.services.get("oidc")
    if not isinstance(known, Provider):
        known = runtime.services["oidc"] = Provider(runtime.settings)
    return known


@router.get("")
async def about(request: Request) -> Response:
    """Whether people can log in with a provider, and what it is called."""
    query(request)
    settings = edge_of(request).runtime.settings
    return answer({"enabled": bool(settings.oidc_issuer), "label": settings.oidc_label})


@router.get("/login", status_code=302, response_class=RedirectResponse)
async def begin(request: Request) -> Response:
    """Go to the provider to log in."""
    query(request)
    edge = edge_of(request)
    provider = provider_of(edge.runtime)
    _ = provider.issuer  # nothing is stored for a provider that is not there
    _, peer = origin(request)
    asking, browser = await edge.write_as(SYSTEM, lambda work: outside_logins.begin(work, peer))
    response = RedirectResponse(await edge.compute(lambda: provider.address(asking)), 302)
    response.set_cookie(
        COOKIE,
        browser,
        max_age=int(outside_logins.LASTS.total_seconds()),
        path=request.url.path.removesuffix("/login"),
        secure=provider.callback.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    response.headers["cache-control"] = "no-store"
    return response


@router.get(
    "/callback",
    openapi_extra=query_of(
        code="Of the provider.", state="Ours.", iss="Who answers.", error="Why not.", error_description=""
    ),
)
async def come_back(request: Request) -> Response:
    """The provider's answer → `{"token", "expires_at", "user"}` as after a login with a password."""
    asked = dict(request.query_params)
    edge = edge_of(request)
    provider = provider_of(edge.runtime)
    if asked.get("iss", provider.issuer) != provider.issuer:
        raise failed("答复来自另一服务。", "the answer is another provider's.")
    state, browser = asked.get("state", ""), request.cookies.get(COOKIE, "")
    asking = await edge.write_as(SYSTEM, lambda work: outside_logins.take(work, state, browser))
    if "code" not in asked:
        said = asked.get("error", "")[:100]
        raise failed(f"服务答复 {said}。", f"the provider says '{said}'.")
    now = edge.runtime.clock.now()
    claims = await edge.compute(lambda: provider.claims(asked["code"], asking, now=now))

    def open_for_user(work: UnitOfWork) -> dict[str, Any]:
        user = outside_logins.user_of(work, provider.issuer, claims)
        return opened(work, request, user, how="oidc")

    response = answer(await edge.write_as(SYSTEM, open_for_user, request=request))
    response.delete_cookie(COOKIE, path=request.url.path.removesuffix("/callback"))
    response.headers["cache-control"] = "no-store"
    return response
