"""Pointers into the documents of an app, with list items named by their key as well as by their number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from engine.definitions.app import Documents
from engine.errors import Invalid
from engine.findings import error, text
from engine.protocols import DefinitionKind

Step = str | int
Path = tuple[Step, ...]

WORD = re.compile(r"[A-Za-z0-9_.$-]{1,120}")
NAMES = ("key", "id")
"""What names an item of a list: the key of a field or option, the id of a measure or node."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the documents: kind and key of the document, and the path inside it, () for all of it.

    In `path` list items are numbers.
    """

    kind: str
    key: str
    path: Path = ()


def folders(kinds: Iterable[DefinitionKind]) -> dict[str, str]:
    """Folder -> kind; what pointers begin with."""
    return {kind.folder: kind.type for kind in kinds} | {"app": "app"}


def steps_of(pointer: str) -> list[str]:
    """The reference tokens of an RFC 6901 pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def pointer_of(steps: Iterable[object]) -> str:
    """The RFC 6901 pointer of these tokens."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def spot_of(documents: Documents, known: Mapping[str, str], pointer: str) -> Spot | None:
    """Where `pointer` leads: as deep as the documents go, None when not even to a document.

    List items may be named by number, key or id.
    """
    steps = steps_of(pointer)
    kind = known.get(steps[0]) if steps else None
    if kind is None:
        return None
    if kind == "app":
        steps.insert(1, next(iter(documents.get("app", {})), ""))
    if len(steps) < 2 or steps[1] not in documents.get(kind, {}):
        return None
    value: Any = documents[kind][steps[1]]
    path: list[Step] = []
    for step in steps[2:]:
        found = _step_into(value, step)
        if found is None:
            break
        path.append(found)
        value = value[found]
    return Spot(kind, steps[1], tuple(path))


def _step_into(value: Any, step: str) -> Step | None:
    if isinstance(value, dict):
        return step if step in value else None
    if not isinstance(value, list):
        return None
    named = [index for index, item in enumerate(value) if name_of(item) == step]
    if len(named) == 1:
        return named[0]
    return int(step) if step.isascii() and step.isdigit() and int(step) < len(value) else None


def name_of(item: Any) -> str | None:
    """The key or id of an item of a list, a name itself (of a column); None when it has none."""
    if not isinstance(item, dict):
        return item if isinstance(item, str) and WORD.fullmatch(item) else None
    return next((item[name] for name in NAMES if isinstance(item.get(name), str)), None)


def exact_spot(documents: Documents, known: Mapping[str, str], pointer: str) -> Spot:
    """Where `pointer` leads. Raises Invalid when there is nothing."""
    spot = spot_of(documents, known, pointer)
    wanted = len(steps_of(pointer)) - (1 if pointer.startswith("/app/") or pointer == "/app" else 2)
    if spot is None or len(spot.path) != wanted:
        raise Invalid(
            [
                error(
                    "unknown_pointer",
                    pointer,
                    text(f"应用中没有“{pointer}”。", f"The app has nothing at '{pointer}'."),
                    text(
                        "写法如 /forms/customer/fields/short_name。",
                        "Write it like /forms/customer/fields/short_name.",
                    ),
                )
            ]
        )
    return spot


def named_pointer(documents: Documents, known: Mapping[str, str], pointer: str) -> str:
    """The same pointer with list items by key where they have one: it stays when the list is rearranged."""
    spot = spot_of(documents, known, pointer)
    if spot is None:
        return pointer
    steps = steps_of(pointer)
    start = 1 if spot.kind == "app" else 2
    value: Any = documents[spot.kind][spot.key]
    for index, step in enumerate(spot.path):
        item = value[step]
        name = name_of(item) if isinstance(value, list) else None
        if name is not None and sum(name_of(each) == name for each in value) == 1:
            steps[start + index] = name
        value = item
    return pointer_of(steps)


def same_spot(documents: Documents, spot: Spot, earlier: Documents) -> Spot:
    """Where the same part stands in documents of which some parts are missing in `documents`."""
    value: Any = documents[spot.kind][spot.key]
    was: Any = earlier[spot.kind][spot.key]
    path: list[Step] = []
    for step in spot.path:
        value = value[step]
        place = _place_of(value, int(step), was) if isinstance(was, list) else step
        inside = int(place) < len(was) if isinstance(was, list) else isinstance(was, dict) and place in was
        if not inside:
            break
        path.append(place)
        was = was[place]
    return Spot(spot.kind, spot.key, tuple(path))


def _place_of(item: Any, index: int, items: list[Any]) -> int:
    name = name_of(item)
    named = [place for place, each in enumerate(items) if name is not None and name_of(each) == name]
    if name is None and item in items:
        return items.index(item)
    return named[0] if len(named) == 1 else index


def value_at(documents: Documents, spot: Spot) -> Any:
    """What stands at a spot."""
    value: Any = documents[spot.kind][spot.key]
    for step in spot.path:
        value = value[step]
    return value


def label_at(documents: Documents, spot: Spot) -> dict[str, str] | None:
    """What people call the innermost part around a spot; None when nothing around it has a label."""
    value: Any = documents[spot.kind][spot.key]
    label = value.get("label") if isinstance(value, dict) else None
    for step in spot.path:
        value = value[step]
        if isinstance(value, dict) and isinstance(value.get("label"), dict):
            label = value["label"]
    return label if isinstance(label, dict) else None


def without(documents: Documents, spot: Spot) -> Documents:
    """The documents without what stands at `spot`; nothing of the given ones changes."""
    if not spot.path:
        left = {key: each for key, each in documents[spot.kind].items() if key != spot.key}
        return {**documents, spot.kind: left}
    return with_document(documents, spot.kind, spot.key, removed(documents[spot.kind][spot.key], spot.path))


def with_document(documents: Documents, kind: str, key: str, document: dict[str, Any]) -> Documents:
    """The documents with one put in or replaced."""
    return {**documents, kind: {**documents.get(kind, {}), key: document}}


def replaced(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of `document` with `value` at the end of `path`, whose containers exist."""
    return cast("dict[str, Any]", _changed(document, path, (value,)))


