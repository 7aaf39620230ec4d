"""What differs between two states of an app: by document, and inside one by pointer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.definitions.app import Documents
from engine.definitions.canonical import same
from engine.definitions.pointers import name_of, pointer_of

Change = Literal["added", "removed", "changed", "moved"]
NOTHING: Any = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One part that differs. Items of lists are named by key where they have one; `moved` says that the items
    of a list stand in another order, `before` and `after` are their names then.
    """

    pointer: str
    change: Change
    before: Any = NOTHING
    after: Any = NOTHING

    def as_json(self) -> dict[str, Any]:
        sides = {"before": self.before} if self.change != "added" else {}
        return {
            "pointer": self.pointer,
            "change": self.change,
            **sides,
            **({"after": self.after} if self.change != "removed" else {}),
        }


@dataclass(frozen=True, slots=True)
class DocumentDifference:
    """A document that differs; `parts` are empty when all of it was added or removed."""

    kind: str
    key: str
    label: dict[str, str] | None
    change: Change
    parts: tuple[Difference, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "key": self.key,
            "label": self.label,
            "change": self.change,
            "differences": [part.as_json() for part in self.parts],
        }


def compare(before: Documents, after: Documents) -> list[DocumentDifference]:
    """All documents that differ, by kind and key. The order of keys in an object makes no difference."""
    places = {(kind, key) for side in (before, after) for kind, objects in side.items() for key in objects}
    found = []
    for kind, key in sorted(places):
        old, new = before.get(kind, {}).get(key), after.get(kind, {}).get(key)
        label = (new or old or {}).get("label")
        if old is None or new is None:
            found.append(DocumentDifference(kind, key, label, "added" if old is None else "removed"))
        elif not same(old, new):
            found.append(DocumentDifference(kind, key, label, "changed", tuple(differences(old, new))))
    return found


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[Difference]:
    """The smallest parts that differ between two JSON values."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _in_objects(before, after, pointer)
    elif isinstance(before, list) and isinstance(after, list) and _named(before) and _named(after):
        yield from _in_lists(before, after, pointer)
    elif isinstance(before, list) and isinstance(after, list) and _alike(before, after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{pointer}/{index}")
    elif not same(before, after):
        yield Difference(pointer, "changed", before, after)


def _in_objects(before: dict[str, Any], after: dict[str, Any], pointer: str) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        where = pointer + pointer_of([key])
        if key not in before:
            yield Difference(where, "added", after=after[key])
        elif key not in after:
            yield Difference(where, "removed", before[key])
        else:
            yield from differences(before[key], after[key], where)


def _named(items: list[Any]) -> bool:
    """Whether every item has a name of its own."""
    names = [name_of(item) for item in items]
    return None not in names and len(set(names)) == len(names)


def _alike(before: list[Any], after: list[Any]) -> bool:
    """Whether the items of two lists without names belong together, one by one."""
    return len(before) == len(after) and all(isinstance(each, dict) for each in (*before, *after))


def _in_lists(before: list[Any], after: list[Any], pointer: str) -> Iterator[Difference]:
    old = {str(name_of(item)): item for item in before}
    names = [_name_before(item, old) for item in after]
    if len(set(names)) < len(names):
        names = [str(name_of(item)) for item in after]  # what one of them says it was is still there
    new = dict(zip(names, after, strict=True))
    yield from _in_objects(old, new, pointer)
    left = [name for name in old if name in new]
    right = [name for name in new if name in old]
    if left != right:
        yield Difference(pointer, "moved", left, right)


def _name_before(item: Any, old: dict[str, Any]) -> str:
    """The name of an item, the earlier one if it was renamed since; one renamed long ago still says so."""
    name, origin = str(name_of(item)), item.get("renamed_from") if isinstance(item, dict) else None
    before = old.get(name)
    known = isinstance(before, dict) and before.get("renamed_from") == origin
    return origin if isinstance(origin, str) and origin in old and not known else name
