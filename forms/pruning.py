"""What a form keeps when one of its parts is broken: its table and every field that can still be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.pointers import Path, removed, replaced

CONDITIONS: Mapping[str, bool] = {"required": False, "visible": True, "readonly": True}
"""What a condition of a field becomes: shown so that its values stay, read-only so that nobody writes it."""

DISPENSABLE = frozenset({"default", "default_from", "help"})
PARTS = frozenset({"validations", "unique", "no_overlap", "indexes", "search", "draws"})


def prune_form(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The form without the broken part at `path`: a condition, a validation, or the field itself."""
    if path[:1] == ("title",):
        return removed(document, path[:1])
    if len(path) >= 2 and path[0] in PARTS:
        return removed(document, path[:2])
    if len(path) >= 2 and path[0] == "fields":
        return _field_pruned(document, path[:2], path[2:])
    return None


def _field_pruned(document: dict[str, Any], field: Path, rest: Path) -> dict[str, Any]:
    name = str(rest[0]) if rest else ""
    if name in CONDITIONS:
        return replaced(document, (*field, name), CONDITIONS[name])
    if name in DISPENSABLE:
        return removed(document, (*field, name))
    if name in {"options_when", "show"} and len(rest) >= 2:
        return removed(document, (*field, *rest[:2]))
    if name in PARTS and len(rest) >= 2:
        return removed(document, (*field, *rest[:2]))
    if name == "fields" and len(rest) >= 2:
        return _field_pruned(document, (*field, *rest[:2]), rest[2:])
    return removed(document, field)
