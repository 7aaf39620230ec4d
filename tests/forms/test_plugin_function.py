"""A function of an installed package is a function like the language's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine.expressions import ExpressionError, check
from engine.expressions.coerce import in_range
from engine.expressions.from_canonical import from_canonical
from engine.expressions.function import Example, Function
from engine.expressions.generate import compiled
from engine.expressions.library import FUNCTIONS, BadFunction, library
from engine.expressions.parameters import number_argument
from engine.expressions.sql import build as b
from engine.findings import text
from engine.registry import RegistryError
from tests.engine.expressions.world import SCOPE, environment, record_of

LABEL = {"zh": "名", "en": "Name"}


class Twice(Function):
    type = "TWICE"
    parameters = (number_argument("number"),)
    doc = text("两倍。", "Twice as much.")
    examples = (Example("TWICE(2.5)", "5.0"),)

    def check(self, site: Any) -> Any:
        (value,) = site.declared()
        return in_range(site.apply(replace(value.type, digits=value.type.digits + 1), [value]))

    def python(self, node: Any, writer: Any, *arguments: str) -> str:
        return f"({arguments[0]} * 2)"

    def sql(self, node: Any, lower: Any, *arguments: Any) -> Any:
        from sqlglot import exp

        return b.binary(exp.Add, arguments[0], arguments[0].copy())


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": LABEL, **more}


DOCUMENTS: dict[str, dict[str, Any]] = {
    "app": {"shop": {"key": "shop", "label": LABEL}},
    "form": {
        "item": {
            "key": "item",
            "label": LABEL,
            "fields": [
                field("price", "money"),
                field("double", "formula", result={"type": "money"}, expr="TWICE(price)"),
            ],
        },
        "sale": {
            "key": "sale",
            "label": LABEL,
            "fields": [
                field("item", "ref", form="item"),
                # of another record: computed by the database when it is read
                field("four", "formula", result={"type": "money"}, expr="TWICE(TWICE(item.price))"),
            ],
        },
    },
    "role": {
        "clerk": {
            "key": "clerk",
            "label": LABEL,
            "grants": [{"form": "*", "actions": ["view"]}],
        },
        "sales_rep": {
            "key": "sales_rep",
            "label": LABEL,
            "grants": [{"form": "item", "actions": ["view"], "where": "TWICE(price) > 10"}],
        },
    },
}


@pytest.fixture
def runtime(settings: Any, clock: Any) -> Iterator[Any]:
    """The engine with one function more."""
    from api.boot import build

    made = build(settings, clock=clock, extra=[Twice])
    yield made
    made.close()


@pytest.fixture
def shop(runtime: Any, people: Any, as_user: Any) -> Any:
    from engine.definitions.publish import publish
    from engine.identity.principal import SYSTEM

    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, DOCUMENTS)
    return as_user


def test_a_form_computes_filters_and_permits_with_it(shop):
    root, li = shop("root"), shop("li")
    cheap, dear = (
        root.post("/apps/shop/forms/item/records", {"price": price}).json() for price in ("5.00", "5.01")
    )
    assert (cheap["double"], dear["double"]) == ("10.00", "10.02")
    sale = root.post("/apps/shop/forms/sale/records", {"item": dear["id"]}).json()
    assert sale["four"] == "20.04"
    found = root.get("/apps/shop/forms/item/records", params={"filter": "TWICE(price) = 10"}).json()["items"]
    assert [each["id"] for each in found] == [cheap["id"]]
    seen = li.get("/apps/shop/forms/item/records").json()["items"]
    assert [each["id"] for each in seen] == [dear["id"]]


@pytest.mark.database("sqlite")
def test_editors_and_reports_know_it_too(shop):
    root = shop("root")
    for place in (
        {"kind": "form", "key": "item", "place": "formula"},
        {"kind": "report", "form": "item", "place": "measure"},
        {"kind": "form", "key": "item", "place": "filter"},
    ):
        body = {"expression": "TWICE(price) > 1" if "filter" in place.values() else "TWICE(price)"}
        made = root.post("/apps/shop/draft/expressions:check", {**body, "context": place}).json()
        assert made["ok"], made
    wrong = root.post(
        "/apps/shop/draft/expressions:check", {"expression": "TWIC(1)", "context": place}
    ).json()
    assert wrong["findings"][0]["fix"]["en"] == "Did you mean 'TWICE'?"


def test_without_the_package_nobody_knows_it():
    with pytest.raises(ExpressionError, match="unknown_function"):
        check("TWICE(n)", SCOPE)
    known = replace(SCOPE, functions=library([Twice]))
    made = check("TWICE(amount) > 3 and ABS(n) = 1", known)
    record = record_of({"amount": "1.51", "n": -1})
    assert made.evaluate(record, environment()) is True
    assert compiled(from_canonical(made.canonical(), added=[Twice]))(record, environment()) is True
    assert made.pushable


def test_it_cannot_take_the_name_of_another_or_of_a_word():
    from api.boot import BUILT_INS
    from engine.registry import fill

    class Sum(Twice):
        type = "SUM"

    class Word(Twice):
        type = "AND"

    class Small(Twice):
        type = "twice"

    with pytest.raises(RegistryError, match="SUM"):
        fill([*BUILT_INS, Sum])
    for wrong in (Word, Small):
        with pytest.raises(BadFunction, match=wrong.type):
            library([wrong])
    assert library() is FUNCTIONS
