"""How a hostile expression and what it must come to are written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Attack:
    """An expression that must be refused with `code`, or give `value` on `record` (JSON values)."""

    source: Any
    code: str | None = None
    record: dict[str, Any] = field(default_factory=dict)
    value: Any = None


def refused(code: str, **sources: Any) -> dict[str, Attack]:
    """Cases that are refused with this code when they are saved."""
    return {name.replace("_", " "): Attack(source, code) for name, source in sources.items()}


def nested_json(depth: int, wrap: str = "not") -> Any:
    """A JSON condition so many levels deep."""
    condition: Any = {"flag": True}
    for _ in range(depth):
        condition = {wrap: condition if wrap == "not" else [condition, {"ok": True}]}
    return condition


def doubled(source: str, times: int) -> str:
    """Each step joins the text with itself: as long as the limit on the source lets it grow."""
    for _ in range(times):
        source = f"({source}) & ({source})"
    return source
