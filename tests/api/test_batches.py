"""Batches, create-or-update and aggregates over HTTP."""

from __future__ import annotations

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from tests.forms.shop import REP, SHOP
from tests.support.prepared import prepared_by

FORMS = "/apps/shop/forms"
ROLES = {"sales_rep": {**REP, "key": "sales_rep"}}


def publish_shop(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "role": ROLES})


@pytest.fixture
@prepared_by(publish_shop)
def shop(people):
    """The shop, published."""


@pytest.fixture
def root(shop, as_user):
    return as_user("root")


def creating(*bodies):
    return [{"op": "create", "record": body} for body in bodies]


def batch(user, form, items, **more):
    return user.post(f"{FORMS}/{form}/records:batch", {"items": items, **more})


def names(user, form="customer", key="name"):
    return sorted(each[key] for each in user.get(f"{FORMS}/{form}/records").json()["items"])


def test_batch_creates_updates_and_deletes_in_order(root):
    made = batch(root, "customer", creating({"name": "a"}, {"name": "b"})).json()
    first, second = (each["id"] for each in made["items"])
    answer = batch(
        root,
        "customer",
        [
            {"op": "update", "id": first, "record": {"name": "c"}, "if_match": 1},
            {"op": "create", "record": {"name": "a"}},
            {"op": "delete", "id": second},
            {"op": "update", "id": first, "record": {"name": "c"}},
        ],
    ).json()
    assert [each["status"] for each in answer["items"]] == [200, 201, 204, 200]
    assert [each["result"] for each in answer["items"]] == ["updated", "created", "deleted", "unchanged"]
    assert answer["items"][0]["record"]["rev"] == 2
    assert names(root) == ["a", "c"]


