"""Masked fields: most signs covered on every way out, found by the whole value only, never written back."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from forms.masking import cover
from tests.forms.shop import field, name
from tests.support.prepared import prepared_by, publishing

URL = "/api/v1/apps/desk/forms/person/records"
PHONE = "+8613812345678"

PERSON = {
    "key": "person",
    "label": name("person"),
    "title": "name",
    "fields": [
        field("name", "text"),
        field("phone", "phone", unique=True),
        field("email", "email"),
        field("card", "text", mask="##******##"),
        field("pay", "money"),
        field("friend", "ref", form="person", on_delete="set_null"),
        field("friend_phone", "lookup", path="friend.phone"),
        field("calls", "subtable", fields=[field("number", "phone"), field("seconds", "int")]),
    ],
}
COVERED = ["phone", "email", "card", "pay", "calls.number"]
REP = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [
        {"form": "person", "actions": ["view", "update", "history"], "where": "owner = $me"},
        {
            "form": "person",
            "actions": ["view", "update", "create", "history"],
            "fields": {"masked": COVERED},
        },
    ],
}
CLERK = {
    "key": "finance",
    "label": name("finance"),
    "grants": [{"form": "person", "actions": ["view"], "fields": {"masked": COVERED}}],
}
DESK = {
    "app": {"desk": {"key": "desk", "label": name("desk")}},
    "form": {"person": PERSON},
    "role": {"sales_rep": REP, "finance": CLERK},
}


@pytest.mark.parametrize(
    ("pattern", "text", "shown"),
    [
        ("###****####", "13812345678", "138****5678"),
        ("####**********####", "330106199001011234", "3301**********1234"),
        ("****", "anything", "****"),
        ("##****", "ab12345", "ab****"),
        ("###****####", "1381234", "****"),
        ("###****####", "12345678", "****"),
    ],
)
def test_a_pattern_covers_what_it_says(pattern: str, text: str, shown: str) -> None:
    assert cover(pattern, text) == shown


@pytest.fixture
@prepared_by(publishing(DESK))
def root(people: dict[str, Any], as_user: Any) -> Any:
    return as_user("root")


@pytest.fixture
def record(root: Any) -> str:
    answer = root.post(
        URL,
        json={
            "name": "Anna",
            "phone": PHONE,
            "email": "anna@example.com",
            "card": "6222020200001234",
            "pay": "9000",
            "owner": "li",
            "calls": [{"number": "13987654321", "seconds": 5}],
        },
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_one_grant_shows_what_another_covers(as_user: Any, record: str) -> None:
    seen = as_user("wu").get(f"{URL}/{record}").json()
    assert (seen["phone"], seen["email"], seen["card"]) == ("138****5678", "a***@example.com", "62******34")
    assert (seen["pay"], seen["calls"][0]["number"], seen["calls"][0]["seconds"]) == (
        "****",
        "139****4321",
        5,
    )
    own = as_user("li").get(f"{URL}/{record}").json()
    assert (own["phone"], own["calls"][0]["number"], own["pay"]) == (PHONE, "+8613987654321", "9000.00")


def test_lists_and_answers_to_writes_are_covered_alike(as_user: Any, root: Any, record: str) -> None:
    wu, li = as_user("wu"), as_user("li")
    root.post(URL, json={"name": "Bo", "phone": "13700001111", "owner": "wu"})
    listed = {item["name"]: item["phone"] for item in wu.get(f"{URL}?fields=name,phone").json()["items"]}
    assert listed == {"Anna": "138****5678", "Bo": "+8613700001111"}
    listed = {item["name"]: item["phone"] for item in li.get(URL).json()["items"]}
    assert listed == {"Anna": PHONE, "Bo": "137****1111"}
    saved = wu.patch(f"{URL}/{record}", json={"name": "Anne"})
    assert (saved.status_code, saved.json()["phone"]) == (200, "138****5678")


@pytest.mark.parametrize("user", ["wu", "qian"])
def test_covered_values_are_found_whole_or_not_at_all(as_user: Any, record: str, user: str) -> None:
    def found(condition: str) -> Any:
        answer = as_user(user).post(f"{URL}:query", json={"filter": condition})
        return len(answer.json()["items"]) if answer.status_code == 200 else answer.json()["code"]

    assert found(f'phone = "{PHONE}"') == 1
    assert found(f'phone in ["+86137", "{PHONE}"] and name = "Anna"') == 1
    assert found('phone = "+861381234567"') == 0
    assert found("ISBLANK(phone)") == 0
    for condition in (
        'CONTAINS(phone, "1234")',
        'phone > "+86138"',
        "phone = card",
        "LEN(phone) = 14",
        "pay > 1000",
        'IF(phone > "+86138", true, false)',
    ):
        assert found(condition) == "whole_value_only"
    assert as_user("root").get(URL, params={"filter": 'CONTAINS(phone, "1234")'}).json()["count"] == 1


def test_who_sees_a_field_only_covered_cannot_sort_or_follow_it(as_user: Any, record: str) -> None:
    qian = as_user("qian")
    for question in (
        {"sort": "phone"},
        {"sort": "-pay"},
        {"filter": 'friend.phone = "x"'},
        {"filter": 'COUNT(calls, number = "+8613987654321") > 0'},
        {"fields": "friend.phone"},
    ):
        assert qian.get(URL, params=question).json()["code"] == "unknown_field"


def test_what_is_covered_sorts_as_if_it_were_empty(as_user: Any, root: Any, record: str) -> None:
    root.post(URL, json={"name": "Bo", "phone": "13700001111", "owner": "wu"})
    listed = as_user("wu").get(URL, params={"sort": "phone", "fields": "name"}).json()["items"]
    assert [item["name"] for item in listed] == ["Anna", "Bo"]
    found = as_user("wu").get(URL, params={"filter": f'friend.phone = "{PHONE}"'}).json()
    assert found["items"] == []


def test_a_reference_leads_to_nothing_that_is_covered(as_user: Any, root: Any, record: str) -> None:
    other = root.post(URL, json={"name": "Bo", "friend": record, "owner": "wu"}).json()["id"]
    seen = as_user("wu").get(f"{URL}/{other}?fields=friend_phone,friend.name,friend.phone").json()
    assert (seen["friend_phone"], seen["friend"]["name"], seen["friend"]["phone"]) == (None, "Anna", None)


def test_the_mask_is_refused_and_a_new_value_is_taken(as_user: Any, record: str, root: Any) -> None:
    wu = as_user("wu")
    rows = wu.get(f"{URL}/{record}").json()["calls"]
    for body, pointer in (
        ({"phone": "138****5678"}, "/phone"),
        ({"card": "62******34"}, "/card"),
        ({"pay": "****"}, "/pay"),
        ({"calls": rows}, "/calls/0/number"),
    ):
        refused = wu.patch(f"{URL}/{record}", json=body)
        (finding,) = refused.json()["errors"]
        assert (finding["pointer"], finding["code"]) == (pointer, "masked_value")
    assert wu.patch(f"{URL}/{record}", json={"phone": "13811112222"}).json()["phone"] == "138****2222"
    assert root.get(f"{URL}/{record}").json()["phone"] == "+8613811112222"


def test_history_and_conflicts_cover_too(as_user: Any, record: str, root: Any) -> None:
    root.patch(f"{URL}/{record}", json={"phone": "13811112222", "pay": "1"})
    wu = as_user("wu")
    first, created = wu.get(f"{URL}/{record}/history").json()["items"]
    assert first["changes"] == {"phone": ["138****5678", "138****2222"], "pay": ["****", "****"]}
    assert created["changes"]["calls"]["insert"][0]["number"] == "139****4321"
    clash = wu.patch(f"{URL}/{record}", json={"phone": "13700000000", "base_version": 1}).json()
    assert clash["details"]["fields"]["phone"] == {"theirs": "138****2222", "yours": "+8613700000000"}


def test_the_schema_says_what_is_covered(as_user: Any, root: Any) -> None:
    address = "/api/v1/apps/desk/forms/person/schema"
    told = as_user("qian").get(address).json()["properties"]["phone"]
    assert (told["x-masked"], told["x-operators"]) == (True, ["eq", "in"])
    pay = as_user("qian").get(address).json()["properties"]["pay"]
    assert jsonschema.Draft202012Validator(pay).is_valid("****")
    assert not jsonschema.Draft202012Validator(root.get(address).json()["properties"]["pay"]).is_valid("****")
    for user in (root, as_user("wu")):  # some rows show it whole
        assert "x-masked" not in user.get(address).json()["properties"]["phone"]
