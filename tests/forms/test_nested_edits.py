"""New records inside the body of a change: whose rights they take, and what they find there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name
from tests.forms.test_nested import URL, counted, made, told

REGION = {"key": "region", "label": name("region"), "fields": [field("name", "text", required=True)]}
CLIENT = {
    "key": "client",
    "label": name("client"),
    "fields": [field("name", "text", required=True), field("region", "ref", form="region")],
}
ORDER = {
    "key": "order",
    "label": name("order"),
    "fields": [
        field("client", "ref", form="client"),
        field("last", "ref", form="visit"),
        field("on", "date"),
        field("factor", "int", default=1),
        field("done", "rollup", form="visit", link="order", agg="count"),
        field("score", "formula", result={"type": "int"}, expr="done * factor"),
        field("note", "text"),
        field(
            "lines",
            "subtable",
            fields=[field("client", "ref", form="client"), field("qty", "int", min="1")],
        ),
    ],
}
VISIT = {
    "key": "visit",
    "label": name("visit"),
    "fields": [field("order", "ref", form="order"), field("said", "text")],
}
OWN = "owner = $me"
REP = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [
        {"form": "order", "actions": ["view", "create"], "where": OWN},
        {"form": "order", "actions": ["view"], "where": 'note = "shown"'},
        {
            "form": "order",
            "actions": ["view", "update"],
            "where": OWN,
            "fields": {"write": ["note", "client"]},
        },
        {
            "form": "order",
            "actions": ["view", "update"],
            "where": 'note = "lines"',
            "fields": {"write": ["on"]},
        },
        {"form": "client", "actions": ["create"]},
        {"form": "region", "actions": ["create"]},
    ],
}
RULE = {
    "key": "noted",
    "label": name("noted"),
    "form": "visit",
    "trigger": {"type": "created"},
    "when": 'said = "tell"',
    "actions": [{"type": "set_fields", "target": "order", "set": {"note": {"expr": "said"}}}],
}


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: Callable[[str], Any]) -> Any:
    forms = {form["key"]: form for form in (REGION, CLIENT, ORDER, VISIT)}
    app = {"app": {"yard": {"key": "yard", "label": name("yard")}}, "form": forms}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**app, "role": {"sales_rep": REP}, "rule": {"noted": RULE}})
    return as_user("root")


def changed(user: Any, order: dict[str, Any], body: Any, **headers: str) -> Any:
    return user.patch(f"{URL}/order/records/{order['id']}", json=body, headers=headers)


WRONG = {"client": {"name": ""}}


def test_a_change_of_what_cannot_be_seen_answers_as_ever_whatever_it_brings(root: Any, as_user: Any) -> None:
    li, order = as_user("li"), made(root, "order", note="x")
    for body in (WRONG, {"client": {"name": "A"}}):
        assert changed(li, order, body).status_code == 404
        assert changed(li, {"id": "nobody"}, body).status_code == 404
    assert changed(li, made(root, "order", note="shown"), WRONG).status_code == 403
    item = {"op": "update", "id": order["id"], "record": WRONG}
    answer = li.post(f"{URL}/order/records:batch", json={"mode": "partial", "items": [item]}).json()
    assert answer["items"][0]["status"] == 404
    assert counted(root, "client") == 0


def test_a_revision_that_is_not_the_last_is_told_before_what_is_wrong_inside(root: Any) -> None:
    order = made(root, "order", note="x")
    changed(root, order, {"note": "y"})
    refused = changed(root, order, WRONG, **{"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert told(changed(root, order, WRONG, **{"If-Match": '"2"'})) == [("/client/name", "required")]


def test_what_is_wrong_around_a_new_record_is_told_with_it(root: Any) -> None:
    order = made(root, "order", lines=[{"qty": 1}])
    body = {
        "client": {"name": "", "region": {}},
        "on": "junk",
        "factor": "x",
        "zz": 1,
        "lines": [
            {"client": {"name": "A"}},
            {"id": order["lines"][0]["id"], "client": {"nome": 1}, "qty": 0},
        ],
    }
    assert sorted(told(changed(root, order, body))) == [
        ("/client/name", "required"),
        ("/client/region", "wrong_type"),
        ("/factor", "wrong_type"),
        ("/lines/1/client/name", "required"),
        ("/lines/1/client/nome", "unknown_field"),
        ("/lines/1/qty", "too_small"),
        ("/on", "bad_date"),
        ("/zz", "unknown_field"),
    ]
    assert counted(root, "client") == 0


def test_new_records_are_made_only_where_this_record_lets_them_be_named(root: Any, as_user: Any) -> None:
    li = as_user("li")
    order = made(root, "order", note="lines")
    refused = changed(li, order, {"client": {"name": "A"}})
    # `client` may be written in li's own orders, not in this one: nothing is made, the object is no reference
    assert told(refused) == [("/client", "wrong_type")]
    own = made(li, "order", note="x")
    assert changed(li, own, {"client": {"name": "A"}}).status_code == 200
    assert counted(root, "client") == 1


def test_a_row_that_is_to_be_removed_brings_nothing(root: Any) -> None:
    order = made(root, "order", lines=[{"qty": 1}, {"qty": 2}])
    gone = {"id": order["lines"][0]["id"], "$delete": True, "client": {"name": "stray"}}
    kept = {"id": order["lines"][1]["id"], "client": {"name": "A"}}
    answer = changed(root, order, {"lines": [gone, kept]})
    assert answer.status_code == 200
    [row] = answer.json()["lines"]
    assert (row["qty"], counted(root, "client")) == (2, 1)
    assert root.get(f"{URL}/client/records/{row['client']}").json()["name"] == "A"
    unnamed = root.post(f"{URL}/order/records", {"lines": [{"$delete": True, "client": {"name": "stray"}}]})
    assert [each["pointer"] for each in unnamed.json()["errors"]] == ["/lines/0/id"]
    assert changed(root, order, {"lines": [{**gone, "id": row["id"]}]}).json()["lines"] == []
    assert counted(root, "client") == 1


@pytest.mark.parametrize("batched", [False, True])
def test_who_may_create_but_not_see_may_name_what_the_same_body_brings(
    root: Any, as_user: Any, *, batched: bool
) -> None:
    li = as_user("li")
    body = {"client": {"name": "A", "region": {"name": "R"}}}
    if batched:
        items = [{"op": "create", "record": body}]
        answer = li.post(f"{URL}/order/records:batch", json={"items": items}).json()
        order = answer["items"][0]["record"]
    else:
        order = made(li, "order", **body)
    read = root.get(f"{URL}/order/records/{order['id']}?fields=client.name,client.region.name").json()
    assert (read["client"]["name"], read["client"]["region"]["name"]) == ("A", "R")
    first = read["client"]["id"]
    assert changed(li, order, {"client": {"name": "B"}}).status_code == 200
    # in another body it is a record that they may not see
    assert told(changed(li, order, {"client": first})) == [("/client", "not_found")]
    assert told(li.post(f"{URL}/order/records", json={"client": first})) == [("/client", "not_found")]


@pytest.mark.parametrize("batched", [False, True])
def test_a_new_record_that_changes_the_record_around_it_is_reckoned_with(root: Any, *, batched: bool) -> None:
    order = made(root, "order", note="x")
    body = {"last": {"order": order["id"], "said": "tell"}, "factor": 5}
    if batched:
        item = {"op": "update", "id": order["id"], "record": body, "if_match": 1}
        answer = root.post(f"{URL}/order/records:batch", json={"items": [item]})
    else:
        answer = changed(root, order, body, **{"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    found = root.get(f"{URL}/order/records/{order['id']}").json()
    assert (found["done"], found["score"], found["note"], found["factor"]) == (1, 5, "tell", 5)
    assert found["last"]