def test_atomic_batch_names_every_problem_and_keeps_nothing(root):
    answer = batch(root, "customer", creating({"name": "a"}, {"level": "zz"}, {"name": "a"}))
    assert (answer.status_code, answer.json()["code"]) == (422, "batch_refused")
    found = {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert ("/items/1/record/level", "not_in_options") in found
    assert ("/items/1/record/name", "required") in found
    assert names(root) == []


def test_atomic_batch_refused_by_a_unique_value_says_which_item(root):
    answer = batch(root, "customer", creating({"name": "a"}, {"name": "b"}, {"name": " A "}))
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/items/2/record/name"]
    assert names(root) == []


def test_partial_batch_keeps_what_is_good(root):
    items = creating({"name": "a"}, {"name": "a"}, {"level": "a"}, {"name": "d"})
    items += [{"op": "update", "id": "none", "record": {}}]
    answer = batch(root, "customer", items, mode="partial").json()
    assert [each["status"] for each in answer["items"]] == [201, 422, 422, 201, 404]
    assert answer["items"][1]["problem"]["errors"][0]["pointer"] == "/name"
    assert (answer["done"], answer["failed"]) == (2, 3)
    assert names(root) == ["a", "d"]


@pytest.mark.parametrize("double", [7, 210, 430], ids=["early", "in the middle", "late"])
def test_a_double_is_found_wherever_it_stands_in_a_long_batch(root, double):
    assert batch(root, "customer", creating({"name": f"n{double}"})).status_code == 200
    items = creating(*({"name": f"n{number}"} for number in range(450)))
    refused = batch(root, "customer", items)
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [f"/items/{double}/record/name"]
    assert names(root) == [f"n{double}"]
    partial = batch(root, "customer", items, mode="partial").json()
    assert (partial["done"], partial["failed"]) == (449, 1)
    assert partial["items"][double]["status"] == 422


def test_rollups_and_numbers_are_right_after_a_batch_of_orders(root):
    customer = batch(root, "customer", creating({"name": "a", "credit": "100"})).json()["items"][0]["id"]
    products = batch(
        root, "product", creating({"sku": "p1", "price": "2.50"}, {"sku": "p2", "price": "10"})
    ).json()["items"]
    lines = [{"product": each["id"], "qty": "2"} for each in products]
    orders = [{"customer": customer, "status": "done", "lines": lines} for _ in range(3)]
    made = batch(root, "sale", creating(*orders)).json()["items"]
    assert [each["record"]["no"] for each in made] == [f"SO-202603-00{n}" for n in (1, 2, 3)]
    assert {each["record"]["total"] for each in made} == {"25.00"}
    found = root.get(f"{FORMS}/customer/records/{customer}").json()
    assert (found["ordered"], found["sales"], found["left"]) == ("75.00", 3, "25.00")
    after = root.post(f"{FORMS}/sale/records", orders[0]).json()
    assert after["no"] == "SO-202603-004"  # numbers that a batch reserved and did not need are not lost


def test_batch_leaves_the_same_history_as_single_saves(root):
    made = batch(root, "customer", creating({"name": "a"}, {"name": "b"})).json()["items"]
    histories = [root.get(f"{FORMS}/customer/records/{each['id']}/history").json()["items"] for each in made]
    assert [[each["op"] for each in found] for found in histories] == [["create"], ["create"]]
    assert histories[0][0]["batch"] == histories[1][0]["batch"] is not None
    assert histories[0][0]["id"] < histories[1][0]["id"]


def test_hundred_records_cost_a_handful_of_statements(runtime, principal, shop):
    from forms.batch import Item, run_batch
    from forms.compiled import compiled_form
    from tests.support.statements import counted

    with runtime.unit_of_work(principal("root")) as work:
        form = compiled_form(work.app("shop"), "product")
        items = [Item("create", data={"sku": f"s{n}", "price": "1"}) for n in range(100)]
        with counted(work) as seen:
            outcomes = run_batch(work, work.app("shop"), form, items, atomic=True)
    assert {each.result for each in outcomes} == {"created"}
    assert len(seen) <= 12, seen


def test_rights_hold_for_every_item(root, as_user):
    own = as_user("li")
    mine, theirs = (
        batch(user, "customer", creating({"name": name})).json()["items"][0]["id"]
        for user, name in ((own, "mine"), (root, "theirs"))
    )
    answer = batch(
        own,
        "customer",
        [
            {"op": "update", "id": mine, "record": {"level": "a"}},
            {"op": "update", "id": theirs, "record": {"level": "a"}},
            {"op": "update", "id": mine, "record": {"secret": "x"}},
            {"op": "create", "record": {"name": "n", "owner": "wu"}},
            {"op": "delete", "id": mine},
        ],
        mode="partial",
    ).json()
    assert [each["status"] for each in answer["items"]] == [200, 403, 403, 403, 403]
    assert "secret" not in answer["items"][0]["record"]
    assert names(root) == ["mine", "theirs"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/items"),
        ({"items": []}, "/items"),
        ({"items": [{"op": "drop"}]}, "/items/0/op"),
        ({"items": [{"op": "update", "record": {}}]}, "/items/0/id"),
        ({"items": [{"op": "create", "record": {}, "x": 1}]}, "/items/0/x"),
        ({"items": [{"op": "create"}], "mode": "best"}, "/mode"),
        ({"items": [{"op": "delete", "id": "a\x00b"}]}, ""),
    ],
)
def test_malformed_batches_are_refused(root, body, pointer):
    answer = root.post(f"{FORMS}/customer/records:batch", body)
    assert answer.status_code == 422
    assert not pointer or answer.json()["errors"][0]["pointer"] == pointer


def test_idempotency_key_makes_a_batch_happen_once(root):
    url, body = f"{FORMS}/customer/records:batch", {"items": creating({"name": "a"})}
    first, again = (root.post(url, body, headers={"idempotency-key": "k"}).json() for _ in range(2))
    assert first == again
    other = root.post(url, {"items": creating({"name": "b"})}, headers={"idempotency-key": "k"})
    assert other.status_code == 409
    assert names(root) == ["a"]


def test_upsert_creates_updates_and_leaves_alone(root):
    url = f"{FORMS}/customer/records:upsert?on=name"
    root.post(url, {"items": [{"name": "a", "level": "a"}, {"name": "b"}]})
    again = root.post(
        url, {"items": [{"name": " A ", "level": "b"}, {"name": "b"}, {"name": "c"}, {"name": "C"}]}
    ).json()
    assert [each["result"] for each in again["items"]] == ["updated", "unchanged", "created", "updated"]
    assert names(root) == ["A", "C", "b"]


