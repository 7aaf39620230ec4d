"""Options that depend on the record or come from other records, and defaults out of other forms."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name, option

URL = "/api/v1/apps/desk/forms"

PRODUCT = {
    "key": "product",
    "label": name("product"),
    "fields": [
        field("sku", "text"),
        field("title", "text"),
        field("category", "select", options=option("beer", "gift")),
        field("sold", "bool", default=True),
    ],
}
PRICE = {
    "key": "price",
    "label": name("price"),
    "fields": [
        field("sku", "text"),
        field("level", "select", options=option("a", "b")),
        field("price", "money"),
        field("since", "date"),
    ],
}
ORDER = {
    "key": "order",
    "label": name("order"),
    "fields": [
        field("province", "select", options=option("js", "zj")),
        field(
            "city",
            "select",
            options=[*option("nj", "sz", "hz"), {**option("old")[0], "archived": True}],
            options_when={"nj": 'province = "js"', "sz": 'province = "js"', "hz": 'province = "zj"'},
        ),
        field("tags", "multiselect", options=option("x", "y"), options_when={"y": "ISBLANK(province)"}),
        field("category", "select", options=option("beer", "gift")),
        field("level", "select", options=option("a", "b"), default="a"),
        field(
            "main",
            "select",
            options_from={
                "form": "product",
                "value": "sku",
                "label": "title",
                "where": "category = $record.category and sold = true",
                "sort": "-title",
            },
        ),
        field(
            "gifts",
            "multiselect",
            options_from={"form": "product", "value": "sku", "where": "category = $record.category"},
        ),
        field(
            "last_price",
            "money",
            default_from={"form": "price", "value": "price", "where": "sku = $record.main", "sort": "-since"},
        ),
        field(
            "lines",
            "subtable",
            fields=[
                field(
                    "sku",
                    "select",
                    options_from={
                        "form": "product",
                        "value": "sku",
                        "where": "category = $parent.category",
                    },
                ),
                field(
                    "price",
                    "money",
                    default_from={
                        "form": "price",
                        "value": "price",
                        "where": "sku = $record.sku and level = $parent.level",
                        "sort": "-since",
                    },
                ),
            ],
        ),
    ],
}
REP = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [
        {"form": "order", "actions": ["view", "create", "update"]},
        {"form": "product", "actions": ["view"], "where": 'sku <> "S3"'},
    ],
}
DESK: dict[str, dict[str, Any]] = {
    "app": {"desk": {"key": "desk", "label": name("desk")}},
    "form": {"product": PRODUCT, "price": PRICE, "order": ORDER},
    "role": {"sales_rep": REP},
}


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: Any) -> Any:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, DESK)
    user = as_user("root")
    for sku, title, category, sold in (
        ("S1", "Ale", "beer", True),
        ("S2", "Bock", "beer", True),
        ("S3", "Craft", "beer", True),
        ("S4", "Dark", "beer", False),
        ("S5", "Glass", "gift", True),
    ):
        body = {"sku": sku, "title": title, "category": category, "sold": sold}
        assert user.post(f"{URL}/product/records", json=body).status_code == 201
    for sku, level, price, since in (
        ("S1", "a", "10", "2026-01-01"),
        ("S1", "a", "12", "2026-02-01"),
        ("S1", "b", "9", "2026-03-01"),
    ):
        body = {"sku": sku, "level": level, "price": price, "since": since}
        assert user.post(f"{URL}/price/records", json=body).status_code == 201
    return user


def told(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json().get("errors", [])]


def ordered(user: Any, **data: Any) -> Any:
    return user.post(f"{URL}/order/records", json=data)


def offered(user: Any, name: str, **draft: Any) -> Any:
    answer = user.post(f"{URL}/order/options/{name}", json=draft)
    return [each["value"] for each in answer.json()["items"]] if answer.is_success else answer.json()["code"]


def test_an_option_may_be_chosen_where_its_condition_holds(root: Any) -> None:
    assert ordered(root, province="js", city="sz").status_code == 201
    assert told(ordered(root, province="js", city="hz")) == [("/city", "option_not_offered")]
    assert told(ordered(root, city="nj")) == [("/city", "option_not_offered")]
    assert told(ordered(root, province="js", tags=["x", "y"])) == [("/tags", "option_not_offered")]
    assert told(ordered(root, city="old")) == [("/city", "option_archived")]


def test_a_change_that_takes_the_option_away_asks_for_another(root: Any) -> None:
    made = ordered(root, province="js", city="sz").json()
    address = f"{URL}/order/records/{made['id']}"
    assert told(root.patch(address, json={"province": "zj"})) == [("/city", "option_not_offered")]
    assert root.patch(address, json={"province": "zj", "city": "hz"}).status_code == 200
    assert root.patch(address, json={"level": "b"}).status_code == 200


def test_an_option_archived_later_stays_where_it_is(root: Any, runtime: Runtime) -> None:
    import copy

    made = ordered(root, province="js", city="sz").json()
    later = copy.deepcopy(DESK)
    later["form"]["order"]["fields"][1]["options"][1]["archived"] = True
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, later)
    address = f"{URL}/order/records/{made['id']}"
    assert root.patch(address, json={"level": "b"}).json()["city"] == "sz"
    assert told(ordered(root, province="js", city="sz")) == [("/city", "option_archived")]
    assert offered(root, "city", record={"province": "js"}) == ["nj"]


def test_options_come_from_records_that_the_chooser_sees(root: Any, as_user: Any) -> None:
    wu = as_user("wu")
    assert offered(root, "main", record={"category": "beer"}) == ["S3", "S2", "S1"]
    assert offered(wu, "main", record={"category": "beer"}) == ["S2", "S1"]
    assert offered(wu, "main", record={"category": "gift"}) == ["S5"]
    assert offered(wu, "main") == []
    assert ordered(wu, category="beer", main="S1").status_code == 201
    for wrong in ("S3", "S4", "S5", "nothing"):
        assert told(ordered(wu, category="beer", main=wrong)) == [("/main", "option_not_offered")]
    assert ordered(root, category="beer", main="S3").status_code == 201
    labels = wu.post(f"{URL}/order/options/main", json={"record": {"category": "gift"}}).json()["items"]
    assert labels == [{"value": "S5", "label": {"zh": "Glass", "en": "Glass"}}]
    assert offered(as_user("qian"), "main") == "forbidden"
    assert offered(wu, "nothing") == "unknown_field"


def test_a_stored_choice_outlives_its_source_until_what_decides_moves(root: Any) -> None:
    made = ordered(root, category="gift", main="S5").json()
    product = root.get(f"{URL}/product/records", params={"filter": 'sku = "S5"'}).json()["items"][0]
    root.patch(f"{URL}/product/records/{product['id']}", json={"sold": False})
    address = f"{URL}/order/records/{made['id']}"
    assert root.patch(address, json={"level": "b"}).json()["main"] == "S5"
    assert told(root.patch(address, json={"category": "beer"})) == [("/main", "option_not_offered")]
    assert offered(root, "main", id=made["id"]) == []
    assert offered(root, "main", id=made["id"], record={"category": "beer"}) == ["S3", "S2", "S1"]


def test_a_default_is_the_first_value_found(root: Any) -> None:
    made = ordered(root, category="beer", main="S1").json()
    assert made["last_price"] == "9.00"
    assert ordered(root, category="beer", main="S1", last_price="5").json()["last_price"] == "5.00"
    assert ordered(root, category="beer", main="S1", last_price=None).json()["last_price"] is None
    assert ordered(root, category="beer", main="S2").json()["last_price"] is None


def test_rows_read_their_record(root: Any) -> None:
    lines = [{"sku": "S1"}, {"sku": "S1", "price": "1"}]
    made = ordered(root, category="beer", lines=lines).json()
    assert [line["price"] for line in made["lines"]] == ["12.00", "1.00"]
    assert [
        line["price"] for line in ordered(root, category="beer", level="b", lines=lines).json()["lines"]
    ] == [
        "9.00",
        "1.00",
    ]
    assert told(ordered(root, category="gift", lines=lines[:1])) == [("/lines/0/sku", "option_not_offered")]
    assert offered(root, "lines.sku", record={"category": "gift"}, row={}) == ["S5"]
    address = f"{URL}/order/records/{made['id']}"
    added = root.patch(address, json={"lines": [{"sku": "S1"}]}).json()
    assert [line["price"] for line in added["lines"]] == ["12.00", "1.00", "12.00"]
    assert told(root.patch(address, json={"category": "gift"})) == [
        (f"/lines/{index}/sku", "option_not_offered") for index in range(3)
    ]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"options_from": {"form": "nope", "value": "sku"}}, "/options_from/form", "unknown_form"),
        ({"options_from": {"form": "product", "value": "skuu"}}, "/options_from/value", "unknown_field"),
        ({"options_from": {"form": "price", "value": "price"}}, "/options_from/value", "wrong_type"),
        (
            {"options_from": {"form": "price", "value": "sku", "sort": "-x"}},
            "/options_from/sort",
            "unknown_field",
        ),
        (
            {"options_from": {"form": "price", "value": "sku", "where": "sku = $record.nope"}},
            "/options_from/where",
            "unknown_variable",
        ),
        ({"options": option("a"), "options_when": {"b": True}}, "/options_when/b", "unknown_option"),
        ({"options": option("a"), "option_set": "s"}, "", "options_missing"),
    ],
)
def test_what_cannot_be_offered_is_refused(
    runtime: Runtime, change: dict[str, Any], pointer: str, code: str
) -> None:
    form = {"key": "order", "label": name("order"), "fields": [field("main", "select", **change)]}
    source = {"app": DESK["app"], "form": {"product": PRODUCT, "price": PRICE, "order": form}}
    with pytest.raises(NotPublishable) as problem, runtime.unit_of_work(SYSTEM) as work:
        publish(work, source)
    found = [(each.pointer, each.code) for each in problem.value.findings]
    assert found == [(f"/forms/order/fields/0{pointer}", code)]


def test_several_values_are_chosen_from_records(root: Any, as_user: Any) -> None:
    made = ordered(root, category="beer", gifts=["S2", "S1", "S2"])
    assert made.json()["gifts"] == ["S2", "S1"]
    found = root.get(f"{URL}/order/records", params={"filter": 'HAS(gifts, "S1")'})
    assert [each["id"] for each in found.json()["items"]] == [made.json()["id"]]
    assert told(ordered(root, category="beer", gifts=["S1", "S5"])) == [("/gifts", "option_not_offered")]
    assert told(ordered(as_user("li"), category="beer", gifts=["S3"])) == [("/gifts", "option_not_offered")]
    offered = root.post(f"{URL}/order/options/gifts", json={"record": {"category": "gift"}}).json()
    assert [each["value"] for each in offered["items"]] == ["S5"]


def test_who_misses_an_option_is_told_those_that_may_be_chosen(root: Any) -> None:
    (wrong,) = ordered(root, province="js", city="xx").json()["errors"]
    assert wrong["code"] == "not_in_options"
    assert wrong["fix"]["en"] == "Options: nj, sz, hz."


def test_a_draft_that_is_not_finished_yet_has_options(root: Any) -> None:
    """Somebody is still typing the price: only what the options depend on must be right."""

    def offered(name: str, **draft: Any) -> Any:
        return root.post(f"{URL}/order/options/{name}", json=draft)

    def values(answer: Any) -> list[str]:
        return [each["value"] for each in answer.json()["items"]]

    draft = {"category": "gift", "last_price": "12,", "lines": [{"id": "x", "price": "?"}]}
    assert values(offered("main", record=draft)) == ["S5"]
    assert values(offered("lines.sku", record=draft, row={"id": "x", "price": "1,", "$delete": True})) == [
        "S5"
    ]
    assert told(offered("main", record={**draft, "category": "zz"})) == [("/category", "not_in_options")]
    wrong = offered("lines.sku", record={**draft, "category": "zz"}, row={"price": "?"})
    assert told(wrong) == [("/category", "not_in_options")]
