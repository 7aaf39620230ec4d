"""Starlette's test client with requests that run in one go."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import anyio
import httpx
from starlette.testclient import TestClient

Message = MutableMapping[str, Any]
ADDRESS = ("testclient", 50000)
FAILED = 500


@dataclass
class Heard:
    """What an application said about one request."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    complete: bool = False

    def hear(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            assert not self.status, "an answer begins twice"
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif kind == "http.response.body":
            assert self.status, "an answer begins with its body"
            assert not self.complete, "an answer goes on after its end"
            self.parts.append(bytes(message.get("body", b"")))
            self.complete = not message.get("more_body", False)


class WholeAnswers(httpx.BaseTransport):
    """Hands a request to the application's thread and comes back with the whole answer.

    The transport that it replaces goes from thread to thread eight times for a request, which takes longer
    than most answers do.
    """

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._client._portal_factory() as portal:
            heard = portal.call(self._run, request)
        body = b"" if request.method == "HEAD" else b"".join(heard.parts)
        headers, stream = heard.headers, httpx.ByteStream(body)
        return httpx.Response(heard.status or FAILED, headers=headers, stream=stream, request=request)

    async def _run(self, request: httpx.Request) -> Heard:
        heard, over = Heard(), anyio.Event()
        bodies = iter([request.content])

        async def receive() -> Message:
            body = next(bodies, None)
            if body is not None:
                return {"type": "http.request", "body": body}
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            heard.hear(message)
            if heard.complete:
                over.set()

        try:
            await self._client.app(_scope(request, self._client.app_state), receive, send)
        except Exception:  # noqa: BLE001  a server survives what its application raises
            # Starlette raises again what it has answered with 500
            assert heard.complete or not heard.status, "the application failed in the middle of its answer"
        return heard


def _scope(request: httpx.Request, state: dict[str, Any]) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(url.path),
        "raw_path": url.raw_path.partition(b"?")[0],
        "root_path": "",
        "scheme": url.scheme,
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ADDRESS,
        "server": [url.host, url.port or 80],
        "extensions": {},
        "state": state.copy(),
    }


def quick_client(app: Any) -> TestClient:
    """A client of the application; what its code raises becomes an answer, as on a server."""
    made = TestClient(app, raise_server_exceptions=False)
    made._transport = WholeAnswers(made)
    return made
