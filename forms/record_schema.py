"""The JSON Schema of a form's records, as one reader may send and receive them."""

from __future__ import annotations

from typing import Any

from engine.permissions.compiled import GrantSet
from forms.compiled import Field, Form, LayoutItem, RowKind
from forms.operators import BY_KIND

BLIND, UNINDEXED = ("eq", "ne", "in", "nin", "blank"), ("blank",)
"""What an encrypted field is compared by, with an index and without one."""

SYSTEM = {
    "text": {"type": "string"},
    "moment": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer"},
}


def record_schema(form: Form, grants: GrantSet) -> dict[str, Any]:
    """JSON Schema 2020-12; fields the reader may not see are absent."""
    schema = _object(form, grants, "")
    for key, child in form.children.items():
        if grants.shows(key):
            rows = _object(child, grants, f"{key}.")
            schema["properties"][key] = {
                "type": "array",
                "items": rows,
                "minItems": child.min_rows,
                "maxItems": child.max_rows,
                "title": child.label["en"],
                "x-label": dict(child.label),
                "x-layout": [layout_json(item) for item in child.layout],
            }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": form.label["en"],
        "x-label": dict(form.label),
        "x-layout": [layout_json(item) for item in form.layout],
        **schema,
    }


def layout_json(item: LayoutItem) -> dict[str, Any]:
    """What arranges the form; `before` is the field that follows it, null at the end."""
    return {"type": item.kind.type, "key": item.key, "before": item.before, **item.kind.json_schema()}


def _object(kind: RowKind, grants: GrantSet, prefix: str) -> dict[str, Any]:
    fields = [field for field in kind.fields.values() if grants.shows(prefix + field.key)]
    covered = [field for field in kind.fields.values() if _only_masked(grants, prefix + field.key)]
    fields += covered
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            field.key: _field(field)
            | ({"x-masked": True, "x-operators": ["eq", "in"]} if field in covered else {})
            for field in fields
        },
        "additionalProperties": False,
    }
    required = [field.key for field in fields if field.required is True and not field.derived]
    return schema | ({"required": required} if required else {})


def _only_masked(grants: GrantSet, name: str) -> bool:
    return grants.masks(name) and not grants.shows(name)


def _field(field: Field) -> dict[str, Any]:
    value: dict[str, Any] = dict(SYSTEM[field.codec.storage]) if field.system else field.kind.json_schema()
    operators = BY_KIND[field.value_type.kind] if field.system else field.kind.operators
    if field.sealed:
        operators = BLIND if field.blind is not None else UNINDEXED if not field.kind.secret else ()
    if field.system and field.key not in ("owner", "dept"):
        value["readOnly"] = True
    if field.readonly is True:
        value["readOnly"] = True
    optional = {"anyOf": [value, {"type": "null"}]} if field.required is not True else value
    return {
        "title": field.label["en"],
        "x-label": dict(field.label),
        "x-type": field.type,
        "x-operators": list(operators),
        **optional,
    }
