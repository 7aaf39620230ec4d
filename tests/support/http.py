"""A real HTTP server on a free loopback port: records requests, gives scripted answers."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as it came in; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to say to one request. `hang_up` closes the connection without an answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False


class HttpStub:
    """The running stub. Answers are given in the order they were scripted, then 200 `{}`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[ReceivedRequest] = []
        self._answers: deque[Answer] = deque()
        self._arrived = threading.Condition()

    def answer(
        self,
        status: int = 200,
        value: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        hang_up: bool = False,
    ) -> HttpStub:
        """Script the next answer."""
        body = json.dumps({} if value is None else value).encode()
        self._answers.append(Answer(status, body, dict(headers or {}), hang_up))
        return self

    def wait_for(self, count: int, *, seconds: float = 10) -> list[ReceivedRequest]:
        """The requests once there are `count`; fails after `seconds`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, seconds):
                raise AssertionError(f"{len(self.requests)} of {count} requests arrived")
        return self.requests

    def received(self, request: ReceivedRequest) -> Answer:
        """Record a request and choose its answer."""
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
            return self._answers.popleft() if self._answers else Answer()


@contextmanager
def running_http_stub() -> Iterator[HttpStub]:
    """A stub on 127.0.0.1 for the length of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    stub = HttpStub(server.server_address[1])
    server.RequestHandlerClass = _handler(stub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(stub: HttpStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = stub.received(ReceivedRequest(self.command, self.path, headers, body))
            if answer.hang_up:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"content-type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Tests print nothing."""

    return Handler
