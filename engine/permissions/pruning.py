"""What a role keeps when one of its grants is broken: nobody gains a right by it."""

from __future__ import annotations

from typing import Any

from engine.definitions.pointers import Path, removed, replaced


def prune_role(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The role without the broken part at `path`: a field that is gone, or the grant.

    A broken denial denies everything it might have denied.
    """
    if len(path) < 2 or path[0] != "grants":
        return None
    grant = document["grants"][path[1]]
    if not isinstance(grant, dict):
        return removed(document, path[:2])
    if path[2:3] == ("fields",) and len(path) >= 5:
        return removed(document, path[:5])
    if not grant.get("deny") or path[2:3] == ("form",):
        return removed(document, path[:2])
    if path[2:3] == ("where",):
        return replaced(document, (*path[:2], "where"), True)
    if path[2:3] == ("subject_field",):
        everybody = {key: value for key, value in grant.items() if key not in {"subject_field", "below"}}
        return replaced(document, path[:2], everybody)
    return None
