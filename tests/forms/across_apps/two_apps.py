"""Two apps side by side: the people of a firm (hr), and visits that refer to them. Each has roles of its own."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from engine.definitions.app import CompiledApp, Documents
from engine.definitions.publish import Published, prepare, publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name, option

UNIT = {
    "key": "unit",
    "label": name("unit"),
    "title": "name",
    "fields": [
        field("name", "text", required=True, unique=True),
        field("above", "tree_parent"),
        field("lead", "user"),
    ],
}
EMPLOYEE = {
    "key": "employee",
    "label": {"zh": "员工", "en": "Employee"},
    "title": "name",
    "fields": [
        field("no", "text", unique=True),
        field("name", "text", required=True),
        field("unit", "ref", form="unit"),
        field("level", "int"),
        field("salary", "money"),
        field("phone", "phone"),
        field("kind", "select", options=option("inside", "outside")),
        field("unit_name", "lookup", path="unit.name"),
        field("rank", "formula", result={"type": "int"}, expr="level * 10"),
        field("years", "formula", result={"type": "int"}, expr="YEAR(TODAY()) - 2020 + level"),
        field("skills", "subtable", fields=[field("skill", "text"), field("grade", "int")]),
    ],
}
HR: dict[str, Any] = {
    "app": {"hr": {"key": "hr", "label": {"zh": "人事", "en": "People"}, "tz": "America/New_York"}},
    "form": {"unit": UNIT, "employee": EMPLOYEE},
    "scope": {
        "led": {"key": "led", "form": "unit", "where": "lead = $me", "descend": "above"},
    },
    "role": {
        "sales_rep": {
            "key": "sales_rep",
            "label": name("reps"),
            "grants": [
                {
                    "form": "employee",
                    "actions": ["list", "view"],
                    "where": "unit in $led",
                    "fields": {"hidden": ["salary"], "masked": ["phone"]},
                },
                {"form": "unit", "actions": ["list", "view"]},
            ],
        },
        "finance": {
            "key": "finance",
            "label": name("finance"),
            "grants": [
                {"form": "employee", "actions": ["list", "view", "create", "update", "delete", "restore"]},
                {"form": "unit", "actions": ["list", "view"]},
            ],
        },
    },
}
ALL = ["list", "view", "create", "update", "delete", "restore", "import", "export", "print"]
VISIT = {
    "key": "visit",
    "label": name("visit"),
    "title": "title",
    "fields": [
        field("title", "text", required=True, unique=True),
        field("employee", "ref", form="hr.employee"),
        field("helpers", "refs", form="hr.employee"),
        field("told", "lookup", path="employee.name"),
        field("double", "formula", result={"type": "int"}, expr="employee.level * 2"),
        field("note", "text"),
        field(
            "stops", "subtable", fields=[field("place", "text"), field("guide", "ref", form="hr.employee")]
        ),
    ],
}
VISITS: dict[str, Any] = {
    "app": {"visits": {"key": "visits", "label": {"zh": "拜访", "en": "Visits"}}},
    "form": {"visit": VISIT},
    "role": {
        key: {"key": key, "label": name(key), "grants": [{"form": "visit", "actions": ALL}]}
        for key in ("sales_rep", "regional_manager", "finance")
    },
    "print_template": {
        "sheet": {
            "key": "sheet",
            "label": name("sheet"),
            "form": "visit",
            "body": {"zh": "<p>{{title}} {{employee}} {{employee.unit.name}} {{employee.salary}}</p>"},
        }
    },
}


def put(runtime: Runtime, documents: Documents, **wish: Any) -> Published:
    """The documents, published by the system, with every destructive step that they take."""
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        prepared = prepare(work, documents, force=wish.get("force", ()))
        approve = [step.pointer for step in prepared.steps if step.risk == "destructive"]
        return publish(work, documents, approve=approve, prepared=prepared, **wish)


def app_of(runtime: Runtime, key: str) -> CompiledApp:
    """The app as a new transaction sees it."""
    with runtime.reading(SYSTEM) as work:
        return work.app(key)


def hr(**forms: dict[str, Any]) -> dict[str, Any]:
    """The people app with other forms."""
    documents = deepcopy(HR)
    documents["form"].update(forms)
    return documents


def visits(*fields: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The visits app with more fields, and with other values of those that are named."""
    documents = deepcopy(VISITS)
    form = documents["form"]["visit"]
    form["fields"] = [{**each, **changed.get(each["key"], {})} for each in form["fields"]] + list(fields)
    return documents


def without(form: dict[str, Any], *keys: str) -> dict[str, Any]:
    """A form without some fields."""
    return {**form, "fields": [each for each in form["fields"] if each["key"] not in keys]}
