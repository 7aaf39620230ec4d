"""Records of another app on every other way in and out: files, paper, views, rules, conditions, defaults."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from tests.forms.across_apps.two_apps import ALL, put, visits
from tests.forms.imports.desk import run_import
from tests.forms.shop import field, name

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from tests.support.client import AsUser, SignedIn

FORM = "/apps/visits/forms/visit"
RECORDS = f"{FORM}/records"


@pytest.fixture
def filled(ids: dict[str, str], as_user: AsUser) -> dict[str, str]:
    """A visit to Ann and one to Bob, who go to each other's."""
    root = as_user("root")
    for title, who, helper in (("a", "ann", "bob"), ("b", "bob", "ann")):
        made = root.post(RECORDS, {"title": title, "employee": ids[who], "helpers": [ids[helper]]})
        ids[title] = made.json()["id"]
    return ids


def exported(runtime: Runtime, who: SignedIn, **options: Any) -> list[dict[str, str]]:
    made = who.post(f"{FORM}/exports", {"format": "csv", "headers": "key", **options})
    assert made.status_code == 202, made.text
    Worker(runtime).run_due()
    file = who.get(f"{FORM}/exports/{made.json()['id']}/file")
    assert file.status_code == 200, file.text
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def test_exports_name_records_of_the_other_app_as_far_as_they_are_seen(
    filled: dict[str, str], runtime: Runtime, as_user: AsUser
) -> None:
    fields = ["title", "employee", "helpers", "employee.unit.name", "told"]
    zhao = exported(runtime, as_user("zhao"), fields=fields)
    assert {each["title"]: each["employee"] for each in zhao} == {"a": "A1", "b": "B1"}
    assert {each["title"]: each["helpers"] for each in zhao} == {"a": "B1", "b": "A1"}
    assert {each["title"]: each["employee.unit.name"] for each in zhao} == {"a": "Team", "b": "South"}
    li = {each["title"]: each for each in exported(runtime, as_user("li"), fields=fields)}
    assert (li["a"]["employee"], li["a"]["helpers"], li["a"]["told"]) == ("A1", filled["bob"], "Ann")
    assert (li["b"]["employee"], li["b"]["employee.unit.name"], li["b"]["told"]) == (filled["bob"], "", "")


@pytest.mark.parametrize("careful", [False, True], ids=["many at once", "one by one"])
def test_imports_find_records_of_the_other_app_by_their_key(
    ids: dict[str, str], runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, careful: bool
) -> None:
    from forms.imports import sets

    if careful:
        monkeypatch.setattr(sets, "may_be_quick", lambda *_: False)
    lines = ["title,employee,helpers", "a,A1,B1", "b,Nobody,", f"c,{ids['bob']},A1", "d,Ann,"]
    done = run_import(runtime, "visit", "\n".join(lines).encode(), tmp_path, app="visits")
    assert done.report["counts"]["inserted"] == 3
    assert [(each["row"], each["code"]) for each in done.report["errors"]] == [(3, "not_found")]
    with runtime.reading(SYSTEM) as work:
        form = work.app("visits").kind("form")["visit"]
        found = dict(work.rows(f"SELECT title, employee FROM {form.table}"))
    assert found == {"a": ids["ann"], "c": ids["bob"], "d": ids["ann"]}


def test_who_imports_finds_only_whom_they_may_see(
    ids: dict[str, str], runtime: Runtime, tmp_path: Path, principal: Any
) -> None:
    lines = ["title,employee", "a,A1", "b,B1", f"c,{ids['bob']}"]
    done = run_import(
        runtime, "visit", "\n".join(lines).encode(), tmp_path, app="visits", who=principal("li")
    )
    assert [(each["row"], each["code"]) for each in done.report["errors"]] == [
        (3, "not_found"),
        (4, "not_found"),
    ]


def test_paper_shows_of_the_other_app_what_its_roles_show(filled: dict[str, str], as_user: AsUser) -> None:
    pages = {
        (user, title): as_user(user).get(f"{RECORDS}/{filled[title]}/print/sheet?format=html").text
        for user in ("li", "zhao")
        for title in ("a", "b")
    }
    assert "Ann" in pages["zhao", "a"]
    assert "Team" in pages["zhao", "a"]
    assert "9,000" in pages["zhao", "a"]
    assert "Ann" in pages["li", "a"]
    assert "Team" in pages["li", "a"]
    assert "9,000" not in pages["li", "a"]
    assert "Bob" in pages["zhao", "b"]
    assert "Bob" not in pages["li", "b"]
    assert "South" not in pages["li", "b"]


def test_views_have_columns_and_filters_of_the_other_app(
    filled: dict[str, str], runtime: Runtime, as_user: AsUser
) -> None:
    documents = visits()
    documents["view"] = {
        "north": {
            "key": "north",
            "label": name("north"),
            "form": "visit",
            "layout": "list",
            "columns": ["title", "employee.name", "employee.unit.name"],
            "filter": f'UNDER(employee.unit, "{filled["north"]}")',
            "sort": "employee.name",
        }
    }
    put(runtime, documents)
    answer = as_user("zhao").get("/apps/visits/views/north/records")
    assert [each["employee"]["name"] for each in answer.json()["items"]] == ["Ann"]


