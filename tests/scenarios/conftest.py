"""The CRM with the fixture's records, on both databases: built once, copied for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.crm import Crm
from tests.scenarios.fixture import Ids, china, fill, publish_crm
from tests.support.applications import signed_in
from tests.support.client import AsUser
from tests.support.compiled_statements import share_compiled

if TYPE_CHECKING:
    from engine.definitions.app import CompiledApp
    from engine.runtime import Runtime
    from engine.settings import Settings
    from engine.testing import FixedClock
    from tests.support.postgres import PostgresForTests

BUILT_AT = "2026-02-02 09:00"


@dataclass(frozen=True)
class Built:
    """A store with the fixture, to be copied: its SQLite file or PostgreSQL URL, and the compiled app in it."""

    place: str
    ids: Ids
    app: CompiledApp


def _build(url: str, home: Path) -> tuple[Ids, CompiledApp]:
    from api.boot import build
    from engine.identity.principal import SYSTEM
    from engine.settings import Settings
    from engine.testing import FixedClock

    settings = Settings(home=home, database_url=url, allow_private_hooks=True)
    runtime = build(settings, clock=FixedClock(china(BUILT_AT)))
    try:
        publish_crm(runtime)
        with signed_in(runtime, "root") as root:
            ids = fill(runtime, root)
        with runtime.reading(SYSTEM) as work:
            return ids, work.app("crm")
    finally:
        runtime.close()


@pytest.fixture(scope="session")
def crm_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A SQLite file with the fixture, to be copied."""
    home = tmp_path_factory.mktemp("crm")
    path = home / "crm.sqlite"
    shutil.copyfile(sqlite_template, path)
    return Built(str(path), *_build(f"sqlite:///{path}", home))


@pytest.fixture(scope="session")
def crm_on_postgresql(
    postgres_server: PostgresForTests, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """A PostgreSQL database with the fixture, to be copied."""
    with postgres_server.database() as url:
        yield Built(url, *_build(url, tmp_path_factory.mktemp("crm")))


@pytest.fixture
def sqlite_url(crm_on_sqlite: Built, tmp_path: Path) -> str:
    path = tmp_path / "fourfold.sqlite"
    shutil.copyfile(crm_on_sqlite.place, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgres_server: PostgresForTests, crm_on_postgresql: Built) -> Iterator[str]:
    with postgres_server.database(crm_on_postgresql.place) as url:
        yield url


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2026-02-02 09:00 in Shanghai until the scenario says otherwise."""
    from engine.testing import FixedClock

    return FixedClock(china(BUILT_AT))


@pytest.fixture
def built(database_name: str, request: pytest.FixtureRequest) -> Built:
    """The store that this test's own is a copy of."""
    made: Built = request.getfixturevalue(f"crm_on_{database_name}")
    return made


@pytest.fixture
def ids(built: Built) -> Ids:
    """Ids of the fixture's records."""
    return built.ids


@pytest.fixture
def runtime(
    settings: Settings, clock: FixedClock, built: Built, extension_classes: list[Any]
) -> Iterator[Runtime]:
    """The engine on the copy. It knows the compiled app as if it had published it: that takes a second."""
    from engine.runtime import Runtime

    made = Runtime(settings, extension_classes, clock=clock)
    share_compiled(made.database)
    made.adopt(built.app)
    yield made
    made.close()


@pytest.fixture
def crm(as_user: AsUser, runtime: Runtime, clock: FixedClock, ids: Ids) -> Crm:
    """The installation, ready to be used."""
    return Crm(as_user, runtime, clock, ids)
