"""Takes a part that does not check out of a module, as far as the kind it belongs to can do without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.modules.compose import composed
from engine.definitions.modules.schema import ADD, EXTEND, MODULE
from engine.definitions.pointers import Path, Spot
from engine.protocols import DefinitionKind

Kinds = Mapping[str, DefinitionKind]
INNER = 3
"""Steps from a module to one of its documents: `add`, kind, key."""


def target_of(module: str, path: Path) -> tuple[str, str]:
    """Kind and key of the document that a part of a module belongs to; the module itself for its own settings."""
    if len(path) >= INNER and path[0] in (ADD, EXTEND):
        return str(path[1]), str(path[2])
    return MODULE, module


def without_part(documents: Documents, module: str, path: Path, kinds: Kinds) -> Documents:
    """The documents without the broken part of a module; without the document it adds to, where that cannot do
    without it: without a denial somebody would see more than before.
    """
    if len(path) < 2 or path[0] not in (ADD, EXTEND):
        return pointers.without(documents, Spot(MODULE, module))
    if len(path) <= INNER or path[1] not in kinds:
        return pointers.without(documents, Spot(MODULE, module, path))
    kind, start = kinds[str(path[1])], path[:INNER]
    part = pointers.value_at(documents, Spot(MODULE, module, start))
    if path[0] == ADD:
        return _with(documents, module, start, _pruned(kind, part, path[INNER:]))
    composition = composed(documents, kinds.values())
    shown = composition.shown((MODULE, module, *path))
    if (
        shown is not None
        and _pruned(kind, composition.documents[str(shown[0])][str(shown[1])], shown[2:]) is None
    ):
        left = _with(documents, module, start, None)
        written = composition.written(shown[:2])
        return pointers.without(left, Spot(str(written[0]), str(written[1]), written[2:]))
    pruned = _pruned(kind, part, path[INNER:])
    if pruned is None:
        pruned = pointers.removed(part, path[INNER : INNER + 2])
    return _with(documents, module, start, pruned)


def _pruned(kind: DefinitionKind, document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    left = kind.prune(document, path)
    return None if left == document else left


def _with(documents: Documents, module: str, path: Path, part: dict[str, Any] | None) -> Documents:
    """The documents with a part of a module replaced, or without it."""
    if part is None:
        return pointers.without(documents, Spot(MODULE, module, path))
    document = pointers.replaced(documents[MODULE][module], path, part)
    return pointers.with_document(documents, MODULE, module, document)
