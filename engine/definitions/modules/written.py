"""Where documents of a kind are written: in the app, and as parts of its modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.modules.compose import composed
from engine.definitions.modules.schema import ADD, EXTEND, MODULE
from engine.definitions.pointers import Spot
from engine.findings import Finding, error, text
from engine.protocols import DefinitionKind

Kinds = list[DefinitionKind]


def written_documents(documents: Documents, kind: str) -> Iterator[tuple[Spot, dict[str, Any]]]:
    """The documents of a kind that an app has of its own, then those that modules bring, and what they add."""
    for key, document in documents.get(kind, {}).items():
        yield Spot(kind, key), document
    for module, written in documents.get(MODULE, {}).items():
        for section in (ADD, EXTEND):
            for key, document in _inner(written, section, kind).items():
                if isinstance(document, dict):
                    yield Spot(MODULE, module, (section, kind, key)), document


def _inner(module: dict[str, Any], *path: str) -> dict[str, Any]:
    value: Any = module
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def with_written(documents: Documents, spot: Spot, document: dict[str, Any]) -> Documents:
    """The documents with the one at a spot replaced."""
    if spot.path:
        document = pointers.replaced(documents[spot.kind][spot.key], spot.path, document)
    return pointers.with_document(documents, spot.kind, spot.key, document)


def removed_documents(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(section, kind, key) of what one state of a module brings or adds to and the other does not."""
    for section in (ADD, EXTEND):
        for kind, objects in _inner(before, section).items():
            for key in objects if isinstance(objects, dict) else ():
                if key not in _inner(after, section, kind):
                    yield section, kind, key


def own_pointer(documents: Documents, pointer: str, kinds: Kinds) -> str:
    """The pointer, or where it leads in a module when the app itself has nothing there."""
    spot = pointers.spot_of(documents, pointers.folders(kinds), pointer)
    if spot is not None and len(spot.path) == len(pointers.steps_of(pointer)) - (
        1 if spot.kind == "app" else 2
    ):
        return pointer
    return composed(documents, kinds).own(pointer)


def foreign_parts(documents: Documents, parts: list[str], kinds: Kinds) -> list[Finding]:
    """What stands in a module though a step is to change it in the app."""
    found = [(part, own_pointer(documents, part, kinds)) for part in parts]
    return [_foreign(part, written) for part, written in found if written != part]


def _foreign(part: str, written: str) -> Finding:
    module = pointers.steps_of(written)[1]
    return error(
        "part_of_module",
        part,
        text(f"此处由模块“{module}”带来，不在应用自己的定义中。", f"The module '{module}' brings this part."),
        text(f"请在模块中修改：{written}。", f"Change it in the module, at {written}."),
    )
