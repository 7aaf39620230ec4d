"""Outbound calls against a real HTTP server."""

from __future__ import annotations

import pytest

from engine.connect.calls import Call, CallFailed, CallRefused, perform


def call(url, method="POST", body=None):
    return Call("job-1", url, method, {"X-Key": "k"}, {"no": "SO-1"} if body is None else body)


def test_a_taken_call_gives_its_status_and_carries_its_key(http_stub):
    http_stub.answer(201, {"id": 7})
    assert perform(call(f"{http_stub.url}/erp"), allow_private=True) == 201
    [request] = http_stub.requests
    assert (request.method, request.path, request.json()) == ("POST", "/erp", {"no": "SO-1"})
    assert request.headers["idempotency-key"] == "job-1"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_passing_failure_is_tried_again(http_stub, status):
    http_stub.answer(status, {"error": "busy"})
    with pytest.raises(CallFailed, match=str(status)):
        perform(call(http_stub.url), allow_private=True)


@pytest.mark.parametrize("status", [301, 400, 401, 404, 422])
def test_a_refusal_is_final_and_quotes_the_answer(http_stub, status):
    http_stub.answer(status, {"error": "bad field"}, headers={"location": "http://127.0.0.1:1/"})
    with pytest.raises(CallRefused, match="bad field"):
        perform(call(http_stub.url), allow_private=True)


def test_a_broken_connection_is_tried_again(http_stub):
    http_stub.answer(hang_up=True)
    with pytest.raises(CallFailed):
        perform(call(http_stub.url), allow_private=True)


def test_a_private_address_is_refused_unless_allowed(http_stub):
    with pytest.raises(CallRefused, match="private"):
        perform(call(http_stub.url), allow_private=False)
    assert http_stub.requests == []


def test_an_address_that_is_none_is_refused():
    with pytest.raises(CallRefused):
        perform(call("ftp://example.com/"), allow_private=True)
