"""Operators of the JSON condition spelling that make sense for a field, by what its values are."""

from __future__ import annotations

Operators = tuple[str, ...]

EQUAL: Operators = ("eq", "ne", "in", "nin", "blank")
ORDERED: Operators = ("eq", "ne", "gt", "gte", "lt", "lte", "between", "in", "nin", "blank")
WORDS: Operators = ("eq", "ne", "contains", "starts_with", "in", "nin", "blank")
"""Short text: an address, a number that is no quantity, a code."""
TEXT: Operators = (
    "eq",
    "ne",
    "contains",
    "starts_with",
    "gt",
    "gte",
    "lt",
    "lte",
    "between",
    "in",
    "nin",
    "blank",
)
PROSE: Operators = ("contains", "starts_with", "blank")
"""Long text, which nobody compares as a whole."""
TRUTH: Operators = ("eq", "ne", "blank")
SEVERAL: Operators = ("has", "has_any", "blank")
FILLED: Operators = ("blank",)
"""Whether something is there is all that can be asked."""
NONE: Operators = ()

BY_KIND: dict[str, Operators] = {
    "text": TEXT,
    "ref": EQUAL,
    "datetime": ORDERED,
    "number": ORDERED,
}
"""For the system fields, which have no field type."""
