"""What OpenAPI says of bodies and parameters that routes read themselves, and strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    return {
        "parameters": parameters_of(query or {}) + ([IDEMPOTENCY] if writes else []),
        "requestBody": {"required": bool(required), "content": {"application/json": {"schema": schema}}},
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