def test_upsert_points_into_its_items(root):
    url = f"{FORMS}/customer/records:upsert?on=name"
    answer = root.post(url, {"items": [{"name": "a"}, {"name": "b", "level": "zz", "record": 1}, 5]})
    assert (answer.status_code, answer.json()["code"]) == (422, "batch_refused")
    found = {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert found == {
        ("/items/1/level", "not_in_options"),
        ("/items/1/record", "unknown_field"),
        ("/items/2", "wrong_type"),
    }
    assert names(root) == []


def test_upsert_takes_only_unique_keys_that_the_writer_sees(root, as_user):
    url = f"{FORMS}/customer/records:upsert"
    assert root.post(f"{url}?on=level", {"items": [{}]}).json()["code"] == "not_a_key"
    assert root.post(f"{url}?on=nothing", {"items": [{}]}).json()["code"] == "unknown_field"
    assert as_user("li").post(f"{url}?on=secret", {"items": [{}]}).json()["code"] == "unknown_field"


def test_upsert_does_not_reach_records_of_others(root, as_user):
    batch(root, "customer", creating({"name": "theirs", "level": "a"}))
    answer = (
        as_user("li")
        .post(f"{FORMS}/customer/records:upsert?on=name", {"items": [{"name": "theirs"}], "mode": "partial"})
        .json()
    )
    assert answer["items"][0]["status"] == 404


def test_aggregate_groups_what_the_reader_sees(root, as_user):
    batch(root, "customer", creating({"name": "x", "level": "a", "credit": "1", "secret": "s"}))
    li = as_user("li")
    batch(
        li,
        "customer",
        creating(*({"name": f"n{n}", "level": "ab"[n % 2], "credit": f"{n}.10"} for n in range(4))),
    )
    body = {
        "by": ["level"],
        "measures": {
            "n": {"agg": "count"},
            "sum": {"agg": "sum", "field": "credit"},
            "most": {"agg": "max", "field": "name"},
        },
        "sort": "-sum",
    }
    url = f"{FORMS}/customer/records:aggregate"
    assert li.post(url, body).json()["items"] == [
        {"level": "b", "n": 2, "sum": "4.20", "most": "n3"},
        {"level": "a", "n": 2, "sum": "2.20", "most": "n2"},
    ]
    assert root.post(url, {}).json()["items"] == [{"count": 5}]
    assert li.post(url, {"filter": {"credit": {"gt": 1}}}).json()["items"] == [{"count": 3}]
    hidden = li.post(url, {"by": ["secret"]})
    unknown = li.post(url, {"by": ["nothing"]})
    assert hidden.json()["code"] == unknown.json()["code"]
    assert (hidden.status_code, unknown.status_code) == (422, 422)
    measured = li.post(url, {"measures": {"x": {"agg": "max", "field": "secret"}}})
    assert measured.json()["code"] == "unknown_field"


def test_aggregate_groups_by_period_and_reference(root):
    customer = batch(root, "customer", creating({"name": "a", "level": "a"})).json()["items"][0]["id"]
    product = batch(root, "product", creating({"sku": "p", "price": "1"})).json()["items"][0]["id"]
    orders = [
        {"customer": customer, "on": day, "lines": [{"product": product, "qty": "1"}]}
        for day in ("2026-03-01", "2026-03-31", "2026-04-01")
    ]
    batch(root, "sale", creating(*orders))
    body = {
        "by": ["customer.name", {"key": "month", "expr": 'STARTOF("month", on)'}],
        "measures": {"total": {"agg": "sum", "field": "total"}, "mean": {"agg": "avg", "field": "total"}},
    }
    assert root.post(f"{FORMS}/sale/records:aggregate", body).json()["items"] == [
        {"customer.name": "a", "month": "2026-03-01", "total": "2.00", "mean": "1.00"},
        {"customer.name": "a", "month": "2026-04-01", "total": "1.00", "mean": "1.00"},
    ]
    bad = root.post(f"{FORMS}/sale/records:aggregate", {"measures": {"x": {"agg": "sum", "field": "status"}}})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_group")


def test_upsert_without_its_parameter_says_what_is_missing(root):
    for query in ("", "?on=", "?on=%20"):
        answer = root.post(f"{FORMS}/customer/records:upsert{query}", {"items": [{}]})
        assert answer.status_code == 422
        (found,) = answer.json()["errors"]
        assert (found["code"], found["pointer"]) == ("required", "/on")
        assert "?on=" in found["fix"]["en"]
