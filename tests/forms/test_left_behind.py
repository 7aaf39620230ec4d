"""New records inside a body are named by the record in the end, or are not saved at all."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name
from tests.forms.test_nested import URL, counted, made, told

ORDERS = f"{URL}/order/records"
CUSTOMER = {"key": "customer", "label": name("customer"), "fields": [field("name", "text", required=True)]}
ORDER = {
    "key": "order",
    "label": name("order"),
    "fields": [
        field("kind", "text"),
        field("payer", "ref", form="customer", visible='kind = "billed"'),
        field("others", "refs", form="customer", visible='kind = "billed"'),
        field(
            "lines",
            "subtable",
            visible='kind <> "short"',
            fields=[
                field("qty", "int"),
                field("maker", "ref", form="customer", visible="qty > 1"),
                field("buyers", "refs", form="customer"),
            ],
        ),
    ],
}
YARD: dict[str, dict[str, Any]] = {
    "app": {"yard": {"key": "yard", "label": name("yard")}},
    "form": {"customer": CUSTOMER, "order": ORDER},
}
BODY = {
    "payer": {"name": "a"},
    "others": [{"name": "b"}, {"name": "c"}],
    "lines": [
        {"qty": 2, "maker": {"name": "d"}},
        {"qty": 1, "maker": {"name": "e"}, "buyers": [{"name": "f"}]},
    ],
}


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: Any) -> Any:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, YARD)
    return as_user("root")


def test_a_change_leaves_no_new_record_behind(root: Any) -> None:
    order = made(root, "order", kind="plain")["id"]
    refused = root.patch(f"{ORDERS}/{order}", json=BODY)
    assert told(refused) == [
        ("/payer", "left_behind"),
        ("/others/0", "left_behind"),
        ("/others/1", "left_behind"),
        ("/lines/1/maker", "left_behind"),
    ]
    hidden = root.patch(f"{ORDERS}/{order}", json={"kind": "short", "lines": BODY["lines"]})
    assert [pointer for pointer, _ in told(hidden)] == [
        "/lines/0/maker",
        "/lines/1/maker",
        "/lines/1/buyers/0",
    ]
    assert counted(root, "customer") == 0


def test_a_change_that_shows_the_fields_brings_all(root: Any) -> None:
    order = made(root, "order", kind="plain")["id"]
    lines = [{**BODY["lines"][1], "qty": 3}]
    saved = root.patch(f"{ORDERS}/{order}", json={**BODY, "kind": "billed", "lines": lines})
    assert saved.status_code == 200, saved.text
    assert counted(root, "customer") == 5
    assert len(saved.json()["lines"][0]["buyers"]) == 1


def test_no_new_record_of_a_new_one_stays_behind(root: Any) -> None:
    refused = root.post(ORDERS, json={**BODY, "kind": "plain"})
    assert [pointer for pointer, _ in told(refused)] == ["/payer", "/others/0", "/others/1", "/lines/1/maker"]
    assert counted(root, "customer") == 0
    lines = [{**BODY["lines"][1], "qty": 3}]
    made(root, "order", **{**BODY, "kind": "billed", "lines": lines})
    assert counted(root, "customer") == 5
