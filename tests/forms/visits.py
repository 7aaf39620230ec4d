"""A small app with photos, papers and signatures, and two kinds of readers."""

from __future__ import annotations

from typing import Any

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name

VISIT = {
    "key": "visit",
    "label": name("visit"),
    "fields": [
        field("outlet", "text"),
        field("checkin_photo", "image", camera_only=True, required='status = "done"'),
        field("status", "select", options=[{"key": key, "label": name(key)} for key in ("planned", "done")]),
        field("photos", "images", metadata="strip", max_count=3),
        field("paper", "file"),
        field("proof", "images", never_seen=True),
        field("signed", "signature"),
        field("lines", "subtable", fields=[field("receipt", "file"), field("note", "text")]),
    ],
}

REVIEW = {
    "key": "review",
    "label": name("review"),
    "fields": [
        field("visit", "ref", form="visit"),
        field("paper", "copy", path="visit.paper"),
        field("extra", "file"),
    ],
}

REP = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [
        {"form": "visit", "actions": ["view", "create", "update", "delete"], "where": "owner = $me"},
        {"form": "review", "actions": ["view", "create", "update"]},
    ],
}

MANAGER = {
    "key": "regional_manager",
    "label": name("manager"),
    "grants": [
        {"form": "visit", "actions": ["view"], "fields": {"hidden": ["paper", "lines.receipt"]}},
        {"form": "review", "actions": ["view", "create", "update"]},
    ],
}


def publish_visits(runtime: Runtime, **changed: dict[str, Any]) -> None:
    """The app `field`; `changed` options of fields of the form `visit`."""
    fields = [{**each, **changed.get(each["key"], {})} for each in VISIT["fields"]]  # type: ignore[attr-defined, dict-item]
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        publish(
            work,
            {
                "app": {"field": {"key": "field", "label": name("field")}},
                "form": {"visit": {**VISIT, "fields": fields}, "review": REVIEW},
                "role": {"sales_rep": REP, "regional_manager": MANAGER},
            },
        )
