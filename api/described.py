"""What OpenAPI says of bodies and parameters that routes read themselves, and strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The same key and request again get the same answer, done once.",
}


def body_of(
    properties: Mapping[str, Any], *required: str, query: Mapping[str, str] | None = None, writes: bool = True
) -> dict[str, Any]:
    """`openapi_extra` of a route whose JSON body has these properties and no others."""
    schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return _body(schema, needed=bool(required), query=query, writes=writes)


def model_body(
    model: type[BaseModel],
    *,
    more: Mapping[str, Any] | None = None,
    partial: bool = False,
    writes: bool = True,
) -> dict[str, Any]:
    """`openapi_extra` of a route whose JSON body is read as `model`, with `more` properties beside its own;
    with `partial` none of them is required.
    """
    schema = schema_of(model)
    if more:
        schema["properties"] = {**schema["properties"], **more}
    if partial:
        schema.pop("required", None)
    return _body(schema, needed=True, query=None, writes=writes)


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model in one piece: models that it names stand in their places."""
    schema = model.model_json_schema(by_alias=True)
    whole: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
    return whole


def _inlined(part: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    kept = {name: each for name, each in part.items() if name != "discriminator"}
    return {name: _inlined(each, definitions) for name, each in kept.items()}


def _body(
    schema: Mapping[str, Any], *, needed: bool, query: Mapping[str, str] | None, writes: bool
) -> dict[str, Any]:
    return {
        "parameters": parameters_of(query or {}) + ([IDEMPOTENCY] if writes else []),
        "requestBody": {"required": needed, "content": {"application/json": {"schema": schema}}},
    }


def query_of(**parameters: str) -> dict[str, Any]:
    """`openapi_extra` of a route with these query parameters, each with what it means."""
    return {"parameters": parameters_of(parameters)}


def parameters_of(named: Mapping[str, str]) -> list[dict[str, Any]]:
    """Query parameters of type text."""
    return [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": meaning}
        for name, meaning in named.items()
    ]
