"""The CRM with the fixture's records, on both databases: built once, copied for every test."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.scenarios.crm import Crm
from tests.scenarios.fixture import Ids, china, fill, publish_crm
from tests.support.client import AsUser, SignedIn

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from engine.testing import FixedClock
    from tests.support.postgres import PostgresForTests

BUILT_AT = "2026-02-02 09:00"
_numbers = itertools.count()


@contextmanager
def _root_of(runtime: Runtime) -> Iterator[SignedIn]:
    from starlette.testclient import TestClient

    from api.app import create_app
    from engine.identity.principal import SYSTEM
    from engine.identity.sessions import open_session

    with TestClient(create_app(runtime), raise_server_exceptions=False) as client:
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            token = open_session(work, "root")
        yield SignedIn(client, "root", token.secret)


def _build(url: str, home: Path) -> Ids:
    from api.boot import build
    from engine.settings import Settings
    from engine.testing import FixedClock

    settings = Settings(home=home, database_url=url, allow_private_hooks=True)
    runtime = build(settings, clock=FixedClock(china(BUILT_AT)))
    try:
        publish_crm(runtime)
        with _root_of(runtime) as root:
            return fill(runtime, root)
    finally:
        runtime.close()


@pytest.fixture(scope="session")
def crm_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ids]:
    """A SQLite file with the fixture, to be copied."""
    home = tmp_path_factory.mktemp("crm")
    path = home / "crm.sqlite"
    shutil.copyfile(sqlite_template, path)
    return path, _build(f"sqlite:///{path}", home)


@pytest.fixture(scope="session")
def crm_on_postgresql(
    postgres_server: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Ids]]:
    """A PostgreSQL database with the fixture, to be copied."""
    with postgres_server.database() as url:
        yield url, _build(url, tmp_path_factory.mktemp("crm"))


@pytest.fixture
def sqlite_url(crm_on_sqlite: tuple[Path, Ids], tmp_path: Path) -> str:
    path = tmp_path / "fourfold.sqlite"
    shutil.copyfile(crm_on_sqlite[0], path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(crm_on_postgresql: tuple[str, Ids]) -> Iterator[str]:
    parts = urlsplit(crm_on_postgresql[0])
    name = f"ff_test_{os.getpid()}_crm{next(_numbers)}"
    names = {"copy": sql.Identifier(name), "template": sql.Identifier(parts.path.lstrip("/"))}
    admin = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {template}").format(**names))
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {copy} WITH (FORCE)").format(**names))


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2026-02-02 09:00 in Shanghai until the scenario says otherwise."""
    from engine.testing import FixedClock

    return FixedClock(china(BUILT_AT))


@pytest.fixture
def ids(database_name: str, request: pytest.FixtureRequest) -> Ids:
    """Ids of the fixture's records."""
    built: tuple[object, Ids] = request.getfixturevalue(f"crm_on_{database_name}")
    return built[1]


@pytest.fixture
def crm(as_user: AsUser, runtime: Runtime, clock: FixedClock, ids: Ids) -> Crm:
    """The installation, ready to be used."""
    return Crm(as_user, runtime, clock, ids)
