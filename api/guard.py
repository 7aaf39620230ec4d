"""The outermost ASGI layer: request ids and the limit on request bodies."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_response
from api.problems import BodyTooLarge
from engine.ids import new_id

CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Guard:
    """Gives every request an id, answers with it, and refuses bodies over `limit` bytes."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given, length = _headers(scope)
        identifier = given if given and CLIENT_ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = identifier

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", identifier.encode())]
            await send(message)

        if length is not None and length > self._limit:
            refusal = problem_response(self.too_large(), Request(scope))
            await refusal(scope, receive, answer)
            return
        await self._app(scope, self._counted(receive), answer)

    def too_large(self) -> BodyTooLarge:
        return BodyTooLarge(details={"limit": self._limit})

    def _counted(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._limit:
                    raise self.too_large()
            return message

        return counted


def _headers(scope: Scope) -> tuple[str | None, int | None]:
    given, length = None, None
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    return given, length
