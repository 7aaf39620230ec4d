"""Grants beyond role holders: who a role is for, whom a field names, presets, and what is denied."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import NotPublishable, publish
from engine.errors import Forbidden, Invalid
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms.access import ForbiddenField
from forms.records import RecordNotFound
from tests.forms.shop import SHOP, name
from tests.forms.test_permission import listed
from tests.forms.test_records import Desk

LI = Principal(user="li", dept="east_js", depts=("east_js",), depts_above=("east", "group", "sales"))
WANG = Principal(
    user="wang", dept="east", depts=("east", "east_js"), depts_above=("group", "sales"), subordinates=("li",)
)
ZHAO = Principal(user="zhao", roles=("clerk",), dept="finance", depts=("finance",), depts_above=("group",))
EVERYTHING = {"form": "customer", "actions": ["view", "create", "update"]}


def role(key: str, *grants: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "label": name(key), "grants": list(grants), **more}


def put(runtime: Runtime, *roles: dict[str, Any]) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "role": {each["key"]: each for each in roles}})


def refusals(runtime: Runtime, *grants: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(NotPublishable) as refused:
        put(runtime, role("clerk", *grants))
    return [(found.pointer, found.code) for found in refused.value.findings]


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any]) -> Desk:
    return Desk(runtime)


@pytest.mark.parametrize(
    ("to", "holders"),
    [
        ({"users": ["li"]}, {"li"}),
        ({"departments": ["east"]}, {"wang"}),
        ({"departments_below": ["east"]}, {"li", "wang"}),
        ({"departments_below": ["group"]}, {"li", "wang", "zhao"}),
        ({"everyone": True}, {"li", "wang", "zhao"}),
        ({}, set()),
    ],
)
def test_a_role_says_itself_who_holds_it(
    runtime: Runtime, root: Desk, to: dict[str, Any], holders: set[str]
) -> None:
    put(runtime, role("open", {"form": "customer", "actions": ["view"]}, granted_to=to))
    made = root.create("customer", name="a")
    seen = set()
    for person in (LI, WANG, ZHAO):
        try:
            Desk(runtime, person).get("customer", made["id"])
            seen.add(person.user)
        except RecordNotFound:
            pass
    assert seen == holders


@pytest.mark.parametrize(
    ("subject", "below", "mine"),
    [
        ("manager", False, {"li": {"of li"}, "wang": {"of wang"}}),
        ("manager", True, {"li": {"of li"}, "wang": {"of wang", "of li"}}),
        ("dept", False, {"li": {"of li"}, "wang": {"of wang"}}),
        ("dept", True, {"li": {"of li"}, "wang": {"of wang", "of li"}}),
    ],
)
def test_a_field_of_the_record_says_for_whom_a_grant_is(
    runtime: Runtime, root: Desk, subject: str, below: bool, mine: dict[str, set[str]]
) -> None:
    grant = {"form": "customer", "actions": ["view"], "subject_field": subject, "below": below}
    put(runtime, role("open", grant, granted_to={"everyone": True}))
    root.create("customer", name="of li", manager="li", dept="east_js")
    root.create("customer", name="of wang", manager="wang", dept="east")
    root.create("customer", name="of nobody")
    for person in (LI, WANG):
        assert {each["name"] for each in listed(Desk(runtime, person), "customer")} == mine[person.user]


def test_presets_are_set_on_creation_and_not_changed_by_their_holder(runtime: Runtime, root: Desk) -> None:
    grant = {**EVERYTHING, "presets": {"level": "b", "manager": {"expr": "$me"}, "credit": 5}}
    put(runtime, role("clerk", grant))
    zhao = Desk(runtime, ZHAO)
    made = zhao.create("customer", name="a")
    assert (made["level"], made["manager"], made["credit"]) == ("b", "zhao", "5.00")
    assert zhao.create("customer", name="b", level="b")["level"] == "b"
    with pytest.raises(Invalid) as refused:
        zhao.create("customer", name="c", level="a")
    assert [(each.pointer, each.code) for each in refused.value.findings] == [("/level", "preset")]
    with pytest.raises(ForbiddenField):
        zhao.update("customer", made["id"], level="a")
    assert root.update("customer", made["id"], level="a")["level"] == "a"


def test_a_field_that_another_grant_leaves_free_is_only_preset_when_it_is_not_given(
    runtime: Runtime, root: Desk
) -> None:
    put(runtime, role("clerk", {**EVERYTHING, "presets": {"level": "b"}}, EVERYTHING))
    zhao = Desk(runtime, ZHAO)
    assert zhao.create("customer", name="a")["level"] == "b"
    assert zhao.create("customer", name="b", level="a")["level"] == "a"


def test_a_denied_record_is_not_there_whoever_allows_it(runtime: Runtime, root: Desk) -> None:
    deny = {"form": "customer", "actions": ["view"], "where": 'level = "a"', "deny": True}
    put(runtime, role("clerk", EVERYTHING), role("all", deny, granted_to={"everyone": True}))
    zhao = Desk(runtime, ZHAO)
    kept, secret = root.create("customer", name="kept"), root.create("customer", name="secret", level="a")
    assert [each["name"] for each in listed(zhao, "customer")] == ["kept"]
    with pytest.raises(RecordNotFound):
        zhao.update("customer", secret["id"], name="x")
    with pytest.raises(Forbidden):
        zhao.update("customer", kept["id"], level="a")  # it would be out of reach
    assert len(listed(root, "customer")) == 2


def test_a_denied_field_is_hidden_masked_or_kept_where_the_deny_holds_only(
    runtime: Runtime, root: Desk
) -> None:
    deny = {
        "form": "customer",
        "actions": ["view"],
        "where": 'level = "a"',
        "fields": {"hidden": ["credit"], "masked": ["secret"], "readonly": ["email"]},
        "deny": True,
    }
    put(runtime, role("clerk", EVERYTHING, EVERYTHING, deny))
    zhao = Desk(runtime, ZHAO)
    values = {"credit": "7", "secret": "told", "email": "a@example.com"}
    a = root.create("customer", name="a", level="a", **values)
    b = root.create("customer", name="b", level="b", **values)
    assert "credit" not in zhao.get("customer", a["id"])
    assert zhao.get("customer", a["id"])["secret"] == "****"
    assert (zhao.get("customer", b["id"])["credit"], zhao.get("customer", b["id"])["secret"]) == (
        "7.00",
        "told",
    )
    assert {each["name"]: "credit" in each for each in listed(zhao, "customer")} == {"a": False, "b": True}
    for field, value in (("email", "b@example.com"), ("credit", "1")):
        with pytest.raises(ForbiddenField):
            zhao.update("customer", a["id"], **{field: value})
        zhao.update("customer", b["id"], **{field: value})


def test_a_readonly_field_is_shown_and_not_written(runtime: Runtime, root: Desk) -> None:
    put(runtime, role("clerk", {**EVERYTHING, "fields": {"readonly": ["credit"]}}))
    zhao = Desk(runtime, ZHAO)
    made = zhao.create("customer", name="a")
    assert made["credit"] == "0.00"
    with pytest.raises(ForbiddenField):
        zhao.update("customer", made["id"], credit="1")


def test_wrong_grants_are_found_when_they_are_published(runtime: Runtime, root: Desk) -> None:
    place = "/roles/clerk/grants/0"
    view = {"form": "customer", "actions": ["view"]}
    assert refusals(runtime, {**view, "subject_field": "name"}) == [(f"{place}/subject_field", "bad_subject")]
    assert refusals(runtime, {**view, "subject_field": "nam"}) == [
        (f"{place}/subject_field", "unknown_field")
    ]
    assert refusals(runtime, {**view, "presets": {"level": "a"}}) == [
        (f"{place}/presets", "preset_without_create")
    ]
    create = {"form": "customer", "actions": ["create"]}
    assert [where for where, _ in refusals(runtime, {**create, "presets": {"level": "z"}})] == [
        f"{place}/presets/level"
    ]
    assert refusals(runtime, {**create, "presets": {"levl": "a"}}) == [
        (f"{place}/presets/levl", "unknown_field")
    ]
    assert refusals(runtime, {**view, "deny": True, "check": True}) == [(place, "bad_deny")]
    assert refusals(runtime, {**view, "fields": {"readonly": ["levl"]}}) == [
        (f"{place}/fields/readonly/0", "unknown_field")
    ]


def test_a_deny_that_makes_read_only_hides_nothing_beside_one_that_hides(
    runtime: Runtime, root: Desk
) -> None:
    put(
        runtime,
        role(
            "clerk",
            EVERYTHING,
            {
                "form": "customer",
                "actions": ["view"],
                "where": 'level = "a"',
                "fields": {"hidden": ["name"]},
                "deny": True,
            },
            {
                "form": "customer",
                "actions": ["view"],
                "where": 'level <> "c"',
                "fields": {"readonly": ["name"]},
                "deny": True,
            },
        ),
    )
    zhao = Desk(runtime, ZHAO)
    made = {level: root.create("customer", name=level, level=level)["id"] for level in ("a", "b", "c")}
    shown = {level: zhao.get("customer", key).get("name") for level, key in made.items()}
    assert shown == {"a": None, "b": "b", "c": "c"}
    with pytest.raises(Forbidden):
        zhao.update("customer", made["b"], name="x")
    zhao.update("customer", made["c"], name="x")
