"""Forms for people without an account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from tests.forms.shop import CUSTOMER, SHOP
from tests.support.prepared import prepared_by, publishing

FORM = "/apps/shop/forms/customer"
GRANT = {
    "form": "customer",
    "actions": ["view", "create", "share"],
    "where": "owner = $me",
    "fields": {"hidden": ["secret"]},
}
LABEL = {"zh": "x", "en": "x"}
ROLE = {"key": "sales_rep", "label": LABEL, "grants": [GRANT]}
WISH = {"label": "报名", "fields": ["name", "level", "credit"], "preset": {"tags": ["x"]}}


@pytest.fixture
@prepared_by(publishing({**SHOP, "role": {"sales_rep": ROLE}}))
def li(people, as_user):
    return as_user("li")


def make(user, **more):
    answer = user.post(f"{FORM}/links", {**WISH, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def outside(client, link):
    return f"/api/v1/public/forms/{link['token']}"


def test_anybody_with_the_link_fills_in_its_fields(li, client):
    link = make(li)
    shown = client.get(outside(client, link)).json()
    assert ([each["key"] for each in shown["fields"]], shown["label"]) == (
        ["name", "level", "credit"],
        "报名",
    )
    answer = client.post(outside(client, link), json={"name": "访客", "level": "a"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "received_at"}
    (record,) = li.get(f"{FORM}/records").json()["items"]
    assert (record["name"], record["tags"], record["owner"]) == ("访客", ["x"], "li")
    assert li.get(f"{FORM}/links").json()["items"][0]["taken"] == 1


def test_entry_reaches_no_other_field_and_no_preset(li, client):
    address = outside(client, make(li))
    for body in ({"name": "a", "secret": "s"}, {"name": "a", "tags": ["y"]}, {"name": "a", "owner": "wu"}):
        answer = client.post(address, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert answer.json()["errors"][0]["code"] == "unknown_field"
    assert client.post(address, json={"level": "a"}).json()["errors"][0]["pointer"] == "/name"
    assert client.post(address, json=[1]).status_code == 422
    assert li.get(f"{FORM}/records").json()["items"] == []


def test_a_field_that_became_a_reference_or_rows_is_open_no_more(li, client, runtime):
    link = make(li, fields=["name", "phone", "email"])
    changed = {
        "phone": {"type": "ref", "form": "product"},
        "email": {"type": "subtable", "fields": [{"key": "at", "type": "text", "label": LABEL}]},
    }
    fields = [
        {"key": each["key"], "label": each["label"], **changed[each["key"]]}
        if each["key"] in changed
        else each
        for each in CUSTOMER["fields"]
    ]
    with runtime.unit_of_work(SYSTEM) as work:
        forms = {**SHOP["form"], "customer": {**CUSTOMER, "fields": fields}}
        publish(work, {**SHOP, "form": forms, "role": {"sales_rep": ROLE}})
    shown = client.get(outside(client, link)).json()
    assert [each["key"] for each in shown["fields"]] == ["name"]
    for body in ({"phone": {"sku": "P1", "price": "1"}}, {"email": [{"at": "x"}]}):
        answer = client.post(outside(client, link), json={"name": "a", **body})
        assert answer.json()["errors"][0]["code"] == "unknown_field"
    assert client.post(outside(client, link), json={"name": "a"}).status_code == 201


def test_link_closes_by_date_by_number_and_by_hand(li, client, clock):
    dated = make(li, closes_at=(clock.now() + timedelta(hours=1)).isoformat())
    counted, closed = make(li, most=1), make(li)
    assert client.post(outside(client, counted), json={"name": "one"}).status_code == 201
    assert client.post(outside(client, counted), json={"name": "two"}).json()["code"] == "link_closed"
    assert li.delete(f"{FORM}/links/{closed['id']}").status_code == 204
    assert client.get(outside(client, closed)).status_code == 410
    assert client.get(outside(client, dated)).status_code == 200
    clock.advance(hours=1)
    assert client.post(outside(client, dated), json={"name": "late"}).status_code == 410
    states = {each["id"]: each["state"] for each in li.get(f"{FORM}/links").json()["items"]}
    assert [states[each["id"]] for each in (dated, counted, closed)] == ["closed", "full", "closed"]


def test_entries_in_quick_succession_are_slowed(li, client, clock):
    address = outside(client, make(li))
    codes = [client.post(address, json={"name": f"n{number}"}).status_code for number in range(11)]
    assert codes == [201] * 10 + [429]
    clock.advance(minutes=11)
    assert client.post(address, json={"name": "later"}).status_code == 201


def test_link_has_no_more_rights_than_its_owner(li, client, as_user):
    link = make(li)
    assert as_user("root").patch("/users/li", {"active": False}).status_code == 200
    assert client.post(outside(client, link), json={"name": "a"}).json()["code"] == "link_closed"


def test_making_links_takes_the_right_to_share(li, as_user):
    assert as_user("zheng").post(f"{FORM}/links", WISH).status_code == 403
    assert as_user("zheng").get(f"{FORM}/links").status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fields": ["name", "nothing"]}, "/fields/1"),
        ({"fields": ["name", "secret"]}, "/fields/1"),
        ({"fields": ["name", "manager"]}, "/fields/1"),
        ({"fields": ["name", "ordered"]}, "/fields/1"),
        ({"fields": ["level"]}, "/fields"),
        ({"preset": {"level": "zz"}}, "/preset/level"),
        ({"closes_at": "soon"}, "/closes_at"),
        ({"most": 0}, "/most"),
    ],
)
def test_links_that_could_not_work_are_refused(li, change, pointer):
    answer = li.post(f"{FORM}/links", {**WISH, **change})
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


def test_unknown_token_is_not_found(li, client):
    assert client.get("/api/v1/public/forms/ffp_x").json()["code"] == "link_not_found"
