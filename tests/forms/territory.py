"""A small app of records that refer to each other: a tree of regions, products, offers, customers, notes."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import field, name, option

REGION = {
    "key": "region",
    "label": name("region"),
    "fields": [
        field("name", "text", required=True, unique=True),
        field("parent", "tree_parent"),
        field("manager", "user"),
        field("pool", "users", default={"expr": "$me"}, most=3),
        field("below", "count", form="region", link="parent"),
        {
            "key": "customers",
            "type": "backlink",
            "label": name("customers"),
            "form": "customer",
            "link": "region",
            "show": ["name", "secret"],
            "sort": "name",
        },
    ],
}
PRODUCT = {
    "key": "product",
    "label": name("product"),
    "fields": [
        field("name", "text", required=True),
        field("offers", "count", form="offer", link="products"),
        field("live", "count", form="offer", link="products", where='status = "live"'),
        field("worth", "rollup", form="offer", link="products", agg="sum", field="worth"),
        {"key": "in_offers", "type": "backlink", "label": name("x"), "form": "offer", "link": "products"},
    ],
}
OFFER = {
    "key": "offer",
    "label": name("offer"),
    "fields": [
        field("name", "text"),
        field("status", "select", options=option("draft", "live"), default="draft"),
        field("worth", "money"),
        field("products", "refs", form="product", index=True),
        field("without", "refs", form="product", on_delete="set_null"),
        field(
            "lines",
            "subtable",
            fields=[
                field("free", "refs", form="product", on_delete="set_null"),
                field("about", "dynamic_ref", forms=["product", "customer"], on_delete="set_null"),
            ],
        ),
    ],
}
CUSTOMER = {
    "key": "customer",
    "label": name("customer"),
    "fields": [
        field("name", "text", required=True),
        field("secret", "text"),
        field("region", "ref", form="region"),
        field("home", "address"),
        field("place", "geo"),
        field("tags", "tags"),
        field("handled_by", "role"),
        field("in_shanghai", "formula", result={"type": "bool"}, expr='STARTSWITH(home.region, "31")'),
        field("eastern", "formula", result={"type": "bool"}, expr='UNDER(region, "east")'),
        field("notes", "count", form="note", link="about"),
        {"key": "said", "type": "backlink", "label": name("x"), "form": "note", "link": "about"},
    ],
}
NOTE = {
    "key": "note",
    "label": name("note"),
    "fields": [
        field("text", "text"),
        field("about", "dynamic_ref", forms=["customer", "product"], on_delete="cascade"),
    ],
}
FORMS = {form["key"]: form for form in (REGION, PRODUCT, OFFER, CUSTOMER, NOTE)}
ROLES = {
    "sales_rep": {
        "key": "sales_rep",
        "label": name("rep"),
        "grants": [
            {"form": "region", "actions": ["view"], "where": "$me in pool"},
            {"form": "product", "actions": ["view"]},
            {"form": "offer", "actions": ["view", "create", "update"]},
            {
                "form": "customer",
                "actions": ["view", "create", "update"],
                "where": 'UNDER(region, "south") or UNDER(owner, $me)',
                "fields": {"hidden": ["secret"]},
            },
        ],
    },
}


def documents(**forms: Any) -> dict[str, dict[str, Any]]:
    """The app, with forms replaced or added."""
    return {
        "app": {"land": {"key": "land", "label": name("land")}},
        "form": {**FORMS, **forms},
        "role": ROLES,
    }


RECORDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("region", {"id": "world", "name": "World"}),
    ("region", {"id": "east", "name": "East", "parent": "world", "pool": ("li",)}),
    ("region", {"id": "shanghai", "name": "Shanghai", "parent": "east", "pool": ("li", "sun")}),
    ("region", {"id": "south", "name": "South", "parent": "world"}),
    ("product", {"id": "ale", "name": "Ale"}),
    ("product", {"id": "stout", "name": "Stout"}),
)


def publish_land(runtime: Runtime) -> CompiledApp:
    """Publish the app and make its first records."""
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents())
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("land")
        for form, values in RECORDS:
            records.create(work, compiled_form(app, form), values)
        return app
