"""What people read of records of another app: as much as that app's own roles show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import NotPublishable
from engine.reads.keeper import keeper_of
from tests.forms.across_apps.two_apps import EMPLOYEE, UNIT, VISITS, hr, put, visits
from tests.forms.shop import field

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from tests.support.client import AsUser, SignedIn

RECORDS = "/apps/visits/forms/visit/records"


def visit(who: SignedIn, **values: Any) -> dict[str, Any]:
    answer = who.post(RECORDS, {"title": "First", **values})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(who: SignedIn, **asked: str) -> list[dict[str, Any]]:
    answer = who.get(RECORDS, params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_paths_lead_through_a_record_of_another_app_and_on(ids: dict[str, str], as_user: AsUser) -> None:
    root = as_user("root")
    visit(root, employee=ids["ann"])
    [found] = listed(
        root, fields="title,employee.name,employee.unit.name,employee.unit.above.name,employee.rank"
    )
    assert found["employee"] == {
        "id": ids["ann"],
        "name": "Ann",
        "unit": {"id": ids["team"], "name": "Team", "above": {"id": ids["north"], "name": "North"}},
        "rank": 40,
    }


def test_a_lookup_and_a_formula_are_read_from_the_other_app_as_it_is_now(
    ids: dict[str, str], as_user: AsUser
) -> None:
    root = as_user("root")
    made = visit(root, employee=ids["ann"])
    assert (made["told"], made["double"]) == ("Ann", 8)
    root.patch(f"/apps/hr/forms/employee/records/{ids['ann']}", {"name": "Anna", "level": 5})
    found = root.get(f"{RECORDS}/{made['id']}").json()
    assert (found["told"], found["double"]) == ("Anna", 10)


def test_rows_and_fields_are_those_that_the_other_app_shows(ids: dict[str, str], as_user: AsUser) -> None:
    visit(as_user("root"), title="a", employee=ids["ann"])
    visit(as_user("root"), title="b", employee=ids["bob"])
    asked = {"fields": "title,employee.name,told", "sort": "title"}
    li, zhao = (listed(as_user(user), **asked) for user in ("li", "zhao"))
    # Li leads the unit above Ann's; finance sees everybody; Wang has no role in hr
    wang = listed(as_user("wang"), fields="title,told", sort="title")
    assert as_user("wang").get(RECORDS, params=asked).json()["code"] == "unknown_field"
    assert [each["employee"] for each in li] == [
        {"id": ids["ann"], "name": "Ann"},
        {"id": ids["bob"], "name": None},
    ]
    assert [each["told"] for each in li] == ["Ann", None]
    assert [each["told"] for each in zhao] == ["Ann", "Bob"]
    assert [each["told"] for each in wang] == [None, None]


def test_a_hidden_field_of_the_other_app_is_one_that_does_not_exist(
    ids: dict[str, str], as_user: AsUser
) -> None:
    visit(as_user("root"), employee=ids["ann"])
    li = as_user("li")
    for asked in (
        {"fields": "employee.salary"},
        {"sort": "employee.salary"},
        {"filter": "employee.salary > 1"},
        {"fields": "employee.nothing"},
        {"filter": "employee.nothing > 1"},
        {"filter": "employee.phone = '+8613812345678'"},
    ):
        answer = li.get(RECORDS, params=asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field"), asked
    assert listed(as_user("zhao"), filter="employee.salary > 1", fields="employee.salary")


def test_filters_and_orders_reach_into_the_other_app(ids: dict[str, str], as_user: AsUser) -> None:
    root = as_user("root")
    visit(root, title="a", employee=ids["ann"])
    visit(root, title="b", employee=ids["bob"])
    visit(root, title="c")
    zhao, li = as_user("zhao"), as_user("li")
    assert [each["title"] for each in listed(zhao, sort="-employee.level")] == ["a", "b", "c"]
    assert [each["title"] for each in listed(zhao, filter='employee.unit.name = "South"')] == ["b"]
    assert listed(li, filter='employee.unit.name = "South"') == []
    under = f'UNDER(employee.unit, "{ids["north"]}")'
    assert [each["title"] for each in listed(zhao, filter=under)] == ["a"]
    assert [each["title"] for each in listed(zhao, filter="SUM(employee.skills.grade) = 8")] == ["a"]
    assert [each["title"] for each in listed(zhao, filter="employee.years > 3")] == ["b", "a"]


def test_lists_of_references_show_the_records_of_the_other_app(ids: dict[str, str], as_user: AsUser) -> None:
    made = visit(
        as_user("root"), helpers=[ids["bob"], ids["ann"]], stops=[{"place": "x", "guide": ids["ann"]}]
    )
    path = f"{RECORDS}/{made['id']}?fields=helpers.name,helpers.unit.name,stops.place,stops.guide.name"
    zhao = as_user("zhao").get(path).json()
    assert [each["name"] for each in zhao["helpers"]] == ["Bob", "Ann"]
    assert [each["unit"]["name"] for each in zhao["helpers"]] == ["South", "Team"]
    assert zhao["stops"][0]["guide"] == {"id": ids["ann"], "name": "Ann"}
    li = as_user("li").get(path).json()
    assert [each["name"] for each in li["helpers"]] == [None, "Ann"]


def test_who_may_not_see_a_record_there_cannot_refer_to_it(ids: dict[str, str], as_user: AsUser) -> None:
    li = as_user("li")
    assert visit(li, employee=ids["ann"], helpers=[ids["ann"]])["employee"] == ids["ann"]
    answers = [
        li.post(RECORDS, {"title": "x", "employee": target}).json()
        for target in (ids["bob"], "no-such-record")
    ]
    assert [each["code"] for each in answers] == ["invalid", "invalid"]
    assert answers[0]["errors"] == answers[1]["errors"]
    assert answers[0]["errors"][0]["code"] == "not_found"
    several = li.post(RECORDS, {"title": "x", "helpers": [ids["ann"], ids["bob"]]}).json()
    assert several["errors"][0]["pointer"] == "/helpers/1"
    root = as_user("root").post(RECORDS, {"title": "x", "employee": "no-such-record"}).json()
    assert root["errors"][0]["code"] == "not_found"


def test_groups_and_sums_reach_into_the_other_app(ids: dict[str, str], as_user: AsUser) -> None:
    for title, employee in (("a", "ann"), ("b", "ann"), ("c", "bob")):
        visit(as_user("root"), title=title, employee=ids[employee])
    asked = {"by": ["employee.name"], "measures": {"n": {"agg": "count"}}}
    answer = as_user("zhao").post("/apps/visits/forms/visit/records:aggregate", asked)
    assert answer.status_code == 200, answer.text
    assert {each["employee.name"]: each["n"] for each in answer.json()["items"]} == {"Ann": 2, "Bob": 1}
    li = as_user("li").post("/apps/visits/forms/visit/records:aggregate", asked).json()
    assert {each["employee.name"]: each["n"] for each in li["items"]} == {"Ann": 2, None: 1}


def test_a_token_for_one_app_does_not_read_through_to_the_other(ids: dict[str, str], as_user: AsUser) -> None:
    zhao = as_user("zhao")
    visit(zhao, employee=ids["ann"])
    made = zhao.post("/auth/tokens", {"label": "visits only", "apps": ["visits"]})
    assert made.status_code == 201, made.text
    headers = {"authorization": f"Bearer {made.json()['token']}"}
    answers = [
        zhao.client.get(f"/api/v1{RECORDS}", params={"fields": name}, headers=headers).json()
        for name in ("employee,told", "employee.name")
    ]
    assert answers[0]["items"][0]["employee"] == ids["ann"]
    assert answers[0]["items"][0]["told"] is None
    assert answers[1]["code"] == "unknown_field"


def test_encrypted_fields_of_the_other_app_are_compared_whole_and_go_nowhere(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    secret = {**EMPLOYEE, "fields": [*EMPLOYEE["fields"], field("badge", "text", encrypt=True, index=True)]}
    put(runtime, hr(employee=secret))
    put(runtime, VISITS)
    root = as_user("root")
    person = root.post("/apps/hr/forms/employee/records", {"name": "Ann", "badge": "B-77"}).json()["id"]
    visit(root, employee=person)
    assert len(listed(root, filter='employee.badge = "B-77"')) == 1
    assert listed(root, filter='employee.badge = "B-78"') == []
    assert listed(root, fields="employee.badge")[0]["employee"]["badge"] == "B-77"
    assert root.get(RECORDS, params={"filter": 'employee.badge > "A"'}).json()["code"] == "whole_value_only"
    for kept in (
        field("told_badge", "lookup", path="employee.badge"),
        field("made", "formula", result={"type": "text"}, expr='employee.badge & "x"'),
        field("first", "text", default={"expr": "employee.badge"}),
    ):
        with pytest.raises(NotPublishable) as refused:
            put(runtime, visits(kept))
        assert {each.code for each in refused.value.findings} <= {"reads_encrypted", "encrypted_in_sql"}


def test_reads_of_marked_fields_of_the_other_app_are_logged(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    watched = {**EMPLOYEE, "fields": [*EMPLOYEE["fields"], field("home", "text", log_reads=True)]}
    put(runtime, hr(employee=watched))
    put(runtime, VISITS)
    root = as_user("root")
    person = root.post("/apps/hr/forms/employee/records", {"name": "Ann", "home": "Main St"}).json()["id"]
    made = visit(root, employee=person)
    root.get(f"{RECORDS}/{made['id']}", params={"fields": "employee.home"})
    keeper_of(runtime).store()
    found = root.get("/log/reads", params={"app": "visits"})
    assert "employee.home" in found.text, found.text


def test_what_the_other_app_computes_of_its_own_records_is_read_like_a_field(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    counting = [
        field("people", "backlink", form="employee", link="unit"),
        field("heads", "formula", result={"type": "int"}, expr="COUNT(people, level > 1)"),
        field("all", "rollup", form="employee", link="unit", agg="count"),
        field(
            "live",
            "rollup",
            form="employee",
            link="unit",
            agg="sum",
            field="level",
            where="unit.lead = owner",
        ),
    ]
    put(runtime, hr(unit={**UNIT, "fields": [*UNIT["fields"], *counting]}))
    put(runtime, VISITS)
    root = as_user("root")
    unit = root.post("/apps/hr/forms/unit/records", {"name": "North", "lead": "root"}).json()["id"]
    for level in (1, 2, 3):
        made = root.post(
            "/apps/hr/forms/employee/records", {"name": f"n{level}", "unit": unit, "level": level}
        )
    visit(root, employee=made.json()["id"])
    [found] = listed(root, fields="employee.unit.heads,employee.unit.all,employee.unit.live")
    assert {key: found["employee"]["unit"][key] for key in ("heads", "all", "live")} == {
        "heads": 2,
        "all": 3,
        "live": 6,
    }
    assert len(listed(root, filter="employee.unit.heads = 2 and employee.unit.live > 5")) == 1
