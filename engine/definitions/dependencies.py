"""Who uses what: found by taking a part away and looking at what no longer checks.

So a use is what publishing the removal would break: every name in every expression, template and document,
because it is the check itself that looks them up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import BrokenPart, Documents
from engine.definitions.broken import Mended, mend
from engine.definitions.canonical import same
from engine.definitions.check import check_app, kinds
from engine.definitions.modules.schema import MODULE
from engine.definitions.modules.written import own_pointer, removed_documents
from engine.findings import Finding, error, text
from engine.registry import Registry

SHOWN = 8
"""Uses named in a finding; `uses` lists all."""

Registries = Mapping[str, Registry]


def uses(documents: Documents, pointer: str, registries: Registries) -> list[BrokenPart]:
    """What uses the part at `pointer`, by a name in any document. Raises Invalid for a pointer to nothing.

    Parts that are broken anyhow are not among them.
    """
    written = own_pointer(documents, pointer, kinds(registries))
    spot = pointers.exact_spot(documents, _folders(registries), written)
    return _only_in(_mended(pointers.without(documents, spot), registries), _mended(documents, registries))


def uses_of_removed(
    documents: Documents, earlier: Documents, pointer: str, registries: Registries
) -> list[BrokenPart]:
    """What still uses a part that `earlier` has and `documents` has not. Raises Invalid."""
    known = _folders(registries)
    pointers.exact_spot(earlier, known, pointer)
    there = pointers.put_back(documents, earlier, known, [pointer])
    return _only_in(_mended(documents, registries), _mended(there, registries))


def _only_in(with_gap: Mended, whole: Mended) -> list[BrokenPart]:
    anyhow = {(part.pointer, part.finding.code) for part in whole.parts}
    return [part for part in with_gap.parts if (part.pointer, part.finding.code) not in anyhow]


def _mended(documents: Documents, registries: Registries) -> Mended:
    return mend(documents, registries, lambda left: check_app(left, registries))


def _folders(registries: Registries) -> dict[str, str]:
    return pointers.folders(kinds(registries))


@dataclass(frozen=True, slots=True)
class Removal:
    """A part that the published version has and the draft has not, with what still uses it."""

    pointer: str
    label: Mapping[str, str] | None
    uses: tuple[BrokenPart, ...]

    def as_finding(self) -> Finding:
        """The sentence that keeps it from being published."""
        zh, en = (self.label or {}).get("zh", self.pointer), (self.label or {}).get("en", self.pointer)
        count = len({(part.kind, part.key) for part in self.uses})
        return error(
            "still_used",
            self.pointer,
            text(
                f"“{zh}”仍被 {count} 处使用：{'、'.join(_names(self.uses, 'zh'))}。",
                f"'{en}' is still used in {count} places: {', '.join(_names(self.uses, 'en'))}.",
            ),
            text(
                f'请先修改它们；或在发布时写 "force": ["{self.pointer}"]，它们将停用，待名称恢复后自动生效。',
                f'Change them first; or publish with "force": ["{self.pointer}"]: they are switched off '
                "and work again by themselves once the name is back.",
            ),
        )


def _names(found: Sequence[BrokenPart], language: str) -> list[str]:
    names = {
        (part.kind, part.key): f"{part.kind} {(part.label or {}).get(language) or part.key}" for part in found
    }
    listed = list(names.values())
    return listed[:SHOWN] + ([f"… +{len(listed) - SHOWN}"] if len(listed) > SHOWN else [])


def removed_parts(before: Documents, after: Documents, registries: Registries) -> list[str]:
    """Pointers, by key, to the outermost parts that `after` lacks: documents, fields, options, nodes."""
    folder_of = {kind: folder for folder, kind in _folders(registries).items()}
    found: list[str] = []
    for kind, objects in before.items():
        if kind == "app" or kind not in folder_of:
            continue
        for key, document in objects.items():
            start = f"/{folder_of[kind]}/{key}"
            if key not in after.get(kind, {}):
                found.append(start)
            elif kind == MODULE:
                found += _removed_from_module(document, after[kind][key], start)
            elif not same(document, after[kind][key]):
                found += _removed_inside(document, after[kind][key], start)
    return found


def _removed_from_module(before: dict[str, Any], after: dict[str, Any], pointer: str) -> list[str]:
    """Documents that a module brought or added to, and named items inside those that it still does."""
    gone = [pointer + pointers.pointer_of(each) for each in removed_documents(before, after)]
    inside = _removed_inside(before, after, pointer)
    return gone + [each for each in inside if not each.startswith(tuple(f"{above}/" for above in gone))]


def _removed_inside(before: Any, after: Any, pointer: str) -> list[str]:
    """Named items of lists that are gone, at any depth."""
    if isinstance(before, dict) and isinstance(after, dict):
        inner = [
            (each, after.get(key), f"{pointer}{pointers.pointer_of([key])}") for key, each in before.items()
        ]
        return [gone for each, new, where in inner for gone in _removed_inside(each, new, where)]
    if not isinstance(before, list):
        return []
    left = {pointers.name_of(item): item for item in after} if isinstance(after, list) else {}
    gone: list[str] = []
    for item in before:
        name = pointers.name_of(item)
        if name is None:
            continue
        where = f"{pointer}{pointers.pointer_of([name])}"
        gone += [where] if name not in left else _removed_inside(item, left[name], where)
    return gone
