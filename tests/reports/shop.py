"""A small sales app for tests of reports: the shapes of the CRM that reports need."""

from __future__ import annotations

from typing import Any

EFFECTIVE = ["approved", "shipping", "delivered", "completed"]


def named(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": named(key, key.replace("_", " ").title()), **more}


def options(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": named(key, key.title())} for key in keys]


def form(key: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "label": named(key, key.title()), "fields": list(fields), **more}


REGION = form(
    "region",
    field("code", "text", unique=True),
    field("name", "text"),
    field("parent", "ref", form="region", on_delete="restrict"),
    field("manager", "user"),
    title="name",
)
PRODUCT = form(
    "product",
    field("sku", "text"),
    field("name", "text"),
    field("category", "select", options=options("classic", "draft", "craft", "merch")),
    field("cost", "money"),
    title="name",
)
CUSTOMER = form(
    "customer",
    field("name", "text"),
    field("region", "ref", form="region", on_delete="restrict"),
    field("region_name", "lookup", path="region.name"),
    field("level", "select", options=options("a", "b", "c")),
    field("credit", "money"),
    field("tags", "multiselect", options=options("key", "new")),
)
ORDER = form(
    "order",
    field("no", "text"),
    field("type", "select", options=options("standard", "return", "transfer"), default="standard"),
    field("customer", "ref", form="customer", on_delete="restrict"),
    field("order_date", "date"),
    field("placed_at", "datetime"),
    field("status", "select", options=options("draft", "pending", *EFFECTIVE, "void"), default="draft"),
    field("extra_discount", "money", default="0"),
    field("rush", "bool", default=False),
    field(
        "total",
        "formula",
        result={"type": "money"},
        expr='IF(type = "transfer", 0, (SUM(lines.amount) - extra_discount) * IF(type = "return", -1, 1))',
    ),
    field(
        "lines",
        "subtable",
        fields=[
            field("product", "ref", form="product", on_delete="restrict"),
            field("qty", "decimal", precision=12, scale=2),
            field("price", "money"),
            field("gift", "bool", default=False),
            field("cost", "copy", path="product.cost"),
            field("amount", "formula", result={"type": "money"}, expr="IF(gift, 0, ROUND(qty * price, 2))"),
        ],
    ),
)
OPPORTUNITY = form(
    "opportunity",
    field("name", "text"),
    field("customer", "ref", form="customer", on_delete="restrict"),
    field("stage", "select", options=options("initial", "need", "solution", "quote", "won", "lost")),
    field("amount", "money"),
    field("probability", "percent"),
    field("weighted", "formula", result={"type": "money"}, expr="ROUND(amount * probability / 100, 2)"),
    field("expect_close", "date"),
)

ORDER_BY_REGION = {
    "key": "order_by_region",
    "label": named("区域业绩", "Orders by region"),
    "from": "order",
    "params": {"range": {"type": "period", "default": "this_year"}},
    "dimensions": [
        {"id": "region", "field": "customer.region"},
        {"id": "month", "field": "order_date", "grain": "month"},
    ],
    "measures": [
        {"id": "amount", "agg": "sum", "field": "total"},
        {"id": "orders", "agg": "count", "where": {"type": "standard"}},
        {"id": "customers", "agg": "distinct", "field": "customer"},
        {"id": "per_order", "expr": "amount / orders"},
    ],
    "where": {"and": [{"status": {"in": EFFECTIVE}}, {"order_date": {"in": "$range"}}]},
    "sort": [{"by": "region"}, {"by": "month"}],
}
PRODUCT_RANKING = {
    "key": "product_ranking",
    "label": named("产品排行", "Product ranking"),
    "from": "order.lines",
    "params": {"range": {"type": "period", "default": "all"}},
    "dimensions": [{"id": "product", "field": "product"}],
    "measures": [
        {
            "id": "qty",
            "agg": "sum",
            "expr": 'IF(parent.type = "return", 0 - qty, qty)',
            "where": "gift = false",
        },
        {
            "id": "amount",
            "agg": "sum",
            "expr": 'IF(parent.type = "return", 0 - amount, amount)',
            "where": "gift = false",
        },
        {"id": "gifts", "agg": "sum", "field": "qty", "where": "gift"},
    ],
    "where": {"and": [{"parent.status": {"in": EFFECTIVE}}, {"parent.order_date": {"in": "$range"}}]},
    "sort": [{"by": "amount", "desc": True}],
}
PIPELINE = {
    "key": "pipeline",
    "label": named("商机阶段", "Pipeline"),
    "from": "opportunity",
    "dimensions": [{"id": "stage", "field": "stage"}],
    "measures": [
        {"id": "amount", "agg": "sum", "field": "amount"},
        {"id": "weighted", "agg": "sum", "field": "weighted"},
        {"id": "deals", "agg": "count"},
        {"id": "mean", "agg": "avg", "field": "amount"},
    ],
}


def grant(form_key: str, where: Any = True, **more: Any) -> dict[str, Any]:
    return {"form": form_key, "actions": ["view"], "where": where, **more}


def role(key: str, *grants: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "label": named(key, key), "grants": list(grants)}


ROLES = [
    role(
        "sales_rep",
        grant("order", "owner = $me", fields={"hidden": ["lines.cost", "extra_discount"]}),
        grant("customer", "owner = $me", fields={"hidden": ["credit"]}),
        grant("region"),
        grant("product", fields={"hidden": ["cost"]}),
    ),
    role(
        "regional_manager",
        grant("order", "customer.region in $my_regions"),
        grant("customer", "region in $my_regions"),
        grant("region", "manager = $me"),
        grant("product"),
        grant("opportunity", "customer.region in $my_regions"),
    ),
    role("sales_director", {"form": "*", "actions": ["*"]}),
    # may see orders of level a, but no customer
    role("auditor", grant("order", 'customer.level = "a"')),
    # sees the cost of lines of own orders only
    role(
        "buyer",
        grant("order", fields={"hidden": ["lines.cost"]}),
        grant("order", "owner = $me", fields={"read": ["lines"]}),
    ),
    # sees the amount of every order, but the discount of own ones only
    role(
        "finance",
        grant("order", fields={"hidden": ["extra_discount"]}),
        grant("order", "owner = $me"),
        grant("customer"),
        grant("region"),
    ),
]


def documents(**changes: Any) -> dict[str, dict[str, Any]]:
    """The whole app as documents by kind and key."""
    forms = [REGION, PRODUCT, CUSTOMER, ORDER, OPPORTUNITY]
    reports = [ORDER_BY_REGION, PRODUCT_RANKING, PIPELINE]
    app = {"key": "shop", "label": named("商店", "Shop"), "tz": "Asia/Shanghai"}
    scope = {"key": "my_regions", "form": "region", "where": "manager = $me", "descend": "parent"}
    return {
        "app": {"shop": app},
        "form": {each["key"]: each for each in forms},
        "scope": {"my_regions": scope},
        "role": {each["key"]: each for each in ROLES},
        "report": {each["key"]: each for each in reports},
    } | changes
