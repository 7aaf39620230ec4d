"""Fixtures of all tests. Imports of the product stand inside, so that one part can be tested alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.client import AsUser, SignedIn
from tests.support.http import HttpStub, running_http_stub
from tests.support.people import ORGANISATION
from tests.support.smtp import SmtpServer, running_smtp

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from engine.runtime import Runtime
    from engine.settings import Settings
    from engine.testing import FixedClock
    from tests.support.postgres import PostgresForTests

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DATABASES, help="run database tests on this one only")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of a database runs on both, unless it is marked `@pytest.mark.database("sqlite")`."""
    if "database_name" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("database")
    wanted = marker.args if marker else DATABASES
    chosen = metafunc.config.getoption("database")
    metafunc.parametrize("database_name", [name for name in wanted if chosen in {None, name}])


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """As the product logs: a traceback with all local variables takes minutes where they are large."""
    from api.logs import configure

    configure()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresForTests]:
    """The PostgreSQL server shared by all workers and runs of this machine user."""
    from api.boot import metadata
    from tests.support.postgres import running_postgres

    with running_postgres(metadata()) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the platform's tables, to be copied."""
    import sqlalchemy as sa

    from api.boot import metadata

    path = tmp_path_factory.mktemp("template") / "fourfold.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        metadata().create_all(connection)
    engine.dispose()
    return path


@pytest.fixture
def postgresql_url(postgres_server: PostgresForTests) -> Iterator[str]:
    """A fresh PostgreSQL database with the platform's tables."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite file with the platform's tables."""
    path = tmp_path / "fourfold.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database_url(database_name: str, request: pytest.FixtureRequest) -> str:
    """A fresh database: every test that uses it runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(f"{database_name}_url")
    return url


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at Monday 2026-03-02 10:00 in Shanghai until it is moved."""
    from engine.testing import FixedClock

    return FixedClock(START)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a fresh installation. Override this fixture to change one."""
    from engine.settings import Settings

    return Settings(home=tmp_path, database_url=database_url, allow_private_hooks=True)


@pytest.fixture
def runtime(settings: Settings, clock: FixedClock) -> Iterator[Runtime]:
    """The whole engine on a fresh database, without apps and users."""
    from api.boot import build

    made = build(settings, clock=clock)
    yield made
    made.close()


@pytest.fixture
def people(runtime: Runtime) -> dict[str, Any]:
    """The organisation of `tests/support/people.py`, loaded; returns the document."""
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM

    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, ORGANISATION)
    return ORGANISATION


@pytest.fixture
def principal(runtime: Runtime) -> Callable[[str], Any]:
    """`principal("li")`: the principal of a stored user."""
    from engine.identity.principal import SYSTEM
    from engine.identity.service import principal_of

    def find(user: str) -> Any:
        with runtime.reading(SYSTEM) as work:
            found = principal_of(work, user)
        assert found is not None, f"no active user {user}"
        return found

    return find


@pytest.fixture
def client(runtime: Runtime) -> Iterator[TestClient]:
    """An httpx client on the ASGI app; nobody is logged in. Answers that OpenAPI does not announce fail."""
    from starlette.testclient import TestClient

    from api.app import create_app
    from tests.support.conforming import DOCUMENT

    app = create_app(runtime)
    with TestClient(app, raise_server_exceptions=False) as made:
        made.event_hooks["response"].append(DOCUMENT.check(app))
        yield made


@pytest.fixture
def as_user(client: TestClient, runtime: Runtime) -> AsUser:
    """`as_user("li").get(url)`: requests with a session token of a stored user."""
    from engine.identity.principal import SYSTEM
    from engine.identity.sessions import open_session

    def sign_in(user: str) -> SignedIn:
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            token = open_session(work, user)
        return SignedIn(client, user, token.secret)

    return sign_in


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """A real SMTP server on a free loopback port."""
    with running_smtp() as server:
        yield server


@pytest.fixture
def http_stub() -> Iterator[HttpStub]:
    """A real HTTP server on a free loopback port with scripted answers."""
    with running_http_stub() as stub:
        yield stub
