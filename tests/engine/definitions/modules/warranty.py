"""A module for the app of `clients`: warranty claims, and what they need in the forms that are there."""

from __future__ import annotations

import copy
from typing import Any

from tests.engine.definitions.clients import Documents, documents, field, named, options

CLAIM = {
    "key": "claim",
    "label": named("Claim"),
    "title": "subject",
    "fields": [
        field("subject", "text", required=True),
        field("client", "ref", form="client"),
        field("months", "lookup", path="client.warranty"),
    ],
}

WARRANTY: dict[str, Any] = {
    "key": "warranty",
    "label": named("Warranty"),
    "version": "1.0",
    "add": {
        "form": {"claim": CLAIM},
        "role": {
            "claims": {
                "key": "claims",
                "label": named("Claims"),
                "grants": [{"form": "claim", "actions": ["*"]}, {"form": "client", "actions": ["view"]}],
            }
        },
    },
    "extend": {
        "form": {
            "client": {
                "fields": [
                    {**field("warranty", "decimal"), "after": "name"},
                    field("long_one", "formula", result={"type": "bool"}, expr="warranty > 24"),
                    {"key": "level", "options": options("d")},
                ]
            }
        },
        "view": {"clients": {"columns": [{"value": "warranty", "after": "name"}]}},
        "role": {"rep": {"grants": [{"form": "claim", "actions": ["view"]}]}},
    },
}


def warranty(**changes: Any) -> dict[str, Any]:
    """A copy of the module with other settings."""
    return copy.deepcopy({**WARRANTY, **changes})


def with_modules(*modules: dict[str, Any], app: Documents | None = None) -> Documents:
    """The app of clients, or another one, with these modules."""
    made = copy.deepcopy(app) if app is not None else documents()
    return {**made, "module": {each["key"]: copy.deepcopy(each) for each in modules}}


def module(key: str, **parts: Any) -> dict[str, Any]:
    """A module that says no more than these parts."""
    return {"key": key, "label": named(key), **parts}
