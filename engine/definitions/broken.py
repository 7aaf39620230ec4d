"""A version with parts that no longer fit: what still stands runs, the rest is switched off and listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import BrokenPart, CompiledApp, Documents
from engine.definitions.check import Checked, check_app, kinds
from engine.definitions.modules.compose import composed
from engine.definitions.modules.pruning import target_of, without_part
from engine.definitions.modules.schema import MODULE
from engine.definitions.pointers import Path, Spot
from engine.findings import Finding
from engine.protocols import DefinitionKind
from engine.registry import Registry

ROUNDS = 40
"""What fits once the broken parts are gone is found step by step; each round takes away at least one."""

Check = Callable[[Documents], Checked]


@dataclass(frozen=True, slots=True)
class Mended:
    """What is left of the documents, the parts that are broken, and the last check: without errors unless the
    settings of the app themselves are broken.
    """

    documents: Documents
    parts: tuple[BrokenPart, ...]
    checked: Checked


def mend(source: Documents, registries: Mapping[str, Registry], check: Check) -> Mended:
    """Take away what does not check, until the rest does."""
    by_kind = {kind.type: kind for kind in kinds(registries)}
    known = pointers.folders(by_kind.values())
    left, parts = source, list[BrokenPart]()
    checked = check(left)
    for _round in range(ROUNDS):
        wrong = [finding for finding in checked.findings if finding.level == "error"]
        if not wrong:
            break
        changed, found = _take_away(left, source, by_kind, known, wrong)
        if changed is None:
            break
        left, parts = changed, [*parts, *found]
        checked = check(left)
    return Mended(left, tuple(_by_place(parts)), checked)


def check_leniently(
    source: Documents, registries: Mapping[str, Registry], *, version: int = 0, **more: Any
) -> Checked:
    """Like `check_app`, but what is broken is left out of the compiled app and listed in `app.broken`.

    The app is None only when its settings are broken.
    """
    mended = mend(source, registries, lambda left: check_app(left, registries, version=version, **more))
    app = mended.checked.app
    if app is None or not mended.parts:
        return mended.checked
    return Checked(mended.checked.findings, with_broken(app, source, mended.parts, registries))


def with_broken(
    app: CompiledApp, source: Documents, parts: Sequence[BrokenPart], registries: Mapping[str, Registry]
) -> CompiledApp:
    """The app as published: its documents as they were written, and what of them is off."""
    return replace(app, source=source, composition=composed(source, kinds(registries)), broken=tuple(parts))


def _take_away(
    left: Documents,
    source: Documents,
    by_kind: Mapping[str, DefinitionKind],
    known: Mapping[str, str],
    wrong: Sequence[Finding],
) -> tuple[Documents | None, list[BrokenPart]]:
    """The documents without what the findings point to; None when a finding is about no document."""
    spots: dict[tuple[str, str], list[tuple[Path, Finding]]] = {}
    for finding in wrong:
        spot = pointers.spot_of(left, known, finding.pointer)
        if spot is None:
            return None, []
        spots.setdefault((spot.kind, spot.key), []).append((spot.path, finding))
    parts: list[BrokenPart] = []
    # modules last: with a part of one a document of the app may go that has something broken itself
    for (kind, key), found in sorted(spots.items(), key=lambda each: each[0][0] == MODULE):
        if kind == MODULE:
            left, off = _module_pruned(left, source, by_kind, known, key, found)
            parts += off
            continue
        document = _pruned(by_kind.get(kind), left[kind][key], [path for path, _ in found])
        for _path, finding in found:
            parts.append(_part(left, source, known, finding, kind, key, whole=document is None))
        if document is not None:
            left = pointers.with_document(left, kind, key, document)
        elif kind == "app":
            return None, []
        else:
            left = pointers.without(left, Spot(kind, key))
    return left, parts


def _module_pruned(
    left: Documents,
    source: Documents,
    by_kind: Mapping[str, DefinitionKind],
    known: Mapping[str, str],
    module: str,
    found: Sequence[tuple[Path, Finding]],
) -> tuple[Documents, list[BrokenPart]]:
    """The documents without what is broken in a module; what is off is named by the documents it belongs to."""
    after = left
    for path in _later_first(each for each, _ in found):
        if module in after.get(MODULE, {}) and _reaches(after[MODULE][module], path):
            after = without_part(after, module, path, by_kind)
    before = composed(left, by_kind.values()).documents
    there = {**composed(after, by_kind.values()).documents, MODULE: after.get(MODULE, {})}
    parts = []
    for path, finding in found:
        kind, key = target_of(module, path)
        part = _part(left, source, known, finding, MODULE, module, whole=key not in there.get(kind, {}))
        label = before.get(kind, {}).get(key, {}).get("label", part.label)
        parts.append(replace(part, kind=kind, key=key, label=label))
    return after, parts


def _later_first(paths: Iterable[Path]) -> list[Path]:
    """Members of a list keep their numbers while those behind them are taken away."""
    return sorted(set(paths), key=lambda path: [(isinstance(step, int), step) for step in path], reverse=True)


def _pruned(
    kind: DefinitionKind | None, document: dict[str, Any], paths: Sequence[Path]
) -> dict[str, Any] | None:
    """The document without its broken parts, None when it cannot do without them."""
    left: dict[str, Any] | None = document
    for path in _later_first(paths):
        if left is None:
            return None
        if _reaches(left, path):
            left = prune_settings(left, path) if kind is None else kind.prune(left, path)
    return None if left is not None and left == document else left


def prune_settings(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The settings of the app without what they name and do not need: a calendar."""
    return pointers.removed(document, path[:1]) if path and path[0] == "calendar" else None


def _reaches(value: Any, path: Path) -> bool:
    """Whether the path still leads somewhere: what stood there may be gone with a part before it."""
    for step in path:
        inside = (
            step in value if isinstance(value, dict) else isinstance(value, list) and int(step) < len(value)
        )
        if not inside:
            return False
        value = value[step]
    return True


def _part(
    left: Documents,
    source: Documents,
    known: Mapping[str, str],
    finding: Finding,
    kind: str,
    key: str,
    *,
    whole: bool,
) -> BrokenPart:
    there = pointers.spot_of(left, known, finding.pointer) or Spot(kind, key)
    spot = pointers.same_spot(left, there, source)
    steps = pointers.steps_of(finding.pointer)
    start = 1 if kind == "app" else 2
    exact = [*steps[:start], *spot.path, *steps[start + len(spot.path) :]]
    named = pointers.named_pointer(source, known, pointers.pointer_of(exact))
    return BrokenPart(
        kind=kind,
        key=key,
        label=pointers.label_at(source, Spot(kind, key)),
        pointer=named,
        part=pointers.label_at(source, spot) if spot.path else None,
        whole=whole,
        finding=finding,
    )


def _by_place(parts: Sequence[BrokenPart]) -> list[BrokenPart]:
    """Once per place; a document that is off as a whole is off in all its parts."""
    off = {(part.kind, part.key) for part in parts if part.whole}
    once = {(part.pointer, part.finding.code): part for part in reversed(parts)}
    ordered = [part for part in parts if once[part.pointer, part.finding.code] is part]
    return [replace(part, whole=(part.kind, part.key) in off) for part in ordered]
