"""New records inside a body, and pointers into child rows as they were sent."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name

URL = "/apps/yard/forms"
REGION = {
    "key": "region",
    "label": name("region"),
    "fields": [field("name", "text", required=True, unique=True), field("boss", "user")],
}
CUSTOMER = {
    "key": "customer",
    "label": name("customer"),
    "fields": [
        field("name", "text", required=True),
        field("region", "ref", form="region"),
        field("above", "tree_parent"),
        field("like", "ref", form="customer", on_delete="restrict"),
        field("akin", "refs", form="customer", on_delete="restrict"),
    ],
}
PRODUCT = {
    "key": "product",
    "label": name("product"),
    "fields": [field("sku", "text", required=True, unique=True), field("price", "money", min="0")],
}
ORDER = {
    "key": "order",
    "label": name("order"),
    "fields": [
        field("customer", "ref", form="customer", required=True),
        field("others", "refs", form="customer"),
        field("on", "date"),
        field("total", "formula", result={"type": "money"}, expr="SUM(lines.price)"),
        field(
            "lines",
            "subtable",
            fields=[
                field("product", "ref", form="product", required=True),
                field("price", "copy", path="product.price"),
                field("qty", "int", min="1"),
                field("why", "text", required="qty > 10"),
                field("kept", "text", readonly="qty = 7"),
                field("mark", "text"),
            ],
            unique=[{"fields": ["mark"]}],
            validations=[{"code": "odd", "expr": "qty <> 5", "field": "qty", "message": name("odd")}],
        ),
    ],
}
REP = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [
        {"form": "order", "actions": ["view", "create", "update"], "fields": {"hidden": ["others"]}},
        {"form": "customer", "actions": ["view", "create"], "fields": {"write": ["name"]}},
        {"form": "product", "actions": ["view"]},
    ],
}
YARD: dict[str, dict[str, Any]] = {
    "app": {"yard": {"key": "yard", "label": name("yard")}},
    "form": {"region": REGION, "customer": CUSTOMER, "product": PRODUCT, "order": ORDER},
    "role": {"sales_rep": REP},
}


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: Any) -> Any:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, YARD)
    return as_user("root")


def told(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def made(user: Any, form: str, **data: Any) -> dict[str, Any]:
    answer = user.post(f"{URL}/{form}/records", json=data)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counted(user: Any, form: str) -> int:
    return int(user.get(f"{URL}/{form}/records?count=exact&fields=id").json()["count"])


def test_new_records_inside_a_body_are_saved_with_it_and_named_by_it(root: Any) -> None:
    order = made(
        root,
        "order",
        customer={"name": "A", "region": {"name": "east"}, "above": {"name": "group"}},
        others=[{"name": "B"}, {"name": "C"}],
        lines=[{"product": {"sku": "P1", "price": "5"}, "qty": 1}, {"product": {"sku": "P2", "price": "7"}}],
    )
    fields = "customer.name,customer.region.name,customer.above.name,others.name,lines.product.sku,total"
    read = root.get(f"{URL}/order/records/{order['id']}?fields={fields}").json()
    assert read["customer"]["name"] == "A"
    assert (read["customer"]["region"]["name"], read["customer"]["above"]["name"]) == ("east", "group")
    assert [each["name"] for each in read["others"]] == ["B", "C"]
    assert [row["product"]["sku"] for row in read["lines"]] == ["P1", "P2"]
    assert read["total"] == "12.00"
    history = root.get(f"{URL}/customer/records/{order['customer']}/history").json()["items"]
    assert [(each["op"], each["actor"]) for each in history] == [("create", "root")]


def test_a_change_may_bring_new_records_too(root: Any) -> None:
    order = made(root, "order", customer={"name": "A"}, lines=[])
    changed = root.patch(
        f"{URL}/order/records/{order['id']}",
        json={"customer": {"name": "B"}, "lines": [{"product": {"sku": "P1"}}], "base_version": 1},
    )
    assert changed.status_code == 200
    assert changed.json()["customer"] != order["customer"]
    assert counted(root, "customer") == 2


def test_what_is_wrong_inside_is_told_with_what_is_wrong_around_and_nothing_stays(root: Any) -> None:
    made(root, "product", sku="P1")
    answer = root.post(
        f"{URL}/order/records",
        json={
            "customer": {"name": "", "region": {"name": None, "zz": 1}},
            "others": [{"name": "B"}, {"nome": "C"}],
            "on": "03/05/2026",
            "lines": [{"qty": 0, "product": {"sku": "P9"}}, {"product": {"sku": " p1", "price": "x"}}],
        },
    )
    assert sorted(told(answer)) == [
        ("/customer/name", "required"),
        ("/customer/region/name", "required"),
        ("/customer/region/zz", "unknown_field"),
        ("/lines/0/qty", "too_small"),
        ("/lines/1/product/price", "wrong_type"),
        ("/on", "bad_date"),
        ("/others/1/name", "required"),
        ("/others/1/nome", "unknown_field"),
    ]
    assert [counted(root, form) for form in ("customer", "product", "order")] == [0, 1, 0]
    double = root.post(
        f"{URL}/order/records", json={"customer": {"name": "A"}, "lines": [{"product": {"sku": " p1"}}]}
    )
    assert told(double) == [("/lines/0/product/sku", "unique")]
    assert counted(root, "customer") == 0
    made(root, "region", name="east")
    several = root.post(
        f"{URL}/order/records",
        json={
            "customer": {"name": "A", "region": {"name": "East"}},
            "others": [{"name": "B", "region": {"name": "new"}}, {"name": "C", "region": {"name": "NEW"}}],
            "lines": [{"product": {"sku": "p1"}, "qty": 0}, {"product": {"sku": "P2", "price": "-1"}}],
        },
    )
    assert sorted(told(several)) == [
        ("/customer/region/name", "unique"),
        ("/lines/0/product/sku", "unique"),
        ("/lines/0/qty", "too_small"),
        ("/lines/1/product/price", "too_small"),
        ("/others/1/region/name", "unique"),
    ]
    assert [counted(root, form) for form in ("customer", "region", "product")] == [0, 1, 1]


def test_a_dry_run_leaves_no_new_record_behind(root: Any) -> None:
    answer = root.post(f"{URL}/order/records?dry_run=true", json={"customer": {"name": "A"}, "lines": []})
    assert answer.status_code == 200
    assert counted(root, "customer") == 0


def test_new_records_take_the_right_to_create_them_and_to_write_their_fields(root: Any, as_user: Any) -> None:
    li = as_user("li")
    product = made(root, "product", sku="P1")["id"]
    line = {"product": product}
    assert made(li, "order", customer={"name": "A"}, lines=[line])["customer"]
    refused = li.post(
        f"{URL}/order/records", json={"customer": {"name": "A"}, "lines": [{"product": {"sku": "P2"}}]}
    )
    assert (refused.status_code, refused.json()["pointer"]) == (403, "/lines/0/product")
    for body, pointer in (
        ({"customer": {"name": "A", "above": {"name": "B"}}, "lines": [line]}, "/customer/above"),
        ({"customer": {"name": "A"}, "others": [{"name": "B"}], "lines": [line]}, "/others/0"),
    ):
        assert told(li.post(f"{URL}/order/records", json=body)) == [(pointer, "wrong_type")]
    hidden = li.post(
        f"{URL}/order/records", json={"customer": {"name": "A", "region": {"name": "x"}}, "lines": [line]}
    )
    assert told(hidden) == [("/customer/region", "wrong_type")]
    assert counted(root, "customer") == 1


def test_items_of_a_batch_may_bring_new_records(root: Any) -> None:
    items = [
        {"op": "create", "record": {"customer": {"name": "A"}, "lines": []}},
        {"op": "create", "record": {"customer": {"name": ""}, "lines": []}},
        {"op": "create", "record": {"customer": {"name": "B", "region": {"name": "x"}}, "lines": []}},
        {"op": "create", "record": {"customer": {"name": "C", "region": {"name": "X"}}, "lines": []}},
    ]
    answer = root.post(f"{URL}/order/records:batch", json={"mode": "partial", "items": items}).json()
    assert [each["status"] for each in answer["items"]] == [201, 422, 201, 422]
    wrong = [each["problem"]["errors"][0] for each in answer["items"] if "problem" in each]
    assert [(each["pointer"], each["code"]) for each in wrong] == [
        ("/customer/name", "required"),
        ("/customer/region/name", "unique"),
    ]
    assert counted(root, "customer") == 2
    refused = root.post(f"{URL}/order/records:batch", json={"items": items})
    assert told(refused)[0] == ("/items/1/record/customer/name", "required")
    assert counted(root, "customer") == 2


def test_new_records_are_bounded_in_depth_and_number(root: Any) -> None:
    deep: dict[str, Any] = {"name": "0"}
    for level in range(4):
        deep = {"name": str(level), "above": deep}
    answer = root.post(f"{URL}/customer/records", json=deep)
    assert told(answer) == [("/above/above/above/above", "too_many_new")]
    many = [{"name": str(each)} for each in range(201)]
    answer = root.post(
        f"{URL}/order/records", json={"customer": {"name": "A"}, "others": many[:200], "lines": []}
    )
    assert told(answer) == [("/others/199", "too_many_new")]
    assert counted(root, "customer") == 0


def test_what_is_no_record_stays_refused_and_people_are_not_made(root: Any) -> None:
    answer = root.post(f"{URL}/order/records", json={"customer": {}, "lines": [{"product": {"id": 5}}]})
    assert told(answer) == [("/customer", "wrong_type"), ("/lines/0/product", "wrong_type")]
    answer = root.post(f"{URL}/region/records", json={"name": "a", "boss": {"name": "x"}})
    assert told(answer) == [("/boss", "wrong_type")]


@pytest.mark.parametrize("batched", [False, True])
def test_findings_about_child_rows_point_into_the_rows_that_were_sent(root: Any, *, batched: bool) -> None:
    product = made(root, "product", sku="P1", price="5")["id"]
    lines = [{"product": product, "mark": "a", "qty": 7}, {"product": product, "mark": "b"}]
    order = made(root, "order", customer={"name": "A"}, lines=[*lines, {"product": product, "mark": "c"}])
    first, second, third = (row["id"] for row in order["lines"])

    def told_of(*rows: dict[str, Any]) -> list[tuple[str, str]]:
        if not batched:
            return told(root.patch(f"{URL}/order/records/{order['id']}", json={"lines": rows}))
        item = {"op": "update", "id": order["id"], "record": {"lines": rows}}
        found = told(root.post(f"{URL}/order/records:batch", json={"items": [item]}))
        return [(pointer.removeprefix("/items/0/record"), code) for pointer, code in found]

    assert told_of({"id": third, "qty": 5}) == [("/lines/0/qty", "odd")]
    assert told_of({"id": second, "qty": 1}, {"id": third, "qty": 11}) == [("/lines/1/why", "required")]
    assert told_of({"id": third, "qty": 2}, {"id": first, "kept": "x"}) == [("/lines/1/kept", "read_only")]
    assert told_of({"id": third, "product": "nobody"}) == [("/lines/0/product", "not_found")]
    assert told_of({"qty": 1, "product": product, "mark": "B"}) == [("/lines/0/mark", "unique")]
    assert told_of({"id": first, "$delete": True}, {"id": third, "qty": 5}) == [("/lines/1/qty", "odd")]
    assert told_of({"product": product, "qty": 5}, {"id": first, "qty": 5}) == [
        ("/lines/1/qty", "odd"),
        ("/lines/0/qty", "odd"),
    ]
    assert told_of({"id": second, "qty": 1}, {"id": second, "qty": 2}) == [("/lines/1/id", "double_row")]
    assert told_of({"id": second, "$delete": "yes"}) == [("/lines/0/$delete", "wrong_type")]


def test_a_row_that_was_not_sent_is_told_at_its_table_by_its_number(root: Any, runtime: Runtime) -> None:
    product = made(root, "product", sku="P1")["id"]
    lines = [{"product": product, "mark": "a"}, {"product": product, "mark": "b", "qty": 11, "why": "x"}]
    order = made(root, "order", customer={"name": "A"}, lines=lines)
    stricter = {
        **ORDER,
        "validations": [],
        "fields": [
            {
                **each,
                "validations": [{"code": "big", "expr": "qty < 9", "field": "qty", "message": name("big")}],
            }
            if each["key"] == "lines"
            else each
            for each in ORDER["fields"]  # type: ignore[attr-defined]
        ],
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**YARD, "form": {**YARD["form"], "order": stricter}})
    row = {"id": order["lines"][0]["id"], "qty": 3}
    answer = root.patch(f"{URL}/order/records/{order['id']}", json={"lines": [row]})
    assert told(answer) == [("/lines", "big")]
    assert answer.json()["errors"][0]["message"] == {"zh": "第 2 行“qty”：big", "en": "Row 2, qty: big"}


def test_malformed_items_of_a_batch_are_told_and_break_nothing(root: Any) -> None:
    for record, pointer in (
        ({"lines": 5}, "/lines"),
        ({"lines": [1]}, "/lines/0"),
        ({"lines": "abc"}, "/lines"),
        ({"lines": [{"product": [["x"]]}]}, "/lines/0/product"),
    ):
        item = {"op": "create", "record": {"customer": "x", **record}}
        answer = root.post(f"{URL}/order/records:batch", json={"items": [item, item]})
        assert (f"/items/0/record{pointer}", "wrong_type") in told(answer)
    answer = root.post(f"{URL}/order/records:batch", json={"items": [{"op": {"a": 1}}, {"op": ["create"]}]})
    assert told(answer) == [("/items/0/op", "invalid_parameter"), ("/items/1/op", "invalid_parameter")]


def test_a_deletion_with_if_match_takes_only_the_revision_that_was_read(root: Any) -> None:
    region = made(root, "region", name="a")
    one = f"{URL}/region/records/{region['id']}"
    root.patch(one, json={"name": "b"})
    assert root.delete(one, headers={"If-Match": '"1"'}).json()["code"] == "precondition_failed"
    item = {"op": "delete", "id": region["id"], "if_match": 1}
    answer = root.post(f"{URL}/region/records:batch", json={"mode": "partial", "items": [item]}).json()
    assert answer["items"][0]["status"] == 412
    assert root.delete(one, headers={"If-Match": '"2"'}).status_code == 204


def test_a_record_that_names_itself_can_be_deleted_and_comes_back(root: Any) -> None:
    customer = made(root, "customer", name="A")
    product = made(root, "product", sku="P1")["id"]
    order = made(
        root, "order", customer=customer["id"], others=[customer["id"]], lines=[{"product": product}]
    )
    answer = root.delete(f"{URL}/customer/records/{customer['id']}")
    assert answer.json()["details"] == {"references": {"order": 2}}
    assert answer.json()["message"]["en"] == "It cannot be deleted; it is referred to by order: 2."
    answer = root.delete(f"{URL}/product/records/{product}")
    assert answer.json()["message"]["zh"] == "仍被引用，不能删除：order（lines） 1 条。"
    assert root.delete(f"{URL}/order/records/{order['id']}").status_code == 204
    one = f"{URL}/customer/records/{customer['id']}"
    itself = {"like": customer["id"], "akin": [customer["id"]]}
    assert root.patch(one, json=itself).status_code == 200
    assert root.delete(one).status_code == 204
    (unit,) = [
        each["unit"] for each in root.get("/apps/yard/recycle").json()["items"] if each["title"] == "A"
    ]
    assert root.post(f"/apps/yard/recycle/{unit}:restore").status_code == 200
    assert {key: root.get(one).json()[key] for key in itself} == itself
    assert root.delete(one).status_code == 204
    units = [each["unit"] for each in root.get("/apps/yard/recycle").json()["items"]]
    assert [root.delete(f"/apps/yard/recycle/{each}").status_code for each in sorted(units)] == [204, 204]
