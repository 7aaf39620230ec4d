"""The processes: API, worker, report server, and all of them in one."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket

import structlog
import uvicorn
from fastapi import FastAPI

from api import logs
from api.app import create_app
from api.boot import build
from api.cli.address import bound
from api.migrations import require_current, upgrade
from engine.changes.jobs import log_retention
from engine.changes.sealer import Sealer
from engine.errors import EngineError
from engine.files.jobs import file_cleanup
from engine.identity.principal import SYSTEM
from engine.identity.sessions import create_first_administrator
from engine.jobs.housekeeping import arm
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.settings import Settings

log = structlog.get_logger("fourfold")

GRACE_SECONDS = 10
NEW_OBJECTS = 100_000


def run_serve(settings: Settings) -> None:
    """Everything in one process; tables are brought up to date first."""
    with opened(settings, migrate=True) as runtime:
        serve_with_worker(runtime, settings)


def serve_with_worker(runtime: Runtime, settings: Settings) -> None:
    """The API with a worker thread beside it, until a signal comes."""
    with working(runtime):
        listen(create_app(runtime), settings)


def run_api(settings: Settings) -> None:
    """The API alone; the tables must be up to date."""
    with opened(settings) as runtime:
        listen(create_app(runtime), settings)


def run_worker(settings: Settings) -> None:
    """The worker alone, until a signal comes; the tables must be up to date."""
    stop = threading.Event()
    with opened(settings) as runtime:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: stop.set())
        with working(runtime):
            log.info("worker started")
            stop.wait()


class SocketPathTooLong(EngineError):
    """The path of the report server's socket is too long for the operating system."""

    code = "socket_path_too_long"
    zh = "报表服务套接字的路径超过操作系统的限制。"
    fix_zh = "请把 FOURFOLD_REPORTS_SOCKET 设为较短的路径，例如 /run/fourfold/reports.sock。"
    fix_en = "Set FOURFOLD_REPORTS_SOCKET to a shorter path, such as /run/fourfold/reports.sock."


SOCKET_PATH_BYTES = 103
"""What every system takes: 104 bytes with the final zero on macOS and BSD, 108 on Linux."""


def run_reports(settings: Settings) -> None:
    """The API on a unix socket with the report store in this process. Raises SocketPathTooLong."""
    socket = settings.reports_socket or str(settings.home / "reports.sock")
    if len(os.fsencode(socket)) > SOCKET_PATH_BYTES:
        raise SocketPathTooLong(details={"path": socket})
    Path(socket).parent.mkdir(parents=True, exist_ok=True)
    own = settings.model_copy(update={"reports_socket": ""})
    with opened(own) as runtime:
        listen(create_app(runtime), own, socket=socket)


@contextmanager
def working(runtime: Runtime) -> Iterator[None]:
    """A worker and the sealer of the log in threads of their own, until the block ends."""
    worker, sealer = started_worker(runtime), Sealer(runtime)
    sealer.start()
    try:
        yield
    finally:
        worker.stop()
        sealer.stop()


def started_worker(runtime: Runtime) -> Worker:
    """A worker in a thread of its own, with the daily housekeeping and the look for loose files waiting."""
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        arm(work, work.now)
        file_cleanup.arm(work, work.now)
        log_retention.arm(work, work.now)
    worker = Worker(runtime)
    worker.start()
    return worker


@contextmanager
def opened(settings: Settings, *, migrate: bool = False) -> Iterator[Runtime]:
    """A runtime on tables of this release, closed at the end."""
    logs.configure()
    runtime = build(settings)
    try:
        if migrate:
            upgrade(runtime.database)
        else:
            require_current(runtime.database)
        if create_first_administrator(runtime):
            log.info("administrator created", user="root")
        yield runtime
    finally:
        runtime.close()


def settle_collector() -> None:
    """Let the collector of cycles pass over what is loaded by now, because it stays: to walk through all of it
    takes 100 ms in the middle of a request. A batch of records may make its objects without being counted often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def release_collector() -> None:
    """Give back what `settle_collector` set aside: what stays there lives on when the interpreter ends, and
    DuckDB's binding counts its own objects then and prints those that nobody let go.
    """
    gc.unfreeze()


class _Announced(uvicorn.Server):
    """Says that it listens once it does."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            log.info("listening", address=self.config.uds or f"http://{self.config.host}:{self.config.port}")


def listen(app: FastAPI, settings: Settings, *, socket: str | None = None) -> None:
    """Answer requests until SIGINT or SIGTERM; requests in flight get time to end. Raises CannotListen."""
    held = None if socket else bound(settings.host, settings.port)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        uds=socket,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Announced(config)
    app.state.edge.stopping = lambda: server.should_exit

    def leave(*_: object) -> None:
        server.should_exit = True

    settle_collector()

    # Holds before uvicorn catches signals, and after: it raises the signal again when it is done, and
    # by then the rest must still be closed.
    signal.signal(signal.SIGTERM, leave)
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=held)
    finally:
        for each in held or ():
            each.close()
        release_collector()
