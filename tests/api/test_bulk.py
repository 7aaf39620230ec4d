"""One change for many records, and taking it back."""

from __future__ import annotations

import pytest

from tests.forms.shop import REP, SHOP
from tests.support.prepared import prepared_by, publishing

URL = "/apps/shop/forms/customer/records"


@pytest.fixture
@prepared_by(publishing({**SHOP, "role": {"sales_rep": {**REP, "key": "sales_rep"}}}))
def root(people, as_user):
    return as_user("root")


def make(user, *names, **more):
    items = [{"op": "create", "record": {"name": name, **more}} for name in names]
    return [each["id"] for each in user.post(f"{URL}:batch", {"items": items}).json()["items"]]


def levels(user):
    return {each["name"]: each["level"] for each in user.get(URL).json()["items"]}


def change(user, **body):
    return user.post(f"{URL}:update", body)


def undo(user, batch):
    return user.post(f"{URL}:undo", {"batch": batch})


def test_filter_changes_all_it_finds_under_one_batch(root):
    ids = make(root, "a", "b", level="a") + make(root, "c", level="b")
    done = change(root, filter='level = "a"', set={"level": "c"}).json()
    assert (done["done"], done["failed"]) == (2, 0)
    assert levels(root) == {"a": "c", "b": "c", "c": "b"}
    batches = {root.get(f"{URL}/{each}/history").json()["items"][0]["batch"] for each in ids[:2]}
    assert batches == {done["batch"]}


def test_undo_gives_every_record_its_own_value_back(root):
    make(root, "a", level="a")
    make(root, "b", level="b")
    done = change(root, filter={"name": {"in": ["a", "b"]}}, set={"level": "c", "credit": "9"}).json()
    undone = undo(root, done["batch"])
    assert undone.status_code == 200
    assert levels(root) == {"a": "a", "b": "b"}
    assert undo(root, done["batch"]).json()["code"] == "already_undone"
    assert undo(root, undone.json()["batch"]).status_code == 200
    assert levels(root) == {"a": "c", "b": "c"}


def test_undo_is_refused_when_a_record_was_changed_since(root):
    first, _ = make(root, "a", "b", level="a")
    done = change(root, filter='level = "a"', set={"level": "b"}).json()
    root.patch(f"{URL}/{first}", {"credit": "1"})
    answer = undo(root, done["batch"])
    assert (answer.status_code, answer.json()["details"]) == (409, {"records": [first], "count": 1})
    assert set(levels(root).values()) == {"b"}


def test_only_records_within_the_writers_rights_are_changed(root, as_user):
    li = as_user("li")
    theirs = make(root, "theirs", level="c")
    make(li, "mine", level="c")
    assert change(li, filter='level = "c"', set={"credit": "1"}, mode="partial").json()["done"] == 1
    assert change(li, filter='level = "c"', set={"credit": "2"}).json()["code"] == "batch_refused"
    assert change(li, ids=theirs, set={"credit": "1"}, mode="partial").json()["items"][0]["status"] == 403
    hidden, unknown = (
        change(li, filter=f'{name} = "x"', set={"level": "a"}).json() for name in ("secret", "nothing")
    )
    assert hidden["code"] == unknown["code"]


def test_somebody_elses_change_cannot_be_taken_back(root, as_user):
    make(root, "a")
    done = change(root, filter='name = "a"', set={"level": "a"}).json()
    assert undo(as_user("li"), done["batch"]).json()["code"] == "bulk_not_found"


def test_rollups_follow_a_bulk_change_and_its_undo(root):
    (customer,) = make(root, "a")
    product = root.post("/apps/shop/forms/product/records", {"sku": "p", "price": "10"}).json()["id"]
    order = {"customer": customer, "lines": [{"product": product, "qty": "1"}]}
    for _ in range(3):
        assert root.post("/apps/shop/forms/sale/records", order).status_code == 201
    done = root.post(
        "/apps/shop/forms/sale/records:update", {"filter": 'status = "draft"', "set": {"status": "done"}}
    ).json()
    assert root.get(f"{URL}/{customer}").json()["ordered"] == "30.00"
    assert root.post("/apps/shop/forms/sale/records:undo", {"batch": done["batch"]}).status_code == 200
    assert root.get(f"{URL}/{customer}").json()["ordered"] == "0.00"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"set": {}},
        {"set": {"level": "a"}},
        {"set": {"level": "a"}, "ids": [], "filter": None},
        {"set": {"level": "a"}, "ids": [1]},
    ],
)
def test_malformed_changes_are_refused(root, body):
    assert root.post(f"{URL}:update", body).status_code == 422


def test_what_many_records_refuse_is_told_once_by_the_body_that_was_sent(root):
    ids = make(root, "a", "b", "c", level="a")
    refused = change(root, filter='level = "a"', set={"credit": "-1", "nothing": 1}).json()
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [
        ("/set/credit", "too_small"),
        ("/set/nothing", "unknown_field"),
    ]
    assert refused["details"]["count"] == 3
    assert sorted(refused["details"]["records"]) == sorted(ids)
    refused = change(root, ids=[ids[0], "nobody"], set={"credit": "1"}).json()
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/ids/1", "record_not_found")]
    refused = change(root, filter='level = "a"', set={"name": "same"}).json()
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [("/set/name", "unique")]


def test_a_change_of_many_records_makes_no_new_ones(root):
    (customer,) = make(root, "a")
    contact = {"name": "x", "customer": customer}
    (one,) = [root.post("/apps/shop/forms/contact/records", contact).json()["id"]]
    body = {"ids": [one], "set": {"customer": {"name": "b"}}}
    (wrong,) = root.post("/apps/shop/forms/contact/records:update", body).json()["errors"]
    assert (wrong["pointer"], wrong["code"]) == ("/set/customer", "wrong_type")
    assert set(levels(root)) == {"a"}
