"""Transactions at the edge: threads, collisions, repeated requests, limits."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import psycopg
import pytest
import sqlalchemy as sa
from starlette.requests import Request
from starlette.testclient import TestClient

from api import busy
from api.answers import answer
from api.app import create_app
from api.body import json_body
from api.bounded_threads import BoundedThreads
from api.busy import is_busy, retried
from api.edge import edge_of, write
from engine.errors import TryAgain
from engine.identity import repository
from engine.identity.passwords import TooManyFailures
from engine.identity.principal import SYSTEM


@pytest.fixture
def counting(runtime, people):
    """An application with a route that adds a department and counts how often it ran."""
    app = create_app(runtime)
    app.state.runs = 0

    async def add(request: Request):
        body = await json_body(request, empty={})

        def work_on(work):
            app.state.runs += 1
            key = body.get("id", "lab")
            repository.add_department(work, {"id": key, "name": {"zh": key, "en": key}})
            if body.get("fail"):
                raise TryAgain()
            return {"id": key, "run": app.state.runs, "by": work.principal.user}

        return answer(await write(request, work_on))

    async def thread_of_write(request: Request):
        name = await edge_of(request).write(
            request, lambda _work: threading.current_thread().name, shape=request.query_params.get("shape")
        )
        return answer({"thread": name})

    async def thread_of_read(request: Request):
        inline = request.query_params.get("inline") == "1"
        name = await edge_of(request).read(
            request,
            lambda _work: threading.current_thread().name,
            inline=inline,
            shape=request.query_params.get("shape"),
        )
        return answer({"thread": name})

    app.add_api_route("/add", add, methods=["POST"])
    app.add_api_route("/thread", thread_of_read)
    app.add_api_route("/thread", thread_of_write, methods=["POST"])
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def headers(counting, runtime):
    from engine.identity.sessions import open_session

    with runtime.unit_of_work(SYSTEM) as work:
        return {"authorization": f"Bearer {open_session(work, 'li').secret}"}


def department(runtime, key):
    with runtime.reading(SYSTEM) as work:
        return repository.department_by_id(work, key)


def test_write_commits_in_the_name_of_the_caller(counting, headers, runtime):
    assert counting.post("/add", headers=headers).json() == {"id": "lab", "run": 1, "by": "li"}
    assert department(runtime, "lab") is not None


def test_failed_write_leaves_nothing(counting, headers, runtime):
    answer = counting.post("/add", headers=headers, json={"fail": True})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert department(runtime, "lab") is None


def test_same_request_with_the_same_key_is_done_once(counting, headers, runtime):
    keyed = {**headers, "idempotency-key": "k-1"}
    first = counting.post("/add", headers=keyed, json={"id": "lab"})
    second = counting.post("/add", headers=keyed, json={"id": "lab"})
    assert first.json() == second.json() == {"id": "lab", "run": 1, "by": "li"}


def test_other_request_with_the_same_key_is_refused(counting, headers):
    keyed = {**headers, "idempotency-key": "k-1"}
    counting.post("/add", headers=keyed, json={"id": "lab"})
    answer = counting.post("/add", headers=keyed, json={"id": "lab2"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_key_reused"


def test_an_empty_key_is_refused_and_repeats_no_answer(counting, headers):
    for key in ("", " "):
        for department in ("lab", "lab2"):
            answer = counting.post(
                "/add", headers={**headers, "idempotency-key": key}, json={"id": department}
            )
            assert answer.status_code == 400, answer.text


def test_key_of_a_failed_request_can_be_used_again(counting, headers):
    keyed = {**headers, "idempotency-key": "k-1"}
    assert counting.post("/add", headers=keyed, json={"fail": True}).status_code == 503
    assert counting.post("/add", headers=keyed, json={}).status_code == 200


def test_same_key_at_the_same_moment_is_done_once(counting, headers):
    keyed = {**headers, "idempotency-key": "k-2"}
    answers = []

    def click():
        answers.append(counting.post("/add", headers=keyed, json={"id": "lab"}).json())

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["run"] for answer in answers}) == 1
    assert len(answers) == 6


@pytest.mark.database("sqlite")
def test_sqlite_reads_run_inline_only_when_they_promise_to_be_short(counting, headers):
    pooled = counting.get("/thread", headers=headers).json()["thread"]
    inline = counting.get("/thread?inline=1", headers=headers).json()["thread"]
    assert pooled.startswith("fourfold-request")
    assert not inline.startswith("fourfold")


@pytest.mark.database("sqlite")
def test_a_shape_that_nobody_asked_yet_goes_to_the_pool_first(counting, headers):
    def thread(shape):
        return counting.get(f"/thread?inline=1&shape={shape}", headers=headers).json()["thread"]

    assert thread("a").startswith("fourfold-request")
    edge = counting.app.state.edge
    edge._pace.timed("b", lambda: None)
    assert not thread("b").startswith("fourfold")
    assert thread("c").startswith("fourfold-request")


@pytest.mark.database("sqlite")
def test_a_write_that_was_quick_runs_inline_while_nobody_else_writes(counting, headers, runtime):
    def thread() -> str:
        return counting.post("/thread", params={"shape": "a"}, headers=headers).json()["thread"]

    assert thread().startswith("fourfold-writer")
    edge = counting.app.state.edge
    edge._pace.timed("a", lambda: None)
    assert not thread().startswith("fourfold")
    edge._pace.timed("a", lambda: None)
    with sqlite3.connect(runtime.database.url.database, isolation_level=None) as another_process:
        another_process.execute("BEGIN IMMEDIATE")
        answers: list[str] = []
        waiting = threading.Thread(target=lambda: answers.append(thread()))
        waiting.start()
        while not edge._queued:
            pass
        assert counting.get("/thread?inline=1", headers=headers).status_code == 200
        assert answers == []  # it waits, and keeps nobody else waiting
        another_process.execute("COMMIT")
        waiting.join()
    assert answers[0].startswith("fourfold-writer")


@pytest.mark.database("postgresql")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_on_postgresql_what_was_quick_runs_on_the_event_loop(counting, headers, method):
    def thread(shape):
        asked = counting.request(method, f"/thread?inline=1&shape={shape}", headers=headers)
        return asked.json()["thread"]

    assert thread("a").startswith("fourfold-request")
    counting.app.state.edge._pace.note("a", 0.0)
    assert not thread("a").startswith("fourfold")
    counting.app.state.edge._pace.note("a", 1.0)
    assert thread("a").startswith("fourfold-request")


@pytest.mark.database("postgresql")
def test_work_of_many_parts_is_judged_by_one_part(counting):
    pace = counting.app.state.edge._pace
    pace.timed("batch", lambda: sum(range(1_000_000)), parts=100)
    assert pace.is_quick("batch")
    pace.timed("batch", lambda: sum(range(3_000_000)))
    assert not pace.is_quick("batch")


def test_passwords_have_few_threads_and_a_short_queue():
    door = threading.Event()

    async def flood():
        threads = BoundedThreads("passwords", TooManyFailures, threads=2, waiting=3)
        names = [
            asyncio.create_task(threads.run(lambda: (door.wait(30), threading.current_thread().name)[1]))
            for _ in range(5)
        ]
        await asyncio.sleep(0)
        with pytest.raises(TooManyFailures) as full:
            await threads.run(lambda: None)
        assert full.value.code == "too_many_attempts"
        door.set()
        assert len(set(await asyncio.gather(*names))) <= 2
        assert await threads.run(lambda: "free again") == "free again"
        threads.close()

    asyncio.run(flood())


def test_collisions_are_tried_again_and_then_reported(monkeypatch):
    monkeypatch.setattr(busy, "FIRST_PAUSE", 0.0)
    calls = []

    def collide(times):
        def run():
            calls.append(1)
            if len(calls) <= times:
                raise psycopg.errors.SerializationFailure
            return "done"

        return run

    assert retried(collide(3)) == "done"
    calls.clear()
    with pytest.raises(TryAgain):
        retried(collide(99))
    assert len(calls) == busy.ATTEMPTS


def test_only_collisions_are_tried_again():
    assert is_busy(psycopg.errors.DeadlockDetected())
    assert not is_busy(psycopg.errors.UniqueViolation())
    assert is_busy(sa.exc.OperationalError("x", {}, psycopg.errors.SerializationFailure()))
    assert not is_busy(sqlite3.OperationalError("no such table"))
    assert not is_busy(ValueError())


def test_sqlite_busy_is_recognised(tmp_path):
    def open_file():
        return sqlite3.connect(tmp_path / "x", timeout=0, isolation_level=None)

    first, second = open_file(), open_file()
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as refused:
        second.execute("BEGIN IMMEDIATE")
    assert is_busy(refused.value)
    first.close()
    second.close()


@pytest.mark.database("sqlite")
def test_large_bodies_are_refused(counting, headers, runtime):
    body = b'"' + b"x" * runtime.settings.body_limit + b'"'
    refused = counting.post("/add", headers=headers, content=body)
    assert refused.status_code == 413
    assert refused.json()["code"] == "body_too_large"


@pytest.mark.database("sqlite")
def test_large_bodies_without_a_length_are_refused_too(counting, headers):
    refused = counting.post("/add", headers=headers, content=(b"x" * 1_000_000 for _ in range(7)))
    assert refused.status_code == 413


@pytest.mark.database("sqlite")
def test_malformed_json_names_the_position(counting, headers):
    refused = counting.post("/add", headers=headers, content=b'{"id": }')
    assert refused.status_code == 400
    assert refused.json()["details"]["column"] == 8
