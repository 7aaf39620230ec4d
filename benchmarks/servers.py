"""Server processes: started on a free port, awaited, ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.client import HOST

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 20.0


class DidNotStart(Exception):
    """The server process ended, or does not listen in time."""


@contextmanager
def running(arguments: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[int]:
    """`python <arguments>` in the repository with more environment, once it listens on `port`."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        _await_port(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DidNotStart(f"exit code {process.returncode}")
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise DidNotStart(f"port {port} is silent")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def fourfold(url: str, home: Path) -> tuple[list[str], dict[str, str], int]:
    """How `fourfold api` is started: one process, everything on."""
    port = free_port()
    environment = {"FOURFOLD_HOME": str(home), "FOURFOLD_DATABASE_URL": url, "FOURFOLD_PORT": str(port)}
    return ["-m", "api.cli", "api"], environment, port


def by_hand(url: str) -> tuple[list[str], dict[str, str], int]:
    """How the hand-written application is started: one process, the same HTTP server."""
    port = free_port()
    environment = {"HANDWRITTEN_DATABASE_URL": url, "HANDWRITTEN_PORT": str(port)}
    return ["-m", "benchmarks.handwritten"], environment, port
