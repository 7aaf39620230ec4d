"""The shorter way of record routes answers like the longer one."""

from __future__ import annotations

import pytest
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from api.guard import Guard
from api.hot import HotRoutes
from engine.errors import NotFound


async def one(request):
    return JSONResponse({"record": request.path_params["record"], "app": request.scope["app"]})


async def missing(request):
    raise NotFound


async def broken(request):
    raise ZeroDivisionError


async def rest(scope, receive, send):
    await JSONResponse({"rest": scope["path"]})(scope, receive, send)


@pytest.fixture
def client():
    routes = [
        ("GET", "/records/{record}", one),
        ("PATCH", "/records/{record}", missing),
        ("DELETE", "/records/{record}", broken),
    ]
    hot = HotRoutes(rest, "application", "/api", routes)
    guarded = Guard(hot, limit=1000, prefix="/v1", open_paths=(), open_below="/public/")
    return TestClient(guarded)


def test_known_address_and_method_are_served_directly(client):
    assert client.get("/api/records/7").json() == {"record": "7", "app": "application"}


@pytest.mark.parametrize("path", ["/api/records", "/api/records/7:submit", "/api/records/7/x", "/records/7"])
def test_other_addresses_go_the_usual_way(client, path):
    assert client.get(path).json() == {"rest": path}


def test_other_methods_go_the_usual_way(client):
    assert client.put("/api/records/7").json() == {"rest": "/api/records/7"}


def test_errors_are_problem_documents_with_the_request_id(client):
    answer = client.patch("/api/records/7", headers={"x-request-id": "r-1"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["x-request-id"] == "r-1"
    surprise = client.delete("/api/records/7")
    assert (surprise.status_code, surprise.json()["code"]) == (500, "internal_error")
    assert "ZeroDivision" not in surprise.text
