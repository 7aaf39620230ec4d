"""The outermost ASGI layer: request ids, what no address may hold, the limit on bodies, a token."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_response
from api.problems import BodyTooLarge, NulCharacter, UnsupportedEncoding
from engine.errors import EngineError
from engine.identity.sessions import NotAuthenticated
from engine.ids import new_id

CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Guard:
    """Gives every request an id, answers with it, and refuses bodies over `limit` bytes; below the paths in
    `larger` other limits hold.

    An address with U+0000 in it is refused too: PostgreSQL stores no such text and fails on the question. So is a body
    in a `Content-Encoding`, which nobody would undo.

    Below `prefix` only the paths in `open_paths` and those below `open_below` are served without a bearer token. Whether a token is
    valid is asked where the request is served; this stops what comes without one before it is read.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int,
        prefix: str,
        open_paths: Collection[str],
        open_below: str,
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._limit = limit
        self._larger = {prefix + path: most for path, most in (larger or {}).items()}
        self._prefix = prefix + "/"
        self._open = frozenset(prefix + path for path in open_paths)
        self._open_below = prefix + open_below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given, length, known, coded = _headers(scope)
        identifier = given if given and CLIENT_ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = identifier

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", identifier.encode())]
            await send(message)

        limit = self._limit_of(scope["path"])
        refusal: EngineError | None = None
        if not known and self._closed(scope["path"]):
            refusal = NotAuthenticated()
        elif length is not None and length > limit:
            refusal = too_large(limit)
        elif coded:
            refusal = UnsupportedEncoding()
        else:
            refusal = _nul_in_address(scope)
        if refusal is not None:
            await problem_response(refusal, Request(scope))(scope, receive, answer)
            return
        await self._app(scope, _counted(receive, limit), answer)

    def _closed(self, path: str) -> bool:
        """Whether only people who say who they are come in here."""
        open_ = path in self._open or path.startswith(self._open_below)
        return path.startswith(self._prefix) and not open_

    def _limit_of(self, path: str) -> int:
        return next((most for below, most in self._larger.items() if path.startswith(below)), self._limit)


def too_large(limit: int) -> BodyTooLarge:
    """The refusal of a body over `limit` bytes."""
    return BodyTooLarge(details={"limit": limit})


def _counted(receive: Receive, limit: int) -> Receive:
    """`receive` that stops once the body is over the limit, whatever length was announced."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > limit:
                raise too_large(limit)
        return message

    return counted


def _nul_in_address(scope: Scope) -> NulCharacter | None:
    """The refusal of an address whose path or query holds U+0000 once it is decoded."""
    if "\x00" in scope["path"]:
        return NulCharacter(pointer="/path")
    query: bytes = scope["query_string"]
    if b"%00" not in query and b"\x00" not in query:
        return None
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if "\x00" in name or "\x00" in value:
            parameter = name.replace("\x00", "")[:80]
            return NulCharacter(pointer=f"/{parameter}", details={"parameter": parameter})
    return None


def _headers(scope: Scope) -> tuple[str | None, int | None, bool, bool]:
    """The request id the client gave, the length it names, whether it shows a token, and whether its body is
    packed in some way.
    """
    given, length, known, coded = None, None, False, False
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
        elif name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"authorization":
            known = value[:7].lower() == b"bearer " and len(value) > 7
        elif name == b"content-encoding":
            coded = value.strip().lower() not in (b"", b"identity")
    return given, length, known, coded
