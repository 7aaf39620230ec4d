"""Fixtures of all tests. Imports of the product stand inside, so that one part can be tested alone."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.client import AsUser, SignedIn
from tests.support.compiled_statements import share_compiled
from tests.support.demo import prepared_demo
from tests.support.http import HttpStub, running_http_stub
from tests.support.people import ORGANISATION
from tests.support.prepared import STORE, Preparation, Prepared, preparation_of, prepare
from tests.support.smtp import SmtpServer, running_smtp

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from engine.runtime import Runtime
    from engine.settings import Settings
    from engine.testing import FixedClock
    from tests.support.postgres import PostgresForTests

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DATABASES = ("sqlite", "postgresql")
NEW_OBJECTS = 20_000
"""As many as in a server may pile up before somebody looks for garbage."""
KEPT_STORES = 8
"""Prepared databases of a process on PostgreSQL, a dozen megabytes each; tests that share one mostly stand together."""


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


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """All modules and tests stay to the end: looking for garbage among them took an eighth of the time."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """As the product logs: a traceback with all local variables takes minutes where they are large."""
    from api.logs import configure

    configure()


@pytest.fixture(scope="session")
def extension_classes() -> list[Any]:
    """What `api.boot.build` gives a runtime: to look through all installed packages takes a while."""
    from api.boot import BUILT_INS
    from engine.plugins import extensions

    return extensions(BUILT_INS)


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

    path = tmp_path_factory.mktemp("template") / STORE
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        metadata().create_all(connection)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def sqlite_template_with_people(
    sqlite_template: Path, extension_classes: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, and the organisation of `tests/support/people.py` in it."""
    path = tmp_path_factory.mktemp("people") / STORE
    shutil.copyfile(sqlite_template, path)
    _load_people(f"sqlite:///{path}", path.parent, extension_classes)
    return path


@pytest.fixture(scope="session")
def postgresql_with_people(
    postgres_server: PostgresForTests, extension_classes: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A PostgreSQL database with the organisation, to be copied."""
    with postgres_server.database() as url:
        _load_people(url, tmp_path_factory.mktemp("people"), extension_classes)
        yield url


def _load_people(url: str, home: Path, extension_classes: list[Any]) -> None:
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM

    made = _runtime(url, home, extension_classes)
    try:
        with made.unit_of_work(SYSTEM, source="engine") as work:
            load_organisation(work, ORGANISATION)
    finally:
        made.close()


def _runtime(url: str, home: Path, extension_classes: list[Any]) -> Runtime:
    from engine.runtime import Runtime
    from engine.settings import Settings
    from engine.testing import FixedClock

    settings = Settings(home=home, database_url=url, allow_private_hooks=True)
    made = Runtime(settings, extension_classes, clock=FixedClock(START))
    share_compiled(made.database)
    return made


@pytest.fixture(scope="session")
def prepared_on_sqlite(
    sqlite_template_with_people: Path, extension_classes: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Preparation], Prepared]:
    """A SQLite file on which a preparation ran, to be copied; made when it is first wanted."""

    @cache
    def find(preparation: Preparation) -> Prepared:
        home = tmp_path_factory.mktemp("prepared")
        shutil.copyfile(sqlite_template_with_people, home / STORE)
        url = f"sqlite:///{home / STORE}"
        return prepare(_runtime(url, home, extension_classes), preparation, url)

    return find


@pytest.fixture(scope="session")
def prepared_on_postgresql(
    postgres_server: PostgresForTests,
    postgresql_with_people: str,
    extension_classes: list[Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Preparation], Prepared]]:
    """A PostgreSQL database on which a preparation ran, to be copied; made when it is first wanted."""
    made: dict[Preparation, tuple[Prepared, ExitStack]] = {}

    def find(preparation: Preparation) -> Prepared:
        if preparation not in made:
            if len(made) == KEPT_STORES:
                made.pop(next(iter(made)))[1].close()
            home = tmp_path_factory.mktemp("prepared")
            with ExitStack() as opened:
                url = opened.enter_context(postgres_server.database(postgresql_with_people))
                store = prepare(_runtime(url, home, extension_classes), preparation, url)
                made[preparation] = store, opened.pop_all()
        return made[preparation][0]

    try:
        yield find
    finally:
        for _, database in made.values():
            database.close()


@pytest.fixture
def prepared(request: pytest.FixtureRequest, database_name: str) -> Prepared:
    """What this test's store is a copy of; for fixtures that name a preparation."""
    preparation = preparation_of(request)
    assert preparation is not None, "no fixture of this test is marked with prepared_by"
    found: Prepared = request.getfixturevalue(f"prepared_on_{database_name}")(preparation)
    return found


@pytest.fixture
def postgresql_url(postgres_server: PostgresForTests, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh PostgreSQL database with the platform's tables, and with what the test wants in it."""
    model: str | None = None
    if preparation_of(request) is not None:
        model = request.getfixturevalue("prepared").url
    elif "people" in request.fixturenames:
        model = request.getfixturevalue("postgresql_with_people")
    with postgres_server.database(model) as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A fresh SQLite file with the platform's tables, and with what the test wants in it."""
    model = sqlite_template
    if preparation_of(request) is not None:
        model = request.getfixturevalue("prepared").home / STORE
    elif "people" in request.fixturenames:
        model = request.getfixturevalue("sqlite_template_with_people")
    shutil.copyfile(model, tmp_path / STORE)
    return f"sqlite:///{tmp_path / STORE}"


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


@pytest.fixture(scope="session")
def default_settings() -> Settings:
    """Those of an installation without any of its own: to read all of them from the environment takes a while."""
    from engine.settings import Settings

    return Settings(allow_private_hooks=True)


@pytest.fixture
def settings(default_settings: Settings, database_url: str, tmp_path: Path) -> Settings:
    """Settings of a fresh installation. Override this fixture to change one."""
    return default_settings.model_copy(update={"home": tmp_path, "database_url": database_url})


@pytest.fixture
def runtime(
    settings: Settings, clock: FixedClock, extension_classes: list[Any], request: pytest.FixtureRequest
) -> Iterator[Runtime]:
    """The whole engine on a fresh database, without apps but those that the store was prepared with."""
    from engine.runtime import Runtime

    made = Runtime(settings, extension_classes, clock=clock)
    share_compiled(made.database)
    if preparation_of(request) is not None:
        prepared: Prepared = request.getfixturevalue("prepared")
        prepared.copy_files(settings.home)
        for app in prepared.apps:
            made.adopt(app)
    yield made
    made.close()


@pytest.fixture
def people(runtime: Runtime) -> dict[str, Any]:
    """The organisation of `tests/support/people.py`, loaded; returns the document.

    It came with the database, unless a fixture asks for it in the middle of a test.
    """
    from engine.identity.changed import identity_changes
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM

    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        if work.row("SELECT 1 FROM ff_user WHERE id = 'li'") is None:
            load_organisation(work, ORGANISATION)
    identity_changes.bump()
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
    from tests.support.applications import application
    from tests.support.asgi import quick_client
    from tests.support.conforming import DOCUMENT

    app = application(runtime)
    with quick_client(app) as made:
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


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a prepared demo, to be copied."""
    return prepared_demo(tmp_path_factory)


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
