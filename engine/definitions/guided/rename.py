"""Gives a form, a field or an option another key, in all documents that name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.check import check_app, kinds
from engine.definitions.guided.rewrite import fresh_word, rewrite
from engine.definitions.modules.written import with_written, written_documents
from engine.definitions.pointers import Path, Spot
from engine.errors import Invalid, NotPublishable
from engine.findings import error, text
from engine.registry import Registry

RENAMED_FROM = "renamed_from"
KEYS = {
    "option": re.compile(r"[A-Za-z0-9_]{1,40}"),
    "field": re.compile(r"[a-z](?:_?[a-z0-9])*_?"),
    "form": re.compile(r"[a-z][a-z0-9_]{0,39}"),
}

Registries = Mapping[str, Registry]


def rename(
    documents: Documents, of: str, to: str, registries: Registries, *, published: Documents | None = None
) -> Documents:
    """The documents with the part at `of` called `to`, everywhere. Where it is published, its values stay: the
    part says what it was `renamed_from`.

    Raises Invalid, NotPublishable when the app does not check before, CannotRewrite.
    """
    known = pointers.folders(kinds(registries))
    spot = pointers.exact_spot(documents, known, of)
    what = part_kind(spot, of)
    part = pointers.value_at(documents, spot)
    old = str(part["key"])
    _prove_key(documents, spot, what, to, of)
    prove_whole(documents, registries)
    fresh = fresh_word(documents, old)
    there = published_key(documents, published, spot)
    origin = _option_origin if what == "option" else _origin
    called = _put(documents, spot, {**origin(part, to, there), "key": fresh}, fresh)
    if what == "field":
        called = _for_all_forms(called, old, fresh)
    return rewrite(called, old, to, registries, fresh=fresh, literal=what == "option")


def prove_whole(documents: Documents, registries: Registries) -> None:
    """Names are only found in documents that check. Raises NotPublishable."""
    wrong = [each for each in check_app(documents, registries).findings if each.level == "error"]
    if wrong:
        raise NotPublishable(wrong)


def part_kind(spot: Spot, pointer: str) -> str:
    """What stands at a spot: option, field or form. Raises Invalid for other parts."""
    path = spot.path
    if spot.kind == "form" and not path:
        return "form"
    if len(path) >= 2 and path[-2] == "options" and spot.kind in ("form", "option_set"):
        return "option"
    if len(path) >= 2 and path[-2] == "fields" and path[0] == "fields" and spot.kind == "form":
        return "field"
    raise refused(
        "cannot_rename",
        pointer,
        "此处的键不能这样改名。",
        "The key of this part cannot be changed like this.",
    )


def _prove_key(documents: Documents, spot: Spot, what: str, to: str, pointer: str) -> None:
    if not KEYS[what].fullmatch(to) or len(to) > 40:
        raise refused("invalid_key", "/to", f"“{to}”不能作为键。", f"'{to}' cannot be a key.")
    taken: Any = documents["form"]
    if spot.path:
        items = pointers.value_at(documents, Spot(spot.kind, spot.key, spot.path[:-1]))
        taken = [pointers.name_of(item) for item in items]
    if to in taken:
        raise refused("key_taken", pointer, f"键“{to}”已被占用。", f"The key '{to}' is taken.")


def refused(code: str, pointer: str, zh: str, en: str) -> Invalid:
    """A step that makes no sense."""
    return Invalid([error(code, pointer, text(zh, en), text("请换一个。", "Choose another one."))])


def published_key(documents: Documents, published: Documents | None, spot: Spot) -> str | None:
    """The key that a part has in the published version; None when it is not there."""
    if published is None:
        return None
    value: Any = documents[spot.kind][spot.key]
    there: Any = _earlier(value, spot.key, published.get(spot.kind, {}))
    above: str | int = ""
    for step in spot.path:
        value = value[step]
        if isinstance(there, list):
            named = {pointers.name_of(each): each for each in there}
            find = _option_before if above == "options" else _earlier
            there = find(value, pointers.name_of(value), named)
        else:
            there = there.get(step) if isinstance(there, dict) else None
        above = step
    return pointers.name_of(there)


def _earlier(value: Any, name: str | None, known: Mapping[Any, Any]) -> Any:
    """Two parts may have changed places since: then what a part says it was is news, although its key was there."""
    there = known.get(name)
    origin = next((each for each in origins_of(value) if each in known), None)
    if origin is None or (there is not None and there.get(RENAMED_FROM) == origin):
        return there
    return known[origin]


def _option_before(value: Any, name: str | None, known: Mapping[Any, Any]) -> Any:
    """An option that took over from others is what it was itself, if it was there."""
    return known[name] if name in known else _earlier(value, name, known)


def origins_of(part: Any) -> tuple[str, ...]:
    """What a part says it was called before."""
    said = part.get(RENAMED_FROM, ()) if isinstance(part, dict) else ()
    return (said,) if isinstance(said, str) else tuple(said)


def _origin(part: dict[str, Any], to: str, there: str | None) -> dict[str, Any]:
    """A part renamed twice before it is published was renamed once; one renamed back was not renamed."""
    origin = there or part.get(RENAMED_FROM)
    left = {key: each for key, each in part.items() if key != RENAMED_FROM}
    return left if origin in (None, to) else {**left, RENAMED_FROM: origin}


def _option_origin(part: dict[str, Any], to: str, there: str | None) -> dict[str, Any]:
    """An option may take over from several."""
    origins = dict.fromkeys([*origins_of(part), *([there] if there is not None else ())])
    kept = [key for key in origins if key != to]
    left = {key: each for key, each in part.items() if key != RENAMED_FROM}
    return {**left, RENAMED_FROM: kept} if kept else left


def _put(documents: Documents, spot: Spot, part: dict[str, Any], key: str) -> Documents:
    if spot.path:
        document = pointers.replaced(documents[spot.kind][spot.key], spot.path, part)
        return pointers.with_document(documents, spot.kind, spot.key, document)
    others = {name: each for name, each in documents[spot.kind].items() if name != spot.key}
    return {**documents, spot.kind: {**others, key: part}}


def _for_all_forms(documents: Documents, old: str, fresh: str) -> Documents:
    """A grant for all forms hides a field by its key in whatever form has it, so nothing misses the old one."""
    found: list[tuple[Spot, dict[str, Any], Path, list[str]]] = [
        (spot, role, ("grants", index, "fields", name), [*fields, fresh])
        for spot, role in written_documents(documents, "role")
        for index, grant in enumerate(role.get("grants", ()))
        if grant.get("form") == "*"
        for name, fields in grant.get("fields", {}).items()
        if isinstance(fields, list) and old in fields
    ]
    changed: dict[Spot, dict[str, Any]] = {}
    for spot, role, path, fields in found:
        changed[spot] = pointers.replaced(changed.get(spot, role), path, fields)
    for spot, role in changed.items():
        documents = with_written(documents, spot, role)
    return documents
