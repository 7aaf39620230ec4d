"""The test servers and the client themselves."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.support.asgi import quick_client
from tests.support.http import HttpStub
from tests.support.smtp import SmtpServer


def test_smtp_server_keeps_what_it_receives(smtp: SmtpServer) -> None:
    message = EmailMessage()
    message["from"], message["to"], message["subject"] = "a@example.com", "b@example.com", "报价"
    message.set_content("你好")
    with smtplib.SMTP(smtp.host, smtp.port) as connection:
        connection.send_message(message)
    [received] = smtp.wait_for(1)
    assert received.recipients == ["b@example.com"]
    assert received.subject == "报价"
    assert received.text.strip() == "你好"


def test_http_stub_follows_its_script_and_records_requests(http_stub: HttpStub) -> None:
    http_stub.answer(500, {"error": "busy"}).answer(200, {"id": 7})
    statuses = [httpx.post(f"{http_stub.url}/erp", json={"no": n}).status_code for n in range(3)]
    assert statuses == [500, 200, 200]
    assert [request.json()["no"] for request in http_stub.requests] == [0, 1, 2]


async def told(request: Request) -> Response:
    """What the application sees of a request."""
    fields = ("method", "path", "raw_path", "query_string", "scheme", "client", "server")
    seen = {name: str(request.scope[name]) for name in fields}
    return JSONResponse({**seen, "headers": request.headers.items(), "body": (await request.body()).decode()})


async def parted(_request: Request) -> Response:
    async def parts():
        for part in (b"a", b"", b"bc"):
            yield part

    return StreamingResponse(parts(), headers={"x-long": "1"})


async def failing(_request: Request) -> Response:
    raise ValueError("before an answer")


async def breaking(_request: Request) -> Response:
    async def parts():
        yield b"a"
        raise ValueError("in the middle")

    return StreamingResponse(parts())


APP = Starlette(
    routes=[
        Route("/told/{path:path}", told, methods=["GET", "POST"]),
        Route("/parted", parted),
        Route("/failing", failing),
        Route("/breaking", breaking),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/told/客户 1%2F2?a=1&a=%20", {"headers": {"X-Name": "n"}}),
        ("POST", "/told/", {"json": {"name": "鼎盛"}}),
        ("POST", "/told/", {"files": {"file": ("a.txt", b"text")}, "headers": {"cookie": "a=1"}}),
        ("GET", "/parted", {}),
        ("HEAD", "/parted", {}),
        ("GET", "/nowhere", {}),
        ("GET", "/failing", {}),
    ],
)
def test_the_quick_client_asks_and_answers_as_the_slow_one(method: str, path: str, options: dict) -> None:
    if "files" in options:
        options = {
            **options,
            "headers": {**options["headers"], "content-type": "multipart/form-data; boundary=b"},
        }
    answers = []
    for make in (quick_client, lambda app: TestClient(app, raise_server_exceptions=False)):
        with make(APP) as client:
            answer = client.request(method, path, **options)
            answers.append((answer.status_code, answer.headers.multi_items(), answer.content))
    assert answers[0] == answers[1]


def test_an_answer_that_breaks_off_fails_the_test() -> None:
    with quick_client(APP) as client, pytest.raises(AssertionError, match="in the middle of its answer"):
        client.get("/breaking")
