"""S57: the whole CRM leaves one installation and arrives in another, byte by byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.definitions.package import unpack
from tests.scenarios.crm import Crm
from tests.scenarios.fixture import CRM

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.support.client import SignedIn

FORMS, ROLES = 28, 17


def own_files() -> dict[str, bytes]:
    """The definitions of the app as they lie in the repository."""
    return {
        str(path.relative_to(CRM)): path.read_bytes()
        for path in CRM.rglob("*.json")
        if path.relative_to(CRM).parts[0] not in {"demo", ".fourfold"}
    }


def sent(user: SignedIn, path: str, content: bytes) -> dict[str, object]:
    answer = user.request("POST", path, content=content, headers={"content-type": "application/zip"})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def elsewhere(tmp_path: Path) -> TestClient:
    """A second, empty installation on SQLite: what leaves either database arrives there."""
    from starlette.testclient import TestClient

    from api.app import create_app
    from api.boot import build, metadata
    from engine.settings import Settings

    home = tmp_path / "elsewhere"
    runtime = build(Settings(home=home, database_url=f"sqlite:///{home}/fourfold.sqlite"))
    with runtime.database.connect("write") as connection:
        metadata().create_all(connection)
    return TestClient(create_app(runtime), raise_server_exceptions=False)


def root_of(client: TestClient) -> SignedIn:
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM
    from engine.identity.sessions import open_session
    from tests.support.client import SignedIn

    runtime = client.app.state.runtime
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        people = [
            {"id": "root", "username": "root", "name": {"zh": "管理员", "en": "Root"}, "roles": ["admin"]}
        ]
        load_organisation(work, {"users": people})
        token = open_session(work, "root")
    return SignedIn(client, "root", token.secret)


def test_the_app_arrives_as_it_left(crm: Crm, tmp_path: Path) -> None:
    left = crm.by("root").get("/apps/crm/files").content
    files = unpack(left)
    assert files == own_files()
    assert sum(name.startswith("forms/") for name in files) == FORMS
    assert sum(name.startswith("roles/") for name in files) == ROLES
    assert {Path(name).suffix for name in files} == {".json"}
    with elsewhere(tmp_path) as client:
        root = root_of(client)
        arrived = sent(root, "/apps:apply", left)
        assert (arrived["version"], arrived["changed"]) == (1, True)
        assert root.get("/apps/crm/files").content == left
        again = sent(root, "/apps:apply", left)
        assert (again["version"], again["changed"], again["differences"]) == (1, False, [])
        client.app.state.runtime.close()


def test_a_second_import_changes_nothing_where_it_came_from(crm: Crm) -> None:
    root = crm.by("root")
    left = root.get("/apps/crm/files", params={"base": "true"}).content
    records = crm.all("customer")
    planned = sent(root, "/apps:plan", left)
    assert (planned["ok"], planned["steps"], planned["differences"]) == (True, [], [])
    again = sent(root, "/apps:apply", left)
    assert (again["version"], again["changed"]) == (1, False)
    assert crm.all("customer") == records


def test_the_cases_that_travel_with_the_app_hold() -> None:
    from api.boot import BUILT_INS
    from api.scratch import run_cases, suites_of
    from engine.definitions.check import kinds
    from engine.definitions.folder import read_folder
    from engine.plugins import extensions
    from engine.registry import fill

    registries = fill(extensions(BUILT_INS))
    documents, broken = read_folder(CRM, kinds(registries))
    assert broken == []
    results = list(run_cases(documents, suites_of(documents, registries)))
    assert results
    assert [(each.case, each.findings) for each in results if not each.ok] == []
