"""Apps as files: other apps are given with them, or taken from the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api.boot import BUILT_INS
from api.scratch import run_cases, suites_of
from engine.definitions.check import check_app, kinds
from engine.definitions.folder import folder_files, write_folder
from engine.definitions.neighbours import with_apps
from engine.definitions.package import pack
from engine.plugins import extensions
from engine.registry import fill
from tests.forms.across_apps.two_apps import EMPLOYEE, HR, VISITS, hr, visits
from tests.forms.shop import field, name

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from tests.support.client import AsUser


@pytest.fixture(scope="module")
def registries() -> Any:
    return fill(extensions(BUILT_INS))


def test_a_check_names_the_app_that_is_missing(registries: Any) -> None:
    alone = check_app(VISITS, registries).findings
    assert {each.code for each in alone if each.level == "error"} >= {"unknown_app"}
    assert "--with" in next(each for each in alone if each.code == "unknown_app").fix["en"]
    assert check_app(VISITS, with_apps(registries, {"hr": HR})).findings == ()


def test_apps_that_refer_to_each_other_are_checked_beside_each_other(registries: Any) -> None:
    back = [field("last", "ref", form="visits.visit"), field("last_title", "lookup", path="last.title")]
    there = hr(employee={**EMPLOYEE, "fields": [*EMPLOYEE["fields"], *back]})
    here = visits(field("again", "lookup", path="employee.last.title"))
    assert check_app(here, with_apps(registries, {"hr": there})).findings == ()
    assert check_app(there, with_apps(registries, {"visits": here})).findings == ()


def test_the_command_takes_other_apps_as_folders(registries: Any, tmp_path: Path) -> None:
    from api.cli.main import app as command

    write_folder(tmp_path / "hr", HR, kinds(registries))
    write_folder(tmp_path / "visits", VISITS, kinds(registries))
    asked = ["app", "check", str(tmp_path / "visits")]
    alone = CliRunner().invoke(command, asked)
    assert alone.exit_code == 1
    together = CliRunner().invoke(command, [*asked, "--with", str(tmp_path / "hr")])
    assert together.exit_code == 0, together.output


def test_a_zip_is_checked_beside_the_published_apps(runtime: Runtime, both: None, as_user: AsUser) -> None:
    content = pack(
        folder_files(visits(field("level", "lookup", path="employee.level")), kinds(runtime.registries))
    )
    root = as_user("root")
    headers = {"content-type": "application/zip"}
    checked = root.request("POST", "/apps:check", content=content, headers=headers).json()
    assert checked == {"ok": True, "findings": []}
    planned = root.request("POST", "/apps:plan", content=content, headers=headers).json()
    assert (planned["ok"], planned["version"]) == (True, 2)


SUITE = {
    "key": "visits",
    "label": name("visits"),
    "at": "2026-03-02T10:00:00",
    "people": {
        "departments": [{"id": "all", "name": name("all")}],
        "users": [{"id": "ann", "name": name("ann"), "dept": "all", "roles": ["finance"]}],
    },
    "cases": [
        {
            "key": "made",
            "steps": [
                {"type": "create", "as": "ann", "form": "visit", "name": "trip", "values": {"title": "x"}},
                {"type": "expect", "as": "ann", "record": "$trip", "values": {"title": "x", "double": None}},
            ],
        }
    ],
}


def test_test_cases_run_beside_the_other_apps_even_in_a_circle(registries: Any) -> None:
    back = {**EMPLOYEE, "fields": [*EMPLOYEE["fields"], field("last", "ref", form="visits.visit")]}
    apps = {"hr": hr(employee=back)}
    documents = {**VISITS, "test": {"visits": SUITE}}
    suites = suites_of(documents, with_apps(registries, apps))
    [case] = run_cases(documents, suites, apps=apps)
    assert case.ok, case.findings


def test_uses_of_a_part_are_listed_in_other_apps_too(both: None, as_user: AsUser) -> None:
    answer = as_user("root").get("/apps/hr/draft/uses", params={"of": "/forms/employee/fields/level"})
    assert answer.status_code == 200, answer.text
    pointers = {each["pointer"] for each in answer.json()["items"]}
    assert "/apps/visits/forms/visit/fields/double/expr" in pointers
    assert "/forms/employee/fields/rank/expr" in pointers


def test_an_expression_is_tried_in_its_place_with_names_of_the_other_app(both: None, as_user: AsUser) -> None:
    context = {"kind": "form", "key": "visit", "pointer": "/fields/4/expr"}
    asked = {"expression": "employee.level + employee.rank", "context": context}
    answer = as_user("root").post("/apps/visits/draft/expressions:check", asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ok"], answer.json()


def test_a_rename_rewrites_paths_that_pass_the_other_app(both: None, as_user: AsUser) -> None:
    root = as_user("root")
    step = {"step": "rename", "of": "/forms/visit/fields/employee", "to": "person"}
    answer = root.post("/apps/visits/draft:guide", step)
    assert answer.status_code == 200, answer.text
    form = root.get("/apps/visits/draft/form/visit").json()
    assert next(each for each in form["fields"] if each["key"] == "told")["path"] == "person.name"
    assert root.post("/apps/visits/draft:publish").status_code == 200
