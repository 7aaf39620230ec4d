"""A served process: it answers, works, and stops cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
SECONDS = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def start(tmp_path):
    """`start("serve")`: a process that has said it listens; killed at the end if it still runs."""
    running = []

    def begin(command, **settings):
        environment = {
            **os.environ,
            "FOURFOLD_HOME": str(tmp_path),
            "FOURFOLD_ADMIN_PASSWORD": "correct horse",
            "PYTHONPATH": str(ROOT),
            **{f"FOURFOLD_{name.upper()}": str(value) for name, value in settings.items()},
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", command], env=environment, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        process.said = []
        for line in process.stderr:
            process.said.append(line)
            if line.startswith("{") and json.loads(line)["event"] in {"listening", "worker started"}:
                break
        watchdog.cancel()
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


def ask(port, path, **options):
    """The answer; a process that has said `listening` gives it at the first attempt."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS) as client:
        return client.request("POST" if "json" in options else "GET", path, **options)


def stop(process, how):
    process.send_signal(how)
    left = process.stderr.read()
    return process.wait(timeout=SECONDS), left


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_stops_without_a_word(start, how):
    port = free_port()
    process = start("serve", port=port)
    assert ask(port, "/api/v1/health").json()["database"] == "sqlite"
    login = ask(port, "/api/v1/auth/login", json={"username": "root", "password": "correct horse"})
    assert login.json()["user"]["is_admin"]
    assert stop(process, how) == (0, "")


def test_roles_run_apart_on_one_postgresql(start, postgresql_url):
    port = free_port()
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "migrate"],
        env={**os.environ, "FOURFOLD_DATABASE_URL": empty(postgresql_url), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    worker = start("worker", database_url=postgresql_url)
    api = start("api", database_url=postgresql_url, port=port)
    assert ask(port, "/api/v1/health").json()["database"] == "postgres"
    for process, how in ((api, signal.SIGINT), (worker, signal.SIGTERM)):
        code, left = stop(process, how)
        assert (code, "Traceback" in left) == (0, False), left


def empty(url):
    """The database without the tables that tests put there."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


def test_used_port_is_said_plainly(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("serve", port=taken.getsockname()[1])
        left = process.stderr.read()
        assert process.wait(timeout=SECONDS) == 1
    said = "".join(process.said) + left
    assert "FOURFOLD_PORT" in said
    assert "已被其他程序占用" in said
    assert "Another program listens on" in said
    assert '"listening"' not in said
    assert "Traceback" not in said
