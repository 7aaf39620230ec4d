"""Rows of child tables of another app: what expressions read of them is agreed there and stays sealed."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from engine.definitions.publish import prepare
from engine.errors import NotPublishable
from engine.identity.principal import Principal
from tests.forms.across_apps.two_apps import ALL, EMPLOYEE, app_of, hr, put, visits
from tests.forms.shop import field, name

if TYPE_CHECKING:
    from engine.findings import Finding
    from engine.runtime import Runtime
    from tests.support.client import AsUser

RECORDS = "/apps/visits/forms/visit/records"
TASKS = "/apps/visits/forms/task/records"
TASK = {
    "key": "task",
    "label": name("task"),
    "title": "text",
    "fields": [
        field("text", "text"),
        field("hush", "text", encrypt=True),
        field("share", "money"),
        field("parts", "subtable", fields=[field("text", "text")]),
    ],
}
SKILLS = {"hr.employee.skills", "hr.employee.skills.grade", "hr.employee.skills.bonus"}


def people_with(*columns: dict[str, Any]) -> dict[str, Any]:
    """The people app with more columns of skills and an encrypted pin."""
    employee = deepcopy(EMPLOYEE)
    skills = next(each for each in employee["fields"] if each["key"] == "skills")
    skills["fields"] += [field("bonus", "money"), *columns]
    employee["fields"].append(field("pin", "text", encrypt=True))
    return hr(employee=employee)


def counting(expr: str, kind: str = "int") -> dict[str, Any]:
    return visits(field("found", "formula", result={"type": kind}, expr=expr))


def making(**action: Any) -> dict[str, Any]:
    """The visits app with a rule that makes tasks."""
    documents = visits()
    documents["form"]["task"] = TASK
    documents["role"]["finance"]["grants"].append({"form": "task", "actions": ALL})
    documents["rule"] = {
        "tasks": {
            "key": "tasks",
            "label": name("tasks"),
            "form": "visit",
            "trigger": {"type": "created"},
            "actions": [{"type": "create_record", "form": "task", **action}],
        }
    }
    return documents


def errors(runtime: Runtime, documents: dict[str, Any]) -> list[Finding]:
    """What keeps Li, who designs neither app, from publishing these documents."""
    with runtime.reading(Principal(user="li")) as work:
        return [each for each in prepare(work, documents).findings if each.level == "error"]


def refused(runtime: Runtime, documents: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(NotPublishable) as stopped:
        put(runtime, documents)
    return [(each.code, each.pointer) for each in stopped.value.findings]


@pytest.mark.parametrize(
    ("expr", "read"),
    [
        ("SUM(employee.skills.bonus)", {"hr.employee.skills.bonus"}),
        (
            "SUM(employee.skills.grade * 2, bonus > 1)",
            {"hr.employee.skills.grade", "hr.employee.skills.bonus"},
        ),
        ("COUNT(employee.skills, grade < parent.salary)", {"hr.employee.skills.grade", "hr.employee.salary"}),
        (
            "LOOKUP(employee.skills.bonus, grade)",
            {"hr.employee.skills.grade", "hr.employee.skills.bonus"},
        ),
        ("COUNT(stops, guide.salary > 1)", {"hr.employee.salary"}),
    ],
)
def test_what_is_newly_read_of_rows_is_asked_of_their_designer(
    runtime: Runtime, people: dict[str, Any], expr: str, read: set[str]
) -> None:
    put(runtime, people_with())
    put(runtime, counting("COUNT(employee.skills)"))
    before = app_of(runtime, "visits").reads
    documents = counting(expr, "money")
    [found] = errors(runtime, documents)
    assert (found.code, found.pointer) == ("needs_designer_of_other_app", "/apps/hr")
    assert all(each in found.message["en"] for each in read)
    put(runtime, documents)
    assert app_of(runtime, "visits").reads - before == read
    assert errors(runtime, documents) == []  # what it reads by now, it goes on reading


def test_own_rows_are_nothing_of_another_app(runtime: Runtime, people: dict[str, Any]) -> None:
    put(runtime, people_with())
    put(runtime, visits())
    documents = making(for_each="stops", set={"text": {"expr": "row.place"}})
    documents["form"]["visit"]["fields"].append(
        field("found", "formula", result={"type": "int"}, expr='COUNT(stops, place = "x")')
    )
    assert errors(runtime, documents) == []


@pytest.mark.parametrize(
    "action",
    [
        {"for_each": "employee.skills", "set": {"text": {"expr": "TEXT(row.grade) & TEXT(row.bonus)"}}},
        {
            "set": {
                "parts": {
                    "for_each": "employee.skills",
                    "set": {"text": {"expr": "TEXT(row.grade) & TEXT(row.bonus)"}},
                }
            }
        },
        {
            "for_each": "employee.skills",
            "set": {"text": "x"},
            "key": "TEXT(row.grade)",
            "allocate": {"field": "share", "total": "100", "weight": "row.bonus"},
        },
    ],
    ids=["records", "rows of a record", "key and shares"],
)
def test_for_each_over_rows_of_another_app_is_asked_of_its_designer(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser, action: dict[str, Any]
) -> None:
    put(runtime, people_with())
    put(runtime, visits())
    before = app_of(runtime, "visits").reads
    documents = making(**action)
    assert [(each.code, each.pointer) for each in errors(runtime, documents)] == [
        ("needs_designer_of_other_app", "/apps/hr")
    ]
    put(runtime, documents)
    assert app_of(runtime, "visits").reads - before == SKILLS
    root = as_user("root")
    skills = [{"skill": "law", "grade": 3, "bonus": "1"}, {"skill": "tax", "grade": 5, "bonus": "3"}]
    ann = root.post("/apps/hr/forms/employee/records", {"name": "Ann", "skills": skills}).json()["id"]
    assert root.post(RECORDS, {"title": "a", "employee": ann}).status_code == 201
    made = root.get(TASKS).json()["items"]
    assert len(made) == (2 if "for_each" in action else 1)


CERT = field("cert", "text", encrypt=True)


@pytest.mark.parametrize(
    "expr", ['ANY(employee.skills, cert = "X")', 'COUNT(employee.skills, cert = "X") > 0']
)
def test_a_formula_reads_no_encrypted_column_of_another_app(
    runtime: Runtime, people: dict[str, Any], expr: str
) -> None:
    put(runtime, people_with(CERT))
    assert refused(runtime, counting(expr, "bool")) == [("reads_encrypted", "/forms/visit/fields/7")]


SET = "/rules/tasks/actions/0/set"


@pytest.mark.parametrize(
    ("action", "pointer"),
    [
        ({"set": {"text": {"expr": "employee.pin"}}}, f"{SET}/text/expr"),
        ({"set": {"text": {"expr": "LEFT(employee.pin, 1)"}}}, f"{SET}/text/expr"),
        ({"for_each": "employee.skills", "set": {"text": {"expr": "row.cert"}}}, f"{SET}/text/expr"),
        (
            {"set": {"parts": {"for_each": "employee.skills", "set": {"text": {"expr": "row.cert"}}}}},
            f"{SET}/parts/set/text/expr",
        ),
        (
            {
                "for_each": "employee.skills",
                "set": {"text": "x"},
                "allocate": {"field": "share", "total": "100", "weight": 'IF(row.cert = "X", 1, 2)'},
            },
            "/rules/tasks/actions/0/allocate/weight",
        ),
    ],
)
def test_a_rule_writes_nothing_readable_of_what_another_app_encrypts(
    runtime: Runtime, people: dict[str, Any], action: dict[str, Any], pointer: str
) -> None:
    put(runtime, people_with(CERT))
    assert refused(runtime, making(**action)) == [("reads_encrypted", pointer)]


def test_a_rule_may_write_it_where_it_rests_sealed_again(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    put(runtime, people_with(CERT))
    put(runtime, making(for_each="employee.skills", set={"hush": {"expr": "row.cert & employee.pin"}}))
    root = as_user("root")
    person = {"name": "Ann", "pin": "P", "skills": [{"skill": "law", "cert": "C"}]}
    ann = root.post("/apps/hr/forms/employee/records", person).json()["id"]
    assert root.post(RECORDS, {"title": "a", "employee": ann}).status_code == 201
    assert [each["hush"] for each in root.get(TASKS).json()["items"]] == ["CP"]
