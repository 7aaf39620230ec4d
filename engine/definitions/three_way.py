"""Differences between a folder, the store and what both had when they last met. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.definitions.baseline import Baseline, digest
from engine.definitions.canonical import same

State = Literal["here", "server", "conflict", "unknown", "kept"]
"""Changed in the folder, in the store, in both; `unknown`: they differ and never met; `kept`: a module that was
added in the store and that the folder never had.
"""
MODULES = "/modules/"

Change = Literal["added", "changed", "removed", "same"]
MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One document that differs. `pointers` lead to what differs inside it between folder and store; in a
    conflict to what both sides changed, or all when no common version is known.
    """

    name: str
    state: State
    here: Change
    server: Change
    pointers: tuple[str, ...]

    @property
    def blocks(self) -> bool:
        """Whether applying the folder would undo what somebody did in the store."""
        return self.state in ("server", "conflict")

    def as_json(self) -> dict[str, Any]:
        return {
            "document": self.name,
            "state": self.state,
            "here": self.here,
            "server": self.server,
            "pointers": list(self.pointers),
        }


def compare(
    here: Mapping[str, Any],
    server: Mapping[str, Any],
    base: Baseline | None,
    base_documents: Mapping[str, Any] | None,
) -> list[Difference]:
    """Every document, by name, that is not the same on both sides.

    `base_documents` are those of the common version where the store still has it: then a conflict is told
    apart from two changes of different places.
    """
    return [
        difference
        for name in sorted(here.keys() | server.keys())
        if not same(here.get(name), server.get(name))
        for difference in (_difference(name, here.get(name), server.get(name), base, base_documents),)
    ]


def _difference(
    name: str, here: Any, server: Any, base: Baseline | None, base_documents: Mapping[str, Any] | None
) -> Difference:
    between = tuple(differing(here, server))
    if here is None and name.startswith(MODULES) and (base is None or name not in base.digests):
        return Difference(name, "kept", "same", "added", between)
    if base is None:
        return Difference(name, "unknown", _since(here, server), "same", between)
    mine = _change(base.digests.get(name), here)
    theirs = _change(base.digests.get(name), server)
    if theirs == "same":
        return Difference(name, "here", mine, theirs, between)
    if mine == "same":
        return Difference(name, "server", mine, theirs, between)
    old = (base_documents or {}).get(name)
    pointers = tuple(meeting(list(differing(old, here)), list(differing(old, server)))) if old else between
    return Difference(name, "conflict", mine, theirs, pointers or between)


def _since(here: Any, server: Any) -> Change:
    return "added" if server is None else "removed" if here is None else "changed"


def _change(before: str | None, document: Any) -> Change:
    if document is None:
        return "same" if before is None else "removed"
    if before is None:
        return "added"
    return "same" if digest(document) == before else "changed"


def meeting(left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    """The pointers of one side that lie on, above or below one of the other."""
    for pointer in left:
        if any(_covers(pointer, each) or _covers(each, pointer) for each in right):
            yield pointer


def _covers(above: str, below: str) -> bool:
    return below == above or below.startswith(above + "/") or above == ""


def differing(left: Any, right: Any, pointer: str = "") -> Iterator[str]:
    """JSON pointers to the outermost places where two values differ; '' for the whole.

    Members of a list that all have a key are matched by it, so that one inserted field does not make all
    after it differ; they are pointed to by key: `/fields/name/label`.
    """
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        yield from _in_objects(left, right, pointer)
    elif isinstance(left, list) and isinstance(right, list):
        yield from _in_lists(left, right, pointer)
    elif not same_value(left, right):
        yield pointer


def same_value(left: Any, right: Any) -> bool:
    """Whether two JSON values that are not both objects or both lists are one: 1 is not true."""
    return type(left) is type(right) and bool(left == right)


def _in_objects(left: Mapping[str, Any], right: Mapping[str, Any], pointer: str) -> Iterator[str]:
    for key in (*left, *(key for key in right if key not in left)):
        where = f"{pointer}/{escaped(key)}"
        if key in left and key in right:
            yield from differing(left[key], right[key], where)
        else:
            yield where


def _in_lists(left: list[Any], right: list[Any], pointer: str) -> Iterator[str]:
    mine, theirs = _keyed(left), _keyed(right)
    if mine is None or theirs is None:
        if len(left) != len(right):
            yield pointer
            return
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differing(one, other, f"{pointer}/{index}")
        return
    yield from _in_objects(mine, theirs, pointer)
    shared = [key for key in mine if key in theirs]
    if shared != [key for key in theirs if key in mine]:
        yield pointer  # the same members in another order


def _keyed(members: list[Any]) -> dict[str, Any] | None:
    """key -> member, when every member has a key of its own."""
    keys = [each.get("key") if isinstance(each, Mapping) else None for each in members]
    named = [key for key in keys if isinstance(key, str)]
    if len(named) != len(members) or len(set(named)) != len(named):
        return None
    return dict(zip(named, members, strict=True))


def escaped(key: str) -> str:
    """A key as one step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
