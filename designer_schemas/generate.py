"""The schemas from the models: what an editor or a browser needs to help with a document.

A document leaves open what its parts of registered kinds look like (fields, nodes, triggers, actions);
here every kind in the registry closes its part, so a plugin's kind is described like a built-in one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from engine.definitions.app import AppDocument
from engine.definitions.modules.schema import ADD, EXTEND, MODULE
from engine.registry import Registry
from rules.steps import WAIT, WaitParams

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).parent
REFERENCE = "#/$defs/{model}"

OPEN_PARTS = {
    "fields": "field_type",
    "nodes": "flow_node",
    "trigger": "trigger",
    "actions": "action",
    "withdraw": "action",
    "return": "action",
    "steps": "test_step",
    "given": "test_step",
}
"""Property -> family of the registry whose kinds stand there."""

MODELS = {
    "field_type": "Options",
    "flow_node": "Params",
    "trigger": "Params",
    "action": "Params",
    "test_step": "Params",
}
CONDITION: Schema = {"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "boolean"}]}


def schemas(registries: Mapping[str, Registry]) -> dict[str, Schema]:
    """Kind -> JSON Schema, `app` included."""
    models = {kind.type: kind.Model for kind in registries["definition"].values()}
    models["app"] = AppDocument
    return {kind: _closed(kind, models[kind], registries) for kind in sorted(models)}


def _closed(kind: str, model: type[BaseModel], registries: Mapping[str, Registry]) -> Schema:
    schema = model.model_json_schema(ref_template=REFERENCE)
    definitions: dict[str, Schema] = schema.pop("$defs", {})
    if kind == MODULE:
        _close_modules(schema, registries)
    waiting = list(_close_parts(schema))
    done: set[str] = set()
    while waiting:
        family = waiting.pop()
        if family in done:
            continue
        done.add(family)
        choices = []
        for name, part in _kinds(family, kind, registries):
            own = part.model_json_schema(ref_template=REFERENCE)
            definitions.update(own.pop("$defs", {}))
            waiting.extend(_close_parts(own))
            definitions[f"{family}.{name}"] = _named(own, name, guarded=family == "action")
            choices.append({"$ref": f"#/$defs/{family}.{name}"})
        definitions[family] = {"type": "object", "required": ["type"], "oneOf": choices}
    return {
        "$schema": DRAFT,
        **schema,
        **({"$defs": dict(sorted(definitions.items()))} if definitions else {}),
    }


def _close_modules(schema: Schema, registries: Mapping[str, Registry]) -> None:
    """Let a module name the kinds there are; the schemas of those describe what it brings."""
    known = sorted(each.type for each in registries["definition"].values() if each.type != MODULE)
    for section in (ADD, EXTEND):
        schema["properties"][section]["propertyNames"] = {"enum": known}


def _kinds(
    family: str, document: str, registries: Mapping[str, Registry]
) -> Iterator[tuple[str, type[BaseModel]]]:
    for extension in registries[family].values():
        yield extension.type, getattr(extension, MODELS[family])
    if (family, document) == ("action", "rule"):
        yield WAIT, WaitParams


def _close_parts(schema: Schema) -> Iterator[str]:
    """Let open objects refer to their family; yields the families met."""
    for name, part in schema.get("properties", {}).items():
        family = OPEN_PARTS.get(name)
        if family is None:
            continue
        if part.get("type") == "array" and _is_open(part.get("items", {})):
            part["items"] = {"$ref": f"#/$defs/{family}"}
            yield family
        elif _is_open(part):
            schema["properties"][name] = {"$ref": f"#/$defs/{family}"}
            yield family


def _is_open(schema: Schema) -> bool:
    return schema.get("type") == "object" and schema.get("additionalProperties") is True


def _named(schema: Schema, name: str, *, guarded: bool) -> Schema:
    """The part with its `type` fixed; actions may carry a condition `when`."""
    properties = {**schema.get("properties", {}), "type": {"const": name}}
    if guarded:
        properties["when"] = CONDITION
    required = ["type", *(each for each in schema.get("required", ()) if each != "type")]
    return {**schema, "properties": properties, "required": required}


def schema_files(registries: Mapping[str, Registry]) -> dict[str, bytes]:
    """File name -> bytes of the committed schemas."""
    return {
        f"{kind}.json": (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()
        for kind, schema in schemas(registries).items()
    }


def write(registries: Mapping[str, Registry], folder: Path = FOLDER) -> list[Path]:
    """Write the files; those of kinds that are gone are removed."""
    files = schema_files(registries)
    for path in folder.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]
