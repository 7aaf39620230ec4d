"""Apps that refer to each other are checked together, whichever of them is published."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from engine.definitions.publish import prepare, publish
from engine.errors import NotPublishable
from engine.findings import has_errors
from engine.identity.principal import SYSTEM
from tests.forms.across_apps.two_apps import EMPLOYEE, HR, VISITS, app_of, hr, put, visits, without
from tests.forms.shop import field, name

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from tests.support.client import AsUser

RECORDS = "/apps/visits/forms/visit/records"


def refused(runtime: Runtime, documents: Any, **wish: Any) -> list[tuple[str, str]]:
    with pytest.raises(NotPublishable) as stopped:
        put(runtime, documents, **wish)
    return [(each.code, each.pointer) for each in stopped.value.findings]


@pytest.mark.database("sqlite")
def test_the_other_app_has_to_be_there_first(runtime: Runtime) -> None:
    found = refused(runtime, VISITS)
    assert ("unknown_app", "/forms/visit/fields/1/form") in found
    put(runtime, HR)
    put(runtime, VISITS)


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"employee": {"form": "hr.person"}}, "unknown_form", "/forms/visit/fields/1/form"),
        ({"employee": {"on_delete": "set_null"}}, "on_delete_abroad", "/forms/visit/fields/1/on_delete"),
        ({"employee": {"on_delete": "cascade"}}, "on_delete_abroad", "/forms/visit/fields/1/on_delete"),
        ({"employee": {"form": "visits.visit"}}, "unknown_form", "/forms/visit/fields/1/form"),
        ({"told": {"path": "employee.nothing"}}, "unknown_field", "/forms/visit/fields/3/path"),
        ({"told": {"type": "copy"}}, "kept_from_other_app", "/forms/visit/fields/3/path"),
    ],
)
def test_what_cannot_be_said_of_another_app_is_a_finding(
    runtime: Runtime, changed: dict[str, Any], code: str, pointer: str
) -> None:
    put(runtime, HR)
    assert (code, pointer) in refused(runtime, visits(**changed))


@pytest.mark.database("sqlite")
def test_a_unique_constraint_does_not_depend_on_another_app(runtime: Runtime) -> None:
    put(runtime, HR)
    documents = visits()
    documents["form"]["visit"]["unique"] = [{"fields": ["note"], "when": "employee.level > 1"}]
    assert refused(runtime, documents) == [("kept_from_other_app", "/forms/visit/unique/0/when")]


def test_removing_what_another_app_uses_is_refused_and_says_where(runtime: Runtime, both: None) -> None:
    found = refused(runtime, hr(employee=without(EMPLOYEE, "level", "rank", "years")))
    assert ("breaks_other_app", "/apps/visits/forms/visit/fields/double/expr") in found
    assert {code for code, _ in found} == {"breaks_other_app"}
    put(runtime, hr(employee=without(EMPLOYEE, "no")))


@pytest.mark.database("sqlite")
def test_a_change_of_type_that_another_app_cannot_live_with_is_refused(runtime: Runtime, both: None) -> None:
    fields = [field("level", "date") if each["key"] == "level" else each for each in EMPLOYEE["fields"]]
    changed = without({**EMPLOYEE, "fields": fields}, "rank", "years")
    found = refused(runtime, hr(employee=changed))
    assert ("breaks_other_app", "/apps/visits/forms/visit/fields/double/expr") in found


@pytest.mark.database("sqlite")
def test_a_form_that_another_app_refers_to_is_not_removed(runtime: Runtime, both: None) -> None:
    documents = hr()
    del documents["form"]["employee"]
    documents["role"] = {}
    found = refused(runtime, documents)
    assert ("breaks_other_app", "/apps/visits/forms/visit/fields/employee/form") in found


def test_what_is_forced_is_switched_off_there_and_comes_back_by_itself(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    root = as_user("root")
    made = root.post(RECORDS, {"title": "a", "employee": ids["ann"]}).json()
    assert made["double"] == 8
    less = hr(employee=without(EMPLOYEE, "level", "rank", "years"))
    done = put(runtime, less, force=["/apps/visits"])
    assert "switched_off" in {finding.code for finding in done.findings}
    found = root.get(f"{RECORDS}/{made['id']}").json()
    assert "double" not in found
    assert found["told"] == "Ann"
    assert {part.pointer for part in app_of(runtime, "visits").broken} == {"/forms/visit/fields/double/expr"}
    put(runtime, HR)
    assert root.get(f"{RECORDS}/{made['id']}").json()["double"] == 8
    assert app_of(runtime, "visits").broken == ()


@pytest.mark.database("sqlite")
def test_force_that_breaks_nothing_is_a_mistake(runtime: Runtime, both: None) -> None:
    assert refused(runtime, hr(employee=without(EMPLOYEE, "no")), force=["/apps/visits"]) == [
        ("nothing_to_force", "/apps/visits")
    ]


def test_a_new_version_of_the_other_app_is_seen_at_once(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    root = as_user("root")
    root.post(RECORDS, {"title": "a", "employee": ids["ann"]})
    more = {**EMPLOYEE, "fields": [*EMPLOYEE["fields"], field("nick", "text", default="Nick")]}
    put(runtime, hr(employee=more))
    root.patch(f"/apps/hr/forms/employee/records/{ids['ann']}", {"nick": "Annie"})
    [found] = root.get(RECORDS, params={"fields": "employee.nick"}).json()["items"]
    assert found["employee"]["nick"] == "Annie"
    # roles of the other app, too
    open_ = hr(employee=more)
    open_["role"]["sales_rep"]["grants"][0] = {"form": "employee", "actions": ["list", "view"]}
    put(runtime, open_)
    [found] = as_user("li").get(RECORDS, params={"fields": "employee.salary"}).json()["items"]
    assert found["employee"]["salary"] == "9000.00"


def test_a_field_that_names_another_app_keeps_its_values_through_versions(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    root = as_user("root")
    made = root.post(RECORDS, {"title": "a", "employee": ids["ann"], "helpers": [ids["bob"]]}).json()
    put(runtime, visits(field("more", "text", default="x")))
    found = root.get(f"{RECORDS}/{made['id']}").json()
    assert (found["employee"], found["helpers"]) == (ids["ann"], [ids["bob"]])


def circle(runtime: Runtime) -> None:
    """hr refers to visits, which refer to hr."""
    put(runtime, HR)
    put(runtime, VISITS)
    back = [
        field("last", "ref", form="visits.visit"),
        field("last_title", "lookup", path="last.title"),
        field("own_level", "formula", result={"type": "int"}, expr="last.employee.level + 1"),
    ]
    put(runtime, hr(employee={**EMPLOYEE, "fields": [*EMPLOYEE["fields"], *back]}))


def test_two_apps_may_refer_to_each_other(runtime: Runtime, ids: dict[str, str], as_user: AsUser) -> None:
    circle(runtime)
    root = as_user("root")
    made = root.post(RECORDS, {"title": "a", "employee": ids["ann"]}).json()
    root.patch(f"/apps/hr/forms/employee/records/{ids['ann']}", {"last": made["id"]})
    person = root.get(f"/apps/hr/forms/employee/records/{ids['ann']}").json()
    assert (person["last_title"], person["own_level"]) == ("a", 5)
    [found] = root.get(
        RECORDS, params={"fields": "employee.last.title,employee.own_level,employee.last.employee.name"}
    ).json()["items"]
    assert found["employee"]["last"]["title"] == "a"
    assert found["employee"]["last"]["employee"]["name"] == "Ann"
    assert found["employee"]["own_level"] == 5
    put(runtime, visits(field("more", "text")))
    put(runtime, hr(employee={**EMPLOYEE, "fields": [*EMPLOYEE["fields"], field("more", "text")]}))
    assert root.get(RECORDS, params={"fields": "employee.name"}).status_code == 200


def test_a_third_app_is_reached_through_the_second(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    trip = {
        "key": "trip",
        "label": name("trip"),
        "fields": [
            field("name", "text"),
            field("visit", "ref", form="visits.visit"),
            field("rank", "formula", result={"type": "int"}, expr="visit.employee.rank + 1"),
        ],
    }
    put(runtime, {"app": {"trips": {"key": "trips", "label": name("trips")}}, "form": {"trip": trip}})
    root = as_user("root")
    made = root.post(RECORDS, {"title": "a", "employee": ids["ann"]}).json()
    root.post("/apps/trips/forms/trip/records", {"name": "t", "visit": made["id"]})
    asked = {"fields": "rank,visit.employee.unit.name,visit.told,visit.double"}
    answer = root.get("/apps/trips/forms/trip/records", params=asked)
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["items"]
    assert found["visit"]["employee"]["unit"]["name"] == "Team"
    assert found["rank"] == 41
    assert (found["visit"]["told"], found["visit"]["double"]) == ("Ann", 8)


def test_who_lets_expressions_read_another_app_answers_for_both(
    runtime: Runtime, both: None, as_user: AsUser
) -> None:
    root, li = as_user("root"), as_user("li")
    assert root.put("/apps/visits/designers", {"users": ["li"]}).status_code == 200
    form = visits(field("pay", "formula", result={"type": "money"}, expr="employee.salary"))["form"]["visit"]
    assert li.put("/apps/visits/draft/form/visit", form).status_code in (200, 204)
    plan = li.post("/apps/visits/draft:plan").json()
    assert [(each["code"], each["pointer"]) for each in plan["findings"]] == [
        ("needs_designer_of_other_app", "/apps/hr")
    ]
    assert "hr.employee.salary" in plan["findings"][0]["message"]["en"]
    assert li.post("/apps/visits/draft:publish").status_code == 422
    assert root.put("/apps/hr/designers", {"users": ["li"]}).status_code == 200
    assert li.post("/apps/visits/draft:publish").status_code == 200
    root.put("/apps/hr/designers", {"users": []})
    # what it reads by now, it goes on reading
    changed = deepcopy(form)
    changed["fields"].append(field("more", "text"))
    li.put("/apps/visits/draft/form/visit", changed)
    assert li.post("/apps/visits/draft:publish").status_code == 200


def test_a_pilot_group_sees_the_version_of_the_other_app_that_it_tries(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    from engine.definitions.pilot import PilotGroup

    root = as_user("root")
    root.post(RECORDS, {"title": "a", "employee": ids["ann"]})
    more = {**EMPLOYEE, "fields": [*EMPLOYEE["fields"], field("nick", "text")]}
    put(runtime, hr(employee=more), pilot=PilotGroup(users=("zhao",)))
    asked = {"fields": "employee.nick"}
    answers = [
        as_user(user).get(RECORDS, params=asked).status_code for user in ("zhao", "root", "zhao", "root")
    ]
    assert answers == [200, 422, 200, 422]


def test_other_processes_hear_of_a_new_version_of_the_other_app(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    from api.boot import build

    root = as_user("root")
    root.post(RECORDS, {"title": "a", "employee": ids["ann"]})
    elsewhere = build(runtime.settings, clock=runtime.clock)
    try:
        with elsewhere.unit_of_work(SYSTEM) as work:
            assert "nick" not in work.app("visits").others["hr"].kind("form")["employee"].fields
        put(runtime, hr(employee={**EMPLOYEE, "fields": [*EMPLOYEE["fields"], field("nick", "text")]}))
        with elsewhere.unit_of_work(SYSTEM) as work:
            assert "nick" in work.app("visits").others["hr"].kind("form")["employee"].fields
    finally:
        elsewhere.close()


def test_a_reference_may_move_from_a_form_of_its_own_to_one_of_another_app(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    root = as_user("root")
    person = {"key": "person", "label": name("person"), "fields": [field("name", "text")]}
    trip = {
        "key": "trip",
        "label": name("trip"),
        "fields": [
            field("name", "text"),
            field("who", "ref", form="person"),
            field("all", "refs", form="person"),
        ],
    }
    trips = {
        "app": {"trips": {"key": "trips", "label": name("trips")}},
        "form": {"person": person, "trip": trip},
    }
    put(runtime, trips)
    base = "/apps/trips/forms"
    own = root.post(f"{base}/person/records", {"name": "Zed"}).json()["id"]
    made = root.post(f"{base}/trip/records", {"name": "t", "who": own, "all": [own]}).json()
    abroad = deepcopy(trips)
    abroad["form"]["trip"]["fields"][1]["form"] = "hr.employee"
    abroad["form"]["trip"]["fields"][2]["form"] = "hr.employee"
    put(runtime, abroad)
    path = f"{base}/trip/records/{made['id']}"
    changed = root.patch(path, {"who": ids["ann"], "all": [ids["ann"], ids["bob"]]})
    assert changed.status_code == 200, changed.text
    found = root.get(path, params={"fields": "who.name,all.name"}).json()
    assert found["who"]["name"] == "Ann"
    assert [each["name"] for each in found["all"]] == ["Ann", "Bob"]
    put(runtime, trips)
    assert root.patch(path, {"who": own, "all": [own]}).status_code == 200


def test_a_plan_made_before_another_app_began_to_refer_here_is_made_anew(runtime: Runtime) -> None:
    put(runtime, HR)
    less = hr(employee=without(EMPLOYEE, "level", "rank", "years"))
    with runtime.reading(SYSTEM) as work:
        prepared = prepare(work, less)
    assert not has_errors(prepared.findings)
    put(runtime, VISITS)
    with pytest.raises(NotPublishable) as stopped, runtime.unit_of_work(SYSTEM) as work:
        publish(work, less, prepared=prepared)
    assert "breaks_other_app" in {each.code for each in stopped.value.findings}
    # and the other way round
    with runtime.reading(SYSTEM) as work:
        more = visits(field("number", "lookup", path="employee.no"))
        prepared = prepare(work, more)
    put(runtime, hr(employee=without(EMPLOYEE, "no")))
    with pytest.raises(NotPublishable) as stopped, runtime.unit_of_work(SYSTEM) as work:
        publish(work, more, prepared=prepared)
    assert "unknown_field" in {each.code for each in stopped.value.findings}


def test_an_app_goes_on_without_the_form_it_referred_to_until_that_is_back(
    runtime: Runtime, ids: dict[str, str], as_user: AsUser
) -> None:
    root = as_user("root")
    made = root.post(RECORDS, {"title": "a", "employee": ids["ann"]}).json()
    gone = hr()
    del gone["form"]["employee"]
    gone["role"] = {}
    put(runtime, gone, force=["/apps/visits"])
    assert "employee" not in root.get(f"{RECORDS}/{made['id']}").json()
    # other changes of the app are published meanwhile, what is off stays off
    put(runtime, visits(field("more", "text")))
    assert root.patch(f"{RECORDS}/{made['id']}", {"more": "x"}).status_code == 200
    put(runtime, HR)
    found = root.get(f"{RECORDS}/{made['id']}").json()
    assert (found["employee"], found["told"], found["more"]) == (ids["ann"], "Ann", "x")
