"""Outbound calls against a real HTTP server."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
import tracemalloc
from contextlib import contextmanager

import pytest

from engine.connect import calls
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


@contextmanager
def answering(*parts, every=0.0):
    """A server that says `parts` to its one caller, one after another, until there is nobody to hear it."""

    def serve():
        caller, _ = listening.accept()
        with caller:
            caller.recv(65536)
            try:
                for part in itertools.chain(*parts):
                    caller.sendall(part)
                    time.sleep(every)
            except OSError:
                gone.set()

    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", gone
        thread.join(timeout=10)


ENDLESS = itertools.repeat(b"x")


def test_a_head_that_never_ends_is_cut_off_and_tried_again(monkeypatch):
    monkeypatch.setattr(calls, "DEADLINE_SECONDS", 0.4)
    began = time.monotonic()
    with answering([b"HTTP/1.1 200 OK\r\nX-Slow: "], ENDLESS, every=0.02) as (url, gone):
        with pytest.raises(CallFailed, match="in time"):
            perform(call(url), allow_private=True)
        assert gone.wait(5)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("status", "expected"), [(404, CallRefused), (503, CallFailed)])
def test_a_body_that_never_ends_is_cut_off_and_the_status_counts(monkeypatch, status, expected):
    monkeypatch.setattr(calls, "DEADLINE_SECONDS", 0.4)
    began = time.monotonic()
    head = f"HTTP/1.1 {status} No\r\nContent-Length: 999999\r\n\r\nbecause ".encode()
    with (
        answering([head], ENDLESS, every=0.02) as (url, _),
        pytest.raises(expected, match=f"{status} because x+"),
    ):
        perform(call(url), allow_private=True)
    assert time.monotonic() - began < 5


def test_a_taken_call_does_not_wait_for_the_body():
    with answering([b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"], ENDLESS, every=0.02) as (url, _):
        assert perform(call(url), allow_private=True) == 200


def test_of_a_big_answer_only_the_beginning_is_kept_and_nothing_is_unpacked():
    packed = gzip.compress(b"0" * 50_000_000)
    head = b"HTTP/1.1 400 No\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    tracemalloc.start()
    try:
        with answering([head, packed]) as (url, _), pytest.raises(CallRefused) as refused:
            perform(call(url), allow_private=True)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert len(refused.value.message["en"]) < calls.ANSWER_LIMIT + 100


def test_a_header_that_cannot_be_sent_is_not_quoted(http_stub):
    secret = "hunter2\nsecret"
    with pytest.raises(CallRefused) as refused:
        perform(Call("1", http_stub.url, "POST", {"X-Erp": secret}, None, (secret,)), allow_private=True)
    assert "hunter2" not in repr(refused.value.as_finding())


def test_secrets_are_sent_over_https_only():
    with pytest.raises(CallRefused) as refused:
        perform(Call("1", "http://erp.example", "POST", {"X-Erp": "s"}, None, ("s",)), allow_private=False)
    assert "https" in refused.value.message["en"]
