"""The ASGI application around a runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.answers import answer
from api.edge import Edge
from api.errors import add_handlers
from api.guard import Guard
from api.hot import HotRoutes
from api.openapi import describe
from api.prefix import PREFIX
from api.routes import (
    app_files,
    auth,
    batches,
    bulk,
    choices,
    comments,
    definitions,
    designers,
    duplicates,
    events,
    exports,
    expressions,
    files,
    flows,
    form_drafts,
    handovers,
    health,
    identity,
    imports,
    jobs,
    life_cycle,
    log,
    notifications,
    oidc,
    parked,
    printing,
    public_links,
    records,
    recycle,
    relations,
    reports,
    rights,
    rules,
    search,
    secrets,
    tokens,
    views,
)
from engine.runtime import Runtime

OPEN_PATHS = (
    "/health",
    "/health/live",
    "/auth/login",
    "/auth/password:forgotten",
    "/auth/password:reset",
    "/auth/oidc",
    "/auth/oidc/login",
    "/auth/oidc/callback",
)
OPEN_BELOW = "/public/"
"""What is served to people who have not said who they are."""


ROUTERS: tuple[APIRouter, ...] = (
    auth.router,
    tokens.router,
    oidc.router,
    handovers.router,
    identity.router,
    flows.router,
    rights.router,
    rules.router,
    reports.router,
    recycle.router,
    choices.router,
    relations.router,
    batches.router,
    bulk.router,
    duplicates.router,
    comments.router,
    views.router,
    public_links.router,
    search.router,
    definitions.router,
    parked.router,
    life_cycle.router,
    designers.router,
    secrets.router,
    app_files.router,
    form_drafts.router,
    expressions.router,
    files.router,
    imports.router,
    exports.router,
    jobs.router,
    events.router,
    log.router,
    notifications.router,
    printing.router,
)


class Application(FastAPI):
    """FastAPI behind the guard, with the hot record routes taking a shorter way."""

    guard: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.guard(scope, receive, send)


def create_app(runtime: Runtime) -> Application:
    """The application; the caller keeps and closes `runtime`."""
    edge = Edge(runtime)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await edge.ended()
        edge.close()

    app = Application(
        title="Fourfold",
        version=release(),
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    hot = HotRoutes(super(Application, app).__call__, app, PREFIX, (*records.ROUTES, *batches.HOT))
    app.guard = Guard(
        hot,
        limit=runtime.settings.body_limit,
        prefix=PREFIX,
        open_paths=OPEN_PATHS,
        open_below=OPEN_BELOW,
        larger={"/uploads": runtime.settings.file_part_size},
    )
    app.state.edge = edge
    app.state.runtime = runtime
    add_handlers(app)
    app.include_router(health.router, prefix=PREFIX)
    app.router.routes.extend(records.routes(PREFIX))
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.add_api_route("/", about, include_in_schema=False)
    app.openapi = lambda: describe(app, PREFIX)  # type: ignore[method-assign]
    return app


async def about(_request: Request) -> Response:
    """Where to look next."""
    return answer({"name": "Fourfold", "version": release(), "api": PREFIX, "openapi": "/openapi.json"})


def release() -> str:
    """The installed version."""
    try:
        return version("fourfold")
    except PackageNotFoundError:
        return "0.1.0"
