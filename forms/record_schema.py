"""The JSON Schema of a form's records, as one reader may send and receive them."""

from __future__ import annotations

from typing import Any

from engine.permissions.compiled import GrantSet
from forms.compiled import ChildTable, Field, Form, LayoutItem, RowKind
from forms.field_type import spellings
from forms.field_types.ref import NAMED
from forms.operators import BY_KIND

BLIND, UNINDEXED = ("eq", "ne", "in", "nin", "blank"), ("blank",)
"""What an encrypted field is compared by, with an index and without one."""

PEOPLE = ("owner", "dept")
"""System fields that may be written."""

SYSTEM = {
    "text": {"type": "string"},
    "moment": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer"},
}

ABOUT: dict[str, Any] = {"x-type": "system", "x-operators": []}
ABOUT_A_RECORD: dict[str, Any] = {
    "version": ABOUT | {"type": "integer", "readOnly": True, "title": "Revision"},
    "base_version": ABOUT
    | {"type": ["integer", "null"], "minimum": 1, "writeOnly": True, "title": "Revision that was edited"},
}
ABOUT_A_ROW: dict[str, Any] = {
    "id": ABOUT | {"type": ["string", "null"], "title": "Row", "description": "A new row has none, or null."},
    "$delete": ABOUT | {"type": "boolean", "writeOnly": True, "title": "Remove the row"},
}


def record_schema(form: Form, grants: GrantSet) -> dict[str, Any]:
    """JSON Schema 2020-12 of a record as it is sent to be created and as it is answered; a change may leave out
    what it leaves as it is. Fields the reader may not see are absent.
    """
    schema = _object(form, grants, "")
    schema["properties"] |= {key: each for key, each in ABOUT_A_RECORD.items() if key not in form.fields}
    for key, child in form.children.items():
        if grants.shows(key):
            rows = _object(child, grants, f"{key}.")
            rows["properties"] |= ABOUT_A_ROW
            schema["properties"][key] = {
                "type": ["array", "null"],
                "items": rows,
                "minItems": _fewest(child),
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


def _fewest(child: ChildTable) -> int:
    """How many rows every record has; none where a condition may hide them."""
    if child.visible is not True:
        return 0
    return max(child.min_rows, 1 if child.required is True else 0)


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
            field.key: _field(field, covered=field in covered)
            | ({"x-masked": True, "x-operators": ["eq", "in"]} if field in covered else {})
            for field in fields
        },
        "additionalProperties": False,
    }
    required = [field.key for field in fields if _always(field) and not _filled_in(field)]
    return schema | ({"required": required} if required else {})


def _only_masked(grants: GrantSet, name: str) -> bool:
    return grants.masks(name) and not grants.shows(name)


def _always(field: Field) -> bool:
    """Whether no record is saved without a value."""
    return field.required is True and field.visible is True and not field.derived


def _filled_in(field: Field) -> bool:
    """Whether a new record that does not name the field may get a value all the same."""
    return field.default is not None or field.default_expression is not None or field.preset is not None


def _system(field: Field) -> list[dict[str, Any]]:
    value = dict(SYSTEM[field.codec.storage])
    if field.key in PEOPLE:
        return [value, NAMED | {"writeOnly": True}]
    return [value | {"readOnly": True}]


def _field(field: Field, *, covered: bool) -> dict[str, Any]:
    first, *further = _system(field) if field.system else spellings(field.kind)
    if covered:  # the mask is answered, a value is sent
        first, further = {"type": "string", "readOnly": True}, [first | {"writeOnly": True}, *further]
    value = dict(first)
    operators = BY_KIND[field.value_type.kind] if field.system else field.kind.operators
    if field.sealed:
        operators = BLIND if field.blind is not None else UNINDEXED if not field.kind.secret else ()
    if field.readonly is True:
        value["readOnly"] = True
    if _always(field):
        further = [each for each in further if each.get("const") != ""]
    else:
        further.append({"type": "null"})
    several = {"anyOf": [value, *further]} if further else value
    return {
        "title": field.label["en"],
        "x-label": dict(field.label),
        "x-type": field.type,
        "x-operators": list(operators),
        **several,
    }
