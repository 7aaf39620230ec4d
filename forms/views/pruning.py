"""What a view keeps when one of its parts is broken: the columns that are left."""

from __future__ import annotations

from typing import Any

from engine.definitions.pointers import Path, removed


def prune_view(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The view without the broken column or order; None when something else is broken: without its filter it
    would show other records than the ones it promises.
    """
    if path[:1] == ("columns",) and len(path) >= 2 and len(document["columns"]) > 1:
        return removed(document, path[:2])
    return removed(document, path[:1]) if path[:1] == ("sort",) else None