def removed(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """A copy of `document` without what stands at the end of `path`."""
    return cast("dict[str, Any]", _changed(document, path, None))


def _changed(value: Any, path: Path, new: tuple[Any] | None) -> Any:
    """`value` with the end of `path` replaced by `new[0]`, or taken out when `new` is None."""
    if not path:
        return value if new is None else new[0]
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        index = int(step)
        inner = [_changed(value[index], rest, new)] if rest or new is not None else []
        return [*value[:index], *inner, *value[index + 1 :]]
    if not rest and new is None:
        return {key: each for key, each in value.items() if key != step}
    if not rest and new is not None:
        return {**value, str(step): new[0]}
    return {key: (_changed(each, rest, new) if key == step else each) for key, each in value.items()}


def put_back(
    documents: Documents, earlier: Documents, known: Mapping[str, str], pointers: Sequence[str]
) -> Documents:
    """The documents with what stood at these pointers in the earlier ones standing there again.

    A pointer that leads nowhere in the earlier documents is passed over.
    """
    for pointer in pointers:
        spot = spot_of(earlier, known, pointer)
        if spot is not None:
            documents = _put_back(documents, earlier, spot)
    return documents


def _put_back(documents: Documents, earlier: Documents, spot: Spot) -> Documents:
    before: Any = earlier[spot.kind][spot.key]
    after: Any = documents.get(spot.kind, {}).get(spot.key)
    if after is None or not spot.path:
        return with_document(documents, spot.kind, spot.key, before)
    return with_document(documents, spot.kind, spot.key, _merged(after, before, spot.path))


def _merged(after: Any, before: Any, path: Path) -> Any:
    """`after` with the part at `path` of `before`; list items are found by their name."""
    if not path:
        return before
    step, rest = path[0], path[1:]
    was = before[step]
    if isinstance(before, list):
        if not isinstance(after, list):
            return before
        name = name_of(was)
        where = next(
            (index for index, item in enumerate(after) if name is not None and name_of(item) == name), None
        )
        if where is None:
            place = min(int(step), len(after))
            return [*after[:place], was, *after[place:]]
        return [*after[:where], _merged(after[where], was, rest), *after[where + 1 :]]
    if not isinstance(after, dict):
        return before
    return {**after, str(step): _merged(after[step], was, rest) if step in after else was}
