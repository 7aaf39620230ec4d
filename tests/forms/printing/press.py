"""A small app with print templates: deals with lines, for customers that not everybody sees."""

from __future__ import annotations

from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import field, name


def labelled(key: str, zh: str, en: str) -> dict[str, Any]:
    return {"key": key, "label": {"zh": zh, "en": en}}


CUSTOMER = {
    "key": "customer",
    "label": name("customer"),
    "title": "name",
    "fields": [
        field("name", "text"),
        field("phone", "text", mask="###****####"),
        field("credit", "money"),
        field("where", "address"),
        field("deals", "backlink", form="deal", link="customer"),
        field("through", "ref", form="deal"),
    ],
}
DEAL = {
    "key": "deal",
    "label": {"zh": "成交单", "en": "Deal"},
    "title": "no",
    "fields": [
        field("no", "auto", pattern="D-{0000}"),
        field("customer", "ref", form="customer"),
        field("phone", "lookup", path="customer.phone"),
        field(
            "state",
            "select",
            options=[labelled("open", "进行中", "Open"), labelled("done", "已完成", "Done")],
        ),
        field("kinds", "multiselect", options=[labelled("a", "甲类", "A"), labelled("b", "乙类", "B")]),
        field("day", "date"),
        field("at", "datetime"),
        field("share", "percent"),
        field("term", "date_range"),
        field("year", "year"),
        field("note", "textarea"),
        field("terms", "richtext"),
        field("cost", "money"),
        field("total", "formula", result={"type": "money"}, expr="SUM(lines.amount)"),
        field("photo", "image"),
        field("brought", "backlink", form="customer", link="through"),
        field(
            "lines",
            "subtable",
            fields=[
                field("item", "text"),
                field("qty", "decimal"),
                field("amount", "money"),
                field("cost", "money"),
            ],
        ),
    ],
}
CLERK = {
    "key": "clerk",
    "label": name("clerk"),
    "grants": [
        {"form": "deal", "actions": ["view", "print"], "fields": {"hidden": ["cost", "lines.cost"]}},
        {
            "form": "customer",
            "actions": ["view"],
            "where": 'name <> "秘密客户"',
            "fields": {"masked": ["phone"]},
        },
    ],
}
READER = {"key": "reader", "label": name("reader"), "grants": [{"form": "deal", "actions": ["view"]}]}
OWN = {
    "key": "own",
    "label": name("own"),
    "grants": [
        {"form": "deal", "actions": ["view"]},
        {"form": "deal", "actions": ["print"], "where": 'state = "done"', "fields": {"hidden": ["note"]}},
    ],
}
BASE: dict[str, dict[str, dict[str, Any]]] = {
    "app": {"press": {"key": "press", "label": name("press")}},
    "form": {"customer": CUSTOMER, "deal": DEAL},
    "role": {"clerk": CLERK, "reader": READER, "own": OWN},
}
ROOT = Principal(user="root", is_admin=True)
LI = Principal(user="li", roles=("clerk",))
SUN = Principal(user="sun", roles=("reader",))
ZHOU = Principal(user="zhou", roles=("own",))


def template(body: str, en: str | None = None, **more: Any) -> dict[str, Any]:
    """The document of a template `sheet` of deals with this body."""
    words = {"zh": body} if en is None else {"zh": body, "en": en}
    return {"key": "sheet", "label": {"zh": "单据", "en": "Sheet"}, "form": "deal", "body": words, **more}


def with_template(document: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    return {**BASE, "print_template": {document["key"]: document}}


def publish_press(runtime: Runtime, document: dict[str, Any]) -> CompiledApp:
    """The app with this template, published."""
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, with_template(document))
    with runtime.reading(SYSTEM) as work:
        return work.app("press")


def save(runtime: Runtime, form: str, **values: Any) -> str:
    """A record with these values in memory form; its id."""
    with runtime.unit_of_work(ROOT) as work:
        saved = records.create(work, compiled_form(work.app("press"), form), values)
    return str(saved["id"])
