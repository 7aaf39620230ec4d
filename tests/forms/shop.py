"""A small app for tests of forms: customers with orders, order lines, products."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime


def name(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def option(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": name(key)} for key in keys]


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": name(key), **more}


CUSTOMER = {
    "key": "customer",
    "label": name("customer"),
    "title": "name",
    "fields": [
        field("no", "auto", pattern="C-{0000}"),
        field("name", "text", required=True, unique=True, max_length=100),
        field("level", "select", options=option("a", "b", "c"), default="c"),
        field("manager", "user"),
        field("email", "email"),
        field("phone", "phone"),
        field("tags", "multiselect", options=option("x", "y", "z")),
        field("credit", "money", default="0", min="0"),
        field("vip", "formula", result={"type": "bool"}, expr='level = "a" or ordered >= 1000'),
        field(
            "ordered",
            "rollup",
            form="sale",
            link="customer",
            agg="sum",
            field="total",
            where='status = "done"',
        ),
        field("sales", "rollup", form="sale", link="customer", agg="count"),
        field("left", "formula", result={"type": "money"}, expr="credit - ordered"),
        field("secret", "text"),
    ],
}

PRODUCT = {
    "key": "product",
    "label": name("product"),
    "fields": [
        field("sku", "text", required=True, unique=True),
        field("price", "money", required=True),
        field("cost", "money"),
        field("stock", "int", default=0),
    ],
}

SALE = {
    "key": "sale",
    "label": name("sale"),
    "fields": [
        field("no", "auto", pattern="SO-{yyyyMM}-{000}"),
        field("customer", "ref", form="customer", on_delete="restrict", required=True),
        field("status", "select", options=option("draft", "done", "void"), default="draft"),
        field("on", "date", default={"expr": "TODAY()"}),
        field("extra", "money", default="0"),
        field("reason", "textarea", required="extra > 100"),
        field("note", "text", visible='status = "void"'),
        field("level", "lookup", path="customer.level"),
        field("total", "formula", result={"type": "money"}, expr="SUM(lines.amount) - extra"),
        field("overdue", "formula", result={"type": "bool"}, expr="on < TODAY()"),
        field(
            "lines",
            "subtable",
            min_rows=1,
            fields=[
                field("product", "ref", form="product", required=True),
                field("qty", "decimal", scale=1, required=True, min="0.1"),
                field("price", "money", default={"expr": "product.price"}),
                field("cost", "copy", path="product.cost"),
                field("amount", "formula", result={"type": "money"}, expr="ROUND(qty * price, 2)"),
            ],
            validations=[
                {"code": "too_much", "expr": "qty <= 1000", "field": "qty", "message": name("too much")}
            ],
        ),
    ],
    "validations": [
        {"code": "negative", "expr": "total >= 0", "field": "total", "message": name("negative")}
    ],
    "indexes": [["status", "on"]],
}

CONTACT = {
    "key": "contact",
    "label": name("contact"),
    "fields": [
        field("name", "text", required=True),
        field("customer", "ref", form="customer", on_delete="cascade", required=True),
        field("main", "bool", default=False),
        field("helper", "ref", form="contact", on_delete="set_null"),
        field("stage", "select", options=option("new", "known", "closed", "secret"), default="new"),
        field(
            "calls",
            "subtable",
            required='stage = "known"',
            visible='stage <> "secret"',
            readonly='stage = "closed"',
            fields=[field("about", "text")],
        ),
    ],
    "unique": [{"fields": ["customer"], "when": "main = true", "code": "one_main"}],
}

REP = {
    "key": "rep",
    "label": name("rep"),
    "grants": [
        {
            "form": "customer",
            "actions": ["view", "create", "update"],
            "where": "owner = $me",
            "fields": {"hidden": ["secret"]},
        },
        {
            "form": "customer",
            "actions": ["view"],
            "where": 'level = "c"',
            "fields": {"read": ["name", "level"]},
        },
        {
            "form": "sale",
            "actions": ["view", "create", "update", "history"],
            "where": "customer.owner = $me",
            "fields": {"hidden": ["lines.cost"]},
        },
        {"form": "product", "actions": ["view"], "fields": {"hidden": ["cost"]}},
    ],
}

SHOP: dict[str, dict[str, dict[str, Any]]] = {
    "app": {"shop": {"key": "shop", "label": name("shop")}},
    "form": {form["key"]: form for form in (CUSTOMER, PRODUCT, SALE, CONTACT)},  # type: ignore[misc]
    "role": {"rep": REP},
}

LI = Principal(user="li", roles=("rep",), dept="east_js", depts=("east_js",))
WU = Principal(user="wu", roles=("rep",), dept="north", depts=("north",))


def publish_shop(runtime: Runtime) -> CompiledApp:
    """The shop, published."""
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, SHOP)
    with runtime.reading(SYSTEM) as work:
        return work.app("shop")
