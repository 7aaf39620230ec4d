"""A small app for tests of flows: deals with lines, approved by people; orders made from them."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime

Documents = dict[str, dict[str, dict[str, Any]]]


def name(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": name(key), **more}


def options(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": name(key)} for key in keys]


ITEM = {
    "key": "item",
    "label": name("item"),
    "fields": [field("sku", "text", required=True), field("on", "bool", default=True)],
}

DEAL = {
    "key": "deal",
    "label": name("deal"),
    "title": "name",
    "fields": [
        field("name", "text", required=True),
        field("amount", "money", required=True),
        field("limit", "money", default="0", readonly=True),
        field("manager", "user"),
        field("reason", "textarea", required='status = "pending" and amount > 100'),
        field("note", "text"),
        field("version", "int", default=1, readonly=True),
        field(
            "status",
            "select",
            options=options("draft", "pending", "approved", "rejected"),
            default="draft",
            readonly=True,
        ),
        field(
            "lines",
            "subtable",
            fields=[
                field("item", "ref", form="item", on_delete="restrict"),
                field("qty", "int", required=True),
                field("checked", "bool", default=False),
            ],
        ),
        field("plan", "subtable", fields=[field("ratio", "percent", required=True)]),
    ],
}

ORDER = {
    "key": "sale",
    "label": name("sale"),
    "fields": [
        field("deal", "ref", form="deal", on_delete="restrict"),
        field("total", "int"),
        field(
            "lines",
            "subtable",
            fields=[
                field("item", "ref", form="item", on_delete="restrict"),
                field("qty", "int"),
                field("on", "lookup", path="item.on"),
            ],
            validations=[
                {"code": "item_off", "expr": "on = true", "field": "item", "message": name("the item is off")}
            ],
        ),
    ],
}

PART = {
    "key": "part",
    "label": name("part"),
    "fields": [
        field("deal", "ref", form="deal", on_delete="cascade"),
        field("sale", "ref", form="sale", on_delete="cascade"),
        field("seq", "int"),
        field("amount", "money"),
    ],
}


def set_status(status: str) -> dict[str, Any]:
    return {"type": "set_fields", "set": {"status": status}}


def start(**more: Any) -> dict[str, Any]:
    return {
        "key": "start",
        "type": "start",
        "when": 'status in ["draft", "rejected"]',
        "by": "owner",
        "actions": [
            {
                "type": "set_fields",
                "when": 'status = "rejected"',
                "set": {"version": {"expr": "version + 1"}},
            },
            set_status("pending"),
        ],
        "withdraw": [set_status("draft")],
        "return": [set_status("draft")],
        **more,
    }


def approval(key: str, *assignees: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "type": "approval",
        "label": name(f"step {key}"),
        "assignees": list(assignees),
        **more,
    }


def action(key: str, *actions: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "type": "action", "actions": list(actions)}


def end(key: str, outcome: str) -> dict[str, Any]:
    return {"key": key, "type": "end", "outcome": outcome}


def edges(text: str) -> list[dict[str, Any]]:
    """`a>b`, `a>b:reject`, `a>b!` for the default; conditions are added by `when`."""
    found: list[dict[str, Any]] = []
    for each in text.split():
        ends, _, on = each.partition(":")
        source, target = ends.rstrip("!").split(">")
        edge: dict[str, Any] = {"from": source, "to": target}
        found.append(edge | ({"on": on} if on else {}) | ({"default": True} if ends.endswith("!") else {}))
    return found


def when(edge: dict[str, Any], condition: Any) -> dict[str, Any]:
    return {**edge, "when": condition}


MAKE_ORDER = (
    {
        "type": "create_record",
        "form": "sale",
        "as": "new_sale",
        "when": "COUNT(lines) > 0",
        "set": {
            "deal": {"expr": "id"},
            "lines": {"for_each": "lines", "set": {"item": {"expr": "row.item"}, "qty": {"expr": "row.qty"}}},
        },
    },
    {
        "type": "create_record",
        "form": "part",
        "for_each": "plan",
        "allocate": {"field": "amount", "total": "amount", "weight": "row.ratio"},
        "set": {"deal": {"expr": "id"}, "sale": {"expr": "$new_sale"}, "seq": {"expr": "$index"}},
    },
)

DISCOUNT = {
    "key": "discount",
    "label": name("discount"),
    "form": "deal",
    "nodes": [
        start(),
        {"key": "route", "type": "exclusive"},
        approval("n1", {"role": "sales_director"}),
        {"key": "route2", "type": "exclusive"},
        approval("n2", {"role": "ceo"}),
        action("effects", set_status("approved"), *MAKE_ORDER),
        end("approved", "approved"),
        action("undo", set_status("rejected")),
        end("rejected", "rejected"),
    ],
    "edges": [
        {"from": "start", "to": "route"},
        {"from": "route", "to": "effects", "when": "amount <= 100"},
        *edges("route>n1! n1>route2:approve n1>undo:reject"),
        {"from": "route2", "to": "n2", "when": "amount > 200"},
        *edges("route2>effects! n2>effects:approve n2>undo:reject effects>approved undo>rejected"),
    ],
}


def one_step(node: dict[str, Any], *, key: str = "simple", **more: Any) -> dict[str, Any]:
    """A flow with the one approval `n`."""
    return {
        "key": key,
        "label": name(key),
        "form": "deal",
        "nodes": [
            start(**more),
            node,
            action("effects", set_status("approved")),
            end("approved", "approved"),
            action("undo", set_status("rejected")),
            end("rejected", "rejected"),
        ],
        "edges": edges("start>n n>effects:approve n>undo:reject effects>approved undo>rejected"),
    }


OWN = {"form": "deal", "actions": ["view", "create", "update"], "where": "owner = $me"}
ALL = {"form": "*", "actions": ["view", "create", "update"]}
ROLES = {
    "sales_rep": [OWN, {"form": "item", "actions": ["view"]}],
    "sales_director": [],
    "ceo": [],
    "gm": [],
    "finance": [],
    "finance_manager": [],
    "regional_manager": [ALL],
    "nobody": [],
}


def documents(*flows: dict[str, Any]) -> Documents:
    """The documents of the app with these flows."""
    return {
        "app": {"desk": {"key": "desk", "label": name("desk")}},
        "form": {form["key"]: form for form in (ITEM, DEAL, ORDER, PART)},
        "role": {key: {"key": key, "label": name(key), "grants": grants} for key, grants in ROLES.items()},
        "flow": {flow["key"]: flow for flow in flows},
    }


def publish_desk(runtime: Runtime, *flows: dict[str, Any]) -> CompiledApp:
    """The app with these flows, published."""
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        publish(work, documents(*flows))
    with runtime.reading(SYSTEM) as work:
        return work.app("desk")
