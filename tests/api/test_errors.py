"""Problem documents."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from api.app import create_app
from api.edge import write
from api.errors import STATUS, problem, status_of
from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound, TryAgain
from engine.findings import error, text


class Refined(NotFound):
    """A kind of not found without a status of its own."""

    code = "refined"
    zh = "细分。"


class Unmapped(EngineError):
    """Nobody mapped this."""

    code = "unmapped"
    zh = "未映射。"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (NotFound(), 404),
        (Refined(), 404),
        (Forbidden(), 403),
        (Conflict(), 409),
        (TryAgain(), 503),
        (Invalid([]), 422),
        (Unmapped(), 422),
    ],
)
def test_a_code_without_a_line_takes_the_status_of_what_it_refines(failure, status):
    assert status_of(failure) == status


def test_problem_of_findings_lists_each_with_its_pointer(snapshot):
    finding = error(
        "required", "/lines/0/qty", text("此项必填。", "This is required."), text("请填写。", "Fill it in.")
    )
    assert problem(Invalid([finding]), locale="en", request_id="r-1") == snapshot


def test_every_status_is_a_client_or_server_error():
    assert all(400 <= status < 600 for status in STATUS.values())


def test_unknown_address_is_a_problem_document(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "route_not_found"


def test_wrong_method_says_which_are_allowed(client):
    answer = client.delete("/api/v1/health")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["code"] == "method_not_allowed"


def test_detail_follows_the_language_of_the_client(client):
    chinese = client.get("/api/v1/auth/me").json()
    english = client.get("/api/v1/auth/me", headers={"accept-language": "en-GB,en;q=0.9"}).json()
    assert chinese["detail"] == chinese["message"]["zh"]
    assert english["detail"] == english["message"]["en"]


def test_request_id_of_the_client_comes_back(client):
    answer = client.get("/api/v1/nowhere", headers={"x-request-id": "click-7"})
    assert answer.headers["x-request-id"] == "click-7"
    assert answer.json()["request_id"] == "click-7"


def test_unsafe_request_id_is_replaced(client):
    answer = client.get("/api/v1/health", headers={"x-request-id": "a b <script>"})
    assert answer.headers["x-request-id"] != "a b <script>"


@pytest.mark.database("sqlite")
def test_surprise_tells_the_client_nothing_but_the_request_id(runtime, as_user, people):
    app = create_app(runtime)

    async def broken(request: Request) -> None:
        await write(request, lambda _work: 1 / 0)

    app.add_api_route("/broken", broken, methods=["POST"])
    token = as_user("li").token
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/broken", headers={"authorization": f"Bearer {token}", "x-request-id": "r-9"})
    assert answer.status_code == 500
    body = answer.json()
    assert (body["code"], body["request_id"]) == ("internal_error", "r-9")
    assert answer.headers["connection"] == "close"
    assert "ZeroDivision" not in json.dumps(body)
    assert "Traceback" not in answer.text
