"""The JSON keys of a model as a table: key, type, default and what its author said about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from designer_schemas.reference.markdown import code, table

HEAD = ("键 / key", "值 / value", "默认 / default", "说明 / note")
PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true/false",
    "null": "null",
    "object": "object",
}
REQUIRED = "必填 / required"
OPTIONAL = "–"
PARTS = {
    "Allocation": "[allocate](#allocate)",
    "Option": "[option](definitions.md#option_set-option)",
    "RecipientEntry": "[assignee](flow_nodes.md#assignees)",
    "Unique": "[unique](definitions.md#form-unique)",
    "Validation": "[validation](definitions.md#form-validation)",
}
"""Objects that are described elsewhere."""


def keys_table(model: type[BaseModel], *, without: Iterable[str] = ()) -> str:
    """All keys of a model but those in `without`."""
    schema = model.model_json_schema()
    return _table(schema, schema.get("$defs", {}), frozenset(without))


def parts_of(model: type[BaseModel], *, without: Iterable[str] = ()) -> Iterator[tuple[str, str, str]]:
    """Name, description and table of every object that `model` holds."""
    schema = model.model_json_schema()
    shared = schema.get("$defs", {})
    for name, part in sorted(shared.items()):
        if name not in without and "properties" in part:
            yield plain(name), sentence(part.get("description", "")), _table(part, shared, frozenset())


def _table(schema: Mapping[str, Any], shared: Mapping[str, Any], without: frozenset[str]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (
            code(key),
            value_of(each, shared),
            _default(key, each, required),
            sentence(each.get("description", "")),
        )
        for key, each in schema.get("properties", {}).items()
        if key not in without
    ]
    if not any(row[3] for row in rows):
        return table(HEAD[:3], [row[:3] for row in rows])
    return table(HEAD, rows)


def value_of(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "$ref" in schema:
        return _named(schema["$ref"].rsplit("/", 1)[-1], shared)
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(str(each)) for each in schema["enum"])
    if "anyOf" in schema:
        choices = [value_of(each, shared) for each in schema["anyOf"] if each.get("type") != "null"]
        return _sources(frozenset(choices)) or " / ".join(dict.fromkeys(choices))
    if schema.get("type") == "array":
        return f"list of {_item(schema, shared)}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {value_of(schema['additionalProperties'], shared)}"
    return PLAIN.get(str(schema.get("type", "")), "any JSON")


def _named(name: str, shared: Mapping[str, Any]) -> str:
    found = shared.get(name, {})
    keys = tuple(found.get("properties", ()))
    if keys in {("zh", "en"), ("expr",)}:
        return code("{" + ", ".join(keys) + "}")
    return PARTS.get(name, plain(name)) if keys else value_of(found, shared)


def plain(name: str) -> str:
    """The name of a model as a reader knows the thing."""
    return name.removesuffix("Document").lower()


def _sources(choices: frozenset[str]) -> str:
    """What is written in the expression language, in either spelling."""
    if choices == {"text", "object", "true/false"}:
        return "condition"
    return "expression" if choices == {"text", "object"} else ""


def _item(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    inner = schema.get("items") or next(iter(schema.get("prefixItems", ())), None)
    return value_of(inner, shared) if inner else "anything"


def _default(key: str, schema: Mapping[str, Any], required: set[str]) -> str:
    if key in required:
        return REQUIRED
    given = schema.get("default")
    return OPTIONAL if given in (None, [], {}) else code(json.dumps(given, ensure_ascii=False))


def sentence(text: str) -> str:
    """A docstring in one line."""
    return " ".join(text.split())