def test_rows_may_be_granted_by_what_stands_in_the_other_app(
    filled: dict[str, str], runtime: Runtime, as_user: AsUser
) -> None:
    """Whether the reader may see it there or not: the condition is the app's, not the reader's."""
    documents = visits()
    grant = {"form": "visit", "actions": ALL}
    documents["role"]["regional_manager"]["grants"] = [{**grant, "where": "employee.level >= 4"}]
    documents["role"]["sales_rep"]["grants"] = [
        grant,
        {"form": "visit", "deny": True, "actions": ["view"], "where": 'employee.unit.name = "South"'},
    ]
    put(runtime, documents)
    titles = {
        user: [each["title"] for each in as_user(user).get(RECORDS).json()["items"]]
        for user in ("wang", "li")
    }
    assert titles == {"wang": ["a"], "li": ["a"]}
    assert as_user("li").get(f"{RECORDS}/{filled['b']}").status_code == 404
    assert as_user("wang").get(f"{RECORDS}/{filled['b']}").status_code == 404
    # in memory as in SQL
    refused = as_user("wang").patch(f"{RECORDS}/{filled['a']}", {"employee": filled["bob"]})
    assert refused.status_code in (403, 422)


def test_scopes_and_days_of_the_other_app_are_its_own(
    filled: dict[str, str], runtime: Runtime, as_user: AsUser
) -> None:
    """`$led` means in hr what hr says, even where visits have a scope of that name; so do its days."""
    documents = visits()
    documents["scope"] = {"led": {"key": "led", "form": "visit", "where": 'title = "b"'}}
    documents["role"]["sales_rep"]["grants"][0]["where"] = "id in $led"
    put(runtime, documents)
    answer = as_user("li").get(RECORDS, params={"fields": "title,employee.name"}).json()["items"]
    assert answer == [
        {
            "id": filled["b"],
            "rev": 1,
            "version": 1,
            "title": "b",
            "employee": {"id": filled["bob"], "name": None},
        }
    ]


def test_what_happens_at_an_event_reads_the_other_app_as_it_is(
    ids: dict[str, str], runtime: Runtime, as_user: AsUser
) -> None:
    documents = visits(
        field("unit_then", "text", default={"expr": "employee.unit.name"}),
        field("secret", "text", visible="employee.level > 3"),
    )
    form = documents["form"]["visit"]
    form["validations"] = [
        {"code": "too_high", "expr": "ISBLANK(employee) or employee.level < 9", "message": name("x")}
    ]
    documents["rule"] = {
        "noted": {
            "key": "noted",
            "label": name("noted"),
            "form": "visit",
            "trigger": {"type": "created"},
            "when": 'employee.unit.lead = $me or employee.unit.above.lead = "li"',
            "actions": [
                {
                    "type": "set_fields",
                    "set": {"note": {"expr": 'employee.name & " at " & employee.unit.name'}},
                }
            ],
        }
    }
    put(runtime, documents)
    root = as_user("root")
    made = root.post(RECORDS, {"title": "a", "employee": ids["ann"], "secret": "s"}).json()
    assert (made["note"], made["unit_then"], made["secret"]) == ("Ann at Team", "Team", "s")
    plain = root.post(RECORDS, {"title": "b", "employee": ids["bob"], "secret": "s"}).json()
    assert (plain["note"], plain["unit_then"], plain["secret"]) == (None, "South", None)
    root.patch(f"/apps/hr/forms/employee/records/{ids['ann']}", {"level": 9})
    refused = root.post(RECORDS, {"title": "c", "employee": ids["ann"]})
    assert refused.json()["errors"][0]["code"] == "too_high"


def test_a_rule_makes_records_for_rows_of_the_other_app(
    ids: dict[str, str], runtime: Runtime, as_user: AsUser
) -> None:
    documents = visits()
    documents["form"]["task"] = {"key": "task", "label": name("task"), "fields": [field("text", "text")]}
    documents["rule"] = {
        "tasks": {
            "key": "tasks",
            "label": name("tasks"),
            "form": "visit",
            "trigger": {"type": "created"},
            "actions": [
                {
                    "type": "create_record",
                    "form": "task",
                    "for_each": "employee.skills",
                    "set": {"text": {"expr": "row.skill"}},
                }
            ],
        }
    }
    put(runtime, documents)
    as_user("root").post(RECORDS, {"title": "a", "employee": ids["ann"]})
    found = as_user("root").get("/apps/visits/forms/task/records").json()["items"]
    assert {each["text"] for each in found} == {"law", "tax"}


def test_reports_group_by_what_the_other_app_shows(
    filled: dict[str, str], runtime: Runtime, as_user: AsUser
) -> None:
    documents = visits()
    spec = {
        "from": "visit",
        "dimensions": [{"id": "unit", "field": "employee.unit.name"}],
        "measures": [{"id": "n", "agg": "count"}, {"id": "top", "agg": "max", "field": "employee.level"}],
    }
    documents["report"] = {"units": {"key": "units", "label": name("units"), **spec}}
    documents["role"]["finance"]["grants"].append(
        {"form": "visit", "deny": True, "actions": ["view"], "where": "employee.level > 5"}
    )
    put(runtime, documents)

    def rows(user: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
        answer = as_user(user).post("/apps/visits/draft/reports:preview", asked)
        assert answer.status_code == 200, answer.text
        return sorted((tuple(each.values()) for each in answer.json()["rows"]), key=str)

    assert rows("zhao", spec) == [("South", 1, 2), ("Team", 1, 4)]
    assert rows("li", spec) == [("Team", 1, 4), (None, 1, None)]
    people = {**spec, "dimensions": [{"id": "who", "field": "employee"}]}
    named = {each[0]["label"] for each in rows("li", people)}
    assert named == {"Ann", None}
    pay = {**spec, "measures": [{"id": "pay", "agg": "sum", "field": "employee.salary"}]}
    refused = as_user("li").post("/apps/visits/draft/reports:preview", pay)
    assert "unknown_field" in refused.text
    as_user("root").patch(f"/apps/hr/forms/employee/records/{filled['ann']}", {"level": 7})
    assert rows("zhao", spec) == [("South", 1, 2)]
