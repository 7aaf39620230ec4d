"""A small app in which one field, `short`, is used by about every kind of definition."""

from __future__ import annotations

import copy
from typing import Any

Documents = dict[str, dict[str, dict[str, Any]]]


def named(text: str) -> dict[str, str]:
    return {"zh": f"{text}（中）", "en": text}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": named(key), **more}


def options(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": named(key)} for key in keys]


CLIENT = {
    "key": "client",
    "label": named("Client"),
    "title": "name",
    "fields": [
        field("name", "text", required=True),
        field("short", "text"),
        field("level", "select", options=options("a", "b", "c"), default="c"),
        field("credit", "money"),
        field("shown", "formula", result={"type": "text"}, expr='name & " / " & short'),
    ],
    "unique": [{"fields": ["short"]}],
}

DEAL = {
    "key": "deal",
    "label": named("Deal"),
    "title": "name",
    "fields": [
        field("name", "text", required=True),
        field("client", "ref", form="client"),
        field("short", "text", help=named("not the short of the client")),
        field("client_short", "lookup", path="client.short"),
        field("amount", "money"),
        field("note", "text"),
    ],
}

SHORT_NAMES: Documents = {
    "app": {"clients": {"key": "clients", "label": named("Clients")}},
    "form": {"client": CLIENT, "deal": DEAL},
    "role": {
        "rep": {
            "key": "rep",
            "label": named("Rep"),
            "grants": [
                {"form": "client", "actions": ["*"], "fields": {"hidden": ["credit", "short"]}},
                {"form": "deal", "actions": ["*"], "where": 'client.level <> "a"'},
                {"form": "deal", "actions": ["view"], "where": 'client.short = "x"'},
            ],
        }
    },
    "view": {
        "clients": {
            "key": "clients",
            "label": named("All clients"),
            "form": "client",
            "columns": ["name", "short", "level"],
            "sort": "short",
        },
        "deals": {
            "key": "deals",
            "label": named("All deals"),
            "form": "deal",
            "columns": ["name", "short", "client.short"],
        },
        "short_ones": {
            "key": "short_ones",
            "label": named("Short ones"),
            "form": "client",
            "columns": ["name"],
            "filter": "LEN(short) < 3",
        },
    },
    "report": {
        "by_short": {
            "key": "by_short",
            "label": named("By short name"),
            "from": "client",
            "dimensions": [{"id": "short", "field": "short"}],
            "measures": [{"id": "n", "agg": "count"}],
        },
        "by_level": {
            "key": "by_level",
            "label": named("By level"),
            "from": "client",
            "dimensions": [{"id": "level", "field": "level"}],
            "measures": [{"id": "n", "agg": "count"}],
        },
    },
    "rule": {
        "greet": {
            "key": "greet",
            "label": named("Greet"),
            "form": "client",
            "trigger": {"type": "created"},
            "when": 'level = "a"',
            "actions": [
                {
                    "type": "notify",
                    "to": [{"field": "owner"}],
                    "channels": ["inbox"],
                    "subject": named("short: {{short}}"),
                    "body": named("Welcome {{name}}, in short {{short}}."),
                }
            ],
        },
        "mark": {
            "key": "mark",
            "label": named("Mark"),
            "form": "deal",
            "trigger": {"type": "created"},
            "phase": "before",
            "actions": [{"type": "set_fields", "set": {"note": "seen"}}],
        },
    },
    "print_template": {
        "sheet": {
            "key": "sheet",
            "label": named("Sheet"),
            "form": "client",
            "body": {"zh": ["<p>short {{name}}</p>", "<p>{{short}} {{level}}</p>"]},
        }
    },
}


def documents() -> Documents:
    """A copy of the app."""
    return copy.deepcopy(SHORT_NAMES)


def without_field(app: Documents, form: str, key: str) -> Documents:
    """The app without a field of a form."""
    changed = copy.deepcopy(app)
    changed["form"][form]["fields"] = [each for each in changed["form"][form]["fields"] if each["key"] != key]
    return changed


def without_short(app: Documents | None = None) -> Documents:
    """The app without the field that everything uses."""
    return without_field(app or SHORT_NAMES, "client", "short")
