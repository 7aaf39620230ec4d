"""Stores that are prepared once and copied: what every test finds, and what no other test sees."""

from __future__ import annotations

from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.settings import Settings
from tests.forms.shop import SHOP, publish_shop
from tests.support.applications import application, signed_in
from tests.support.asgi import quick_client
from tests.support.client import AsUser
from tests.support.compiled_statements import share_compiled
from tests.support.prepared import STORE, Prepared, prepared_by

CUSTOMERS = "/apps/shop/forms/customer/records"
ran: list[str] = []


def with_a_customer(runtime: Runtime) -> str:
    ran.append(runtime.database.dialect)
    publish_shop(runtime)
    (runtime.settings.home / "files").mkdir()
    (runtime.settings.home / "files" / "note.txt").write_text("kept")
    with signed_in(runtime, "root") as root:
        made: str = root.post(CUSTOMERS, {"name": "first"}).json()["id"]
    return made


@pytest.fixture
@prepared_by(with_a_customer)
def customer(prepared: Prepared) -> str:
    made: str = prepared.result
    return made


@pytest.mark.parametrize("name", ["one", "two"])
def test_every_copy_begins_alike_and_no_test_sees_what_another_did(
    customer: str, as_user: AsUser, settings: Settings, people: Any, name: str
) -> None:
    root = as_user("root")
    assert [each["id"] for each in root.get(CUSTOMERS).json()["items"]] == [customer]
    note = settings.home / "files" / "note.txt"
    assert note.read_text() == "kept"
    note.write_text(name)
    assert root.post(CUSTOMERS, {"name": name}).status_code == 201
    assert root.patch(f"{CUSTOMERS}/{customer}", {"name": f"was first, {name}"}).status_code == 200
    assert len(ran) == len(set(ran)), "the preparation ran once for each database"


def test_a_copy_can_be_published_anew(customer: str, as_user: AsUser, runtime: Runtime) -> None:
    from engine.definitions.publish import publish

    form = {**SHOP["form"]["customer"]}
    form["fields"] = [
        *form["fields"],
        {**form["fields"][1], "key": "nick", "unique": False, "required": False},
    ]
    with runtime.unit_of_work(SYSTEM) as work:
        done = publish(work, {**SHOP, "form": {**SHOP["form"], "customer": form}})
    assert (done.version, done.changed) == (2, True)
    assert as_user("root").get(f"{CUSTOMERS}/{customer}").json()["nick"] is None


@pytest.mark.database("sqlite")
def test_applications_share_their_routers_and_keep_their_own_stores(
    runtime: Runtime, extension_classes: list[Any], tmp_path: Any, sqlite_template_with_people: Any
) -> None:
    home = tmp_path / "other"
    home.mkdir()
    (home / STORE).write_bytes(sqlite_template_with_people.read_bytes())
    other = Runtime(Settings(home=home, database_url=f"sqlite:///{home / STORE}"), extension_classes)
    share_compiled(other.database)
    try:
        with signed_in(other, "li") as li, quick_client(application(runtime)) as here:
            own = {"authorization": f"Bearer {li.token}"}
            assert li.get("/auth/me").json()["id"] == "li"
            assert here.get("/api/v1/auth/me", headers=own).status_code == 401
            assert li.get("/auth/me").json()["id"] == "li"
    finally:
        other.close()


def test_files_beside_the_database_are_copied_and_the_database_is_not(tmp_path: Any) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    (home / "files" / "ab").mkdir(parents=True)
    (home / "files" / "ab" / "1").write_text("1")
    (home / "keys.json").write_text("{}")
    (home / STORE).write_text("a database")
    copy.mkdir()
    Prepared("", home, (), None).copy_files(copy)
    assert sorted(str(each.relative_to(copy)) for each in copy.rglob("*") if each.is_file()) == [
        "files/ab/1",
        "keys.json",
    ]
