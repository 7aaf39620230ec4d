"""The canonical bytes of a document: what export writes and comparisons use."""

from __future__ import annotations

import json
from typing import Any

FIRST = ("key", "type", "label")


def ordered(value: Any) -> Any:
    """`value` with the naming keys of each object first and the rest as the author wrote them."""
    if isinstance(value, dict):
        front = {key: ordered(value[key]) for key in FIRST if key in value}
        return front | {key: ordered(each) for key, each in value.items() if key not in front}
    if isinstance(value, list):
        return [ordered(each) for each in value]
    return value


def document_bytes(document: dict[str, Any]) -> bytes:
    """UTF-8 JSON, two spaces deep, real characters, one newline at the end."""
    return (json.dumps(ordered(document), ensure_ascii=False, indent=2) + "\n").encode()


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values mean the same, key order aside."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
