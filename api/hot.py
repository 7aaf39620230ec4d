"""The hot record routes around the framework: a pattern, a call.

FastAPI's own way from socket to endpoint costs more than reading a record does. The same routes are in
its router too, which answers what does not fit here (a wrong method, another address).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import problem_response, surprise_response
from engine.errors import EngineError

Endpoint = Callable[[Request], Awaitable[Response]]


class HotRoutes:
    """Serves `routes` (method, path, endpoint) below `prefix` itself and hands everything else to `rest`."""

    def __init__(
        self, rest: ASGIApp, application: Any, prefix: str, routes: Iterable[tuple[str, str, Endpoint]]
    ) -> None:
        self._rest = rest
        self._application = application
        by_path: dict[str, dict[str, Endpoint]] = {}
        for method, path, endpoint in routes:
            by_path.setdefault(prefix + path, {})[method] = endpoint
        self._routes = [(_pattern(path), endpoints) for path, endpoints in by_path.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoint(scope) if scope["type"] == "http" else None
        if endpoint is None:
            await self._rest(scope, receive, send)
            return
        scope["app"] = self._application
        request = Request(scope, receive, send)
        try:
            response = await endpoint(request)
        except EngineError as failure:
            response = problem_response(failure, request)
        except ClientDisconnect:
            return
        except Exception as failure:  # noqa: BLE001  logged there; the client learns the request id
            response = surprise_response(failure, request)
        await response(scope, receive, send)

    def _endpoint(self, scope: Scope) -> Endpoint | None:
        for pattern, endpoints in self._routes:
            found = pattern.fullmatch(scope["path"])
            if found is not None:
                scope["path_params"] = found.groupdict()
                return endpoints.get(scope["method"])
        return None


def _pattern(path: str) -> re.Pattern[str]:
    # a key holds no colon: `records/{id}:submit` is another address
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/:]+)", path))
