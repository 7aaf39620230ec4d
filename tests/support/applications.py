"""The product's application as tests make it: once for every test, with what all of them share worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.asgi import quick_client
from tests.support.client import SignedIn

if TYPE_CHECKING:
    from api.app import Application
    from engine.runtime import Runtime

_included: list[Any] = []


def application(runtime: Runtime) -> Application:
    """`create_app`, with the included routers of the first application of this process.

    FastAPI works out the routes of a router when it is first asked for one, for each application anew, which
    takes as long as twenty requests. The routers of all applications are the same, and none knows a runtime:
    endpoints get that from the request's own application.
    """
    from api.app import create_app

    app = create_app(runtime)
    places = [place for place, route in enumerate(app.router.routes) if hasattr(route, "original_router")]
    own = [app.router.routes[place] for place in places]
    if not _included:
        _included.extend(own)
    assert [each.original_router for each in own] == [each.original_router for each in _included]
    for place, known in zip(places, _included, strict=True):
        app.router.routes[place] = known
    return app


@contextmanager
def signed_in(runtime: Runtime, user: str) -> Iterator[SignedIn]:
    """Requests in the name of a stored user, for what prepares a store before a test has a client."""
    from engine.identity.principal import SYSTEM
    from engine.identity.sessions import open_session

    with quick_client(application(runtime)) as client:
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            token = open_session(work, user)
        yield SignedIn(client, user, token.secret)
