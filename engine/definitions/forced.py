"""Checks what is to be published: names what a removal would break, or lets it be broken when that is wished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import BrokenPart, CompiledApp, Documents
from engine.definitions.broken import Check, Mended, mend, with_broken
from engine.definitions.canonical import same
from engine.definitions.check import Checked, kinds
from engine.definitions.dependencies import Removal, removed_parts
from engine.findings import Finding, error, has_errors, text, warning
from engine.registry import Registry

TRIED = 60
"""Removed parts looked at one by one; each costs a check or two."""

Place = tuple[str, str]
"""Pointer by key, and code of the finding there."""


def check_forced(
    before: CompiledApp | None,
    source: Documents,
    check: Check,
    registries: Mapping[str, Registry],
    *,
    force: Sequence[str] = (),
) -> Checked:
    """`check(source)`; with `force`, pointers to parts of the published version that are removed though they are
    used: their users are switched off in the app. What was off before and is unchanged stays off.

    A removal that is not forced is named by `still_used`, in place of what it breaks.
    """
    checked = check(source)
    known = pointers.folders(kinds(registries))
    useless = [] if before is None else _useless(before.source, source, known, force)
    if useless:
        return Checked((*checked.findings, *useless), None)
    if before is None or not has_errors(checked.findings):
        return checked
    judge = _Judge(before, source, mend(source, registries, check), check, registries, known)
    left = judge.broken - judge.still_broken() - judge.caused_by(force)
    if judge.mended.checked.app is not None and not left:
        app = with_broken(judge.mended.checked.app, source, judge.mended.parts, registries)
        return Checked((*judge.mended.checked.findings, *map(_switched_off, judge.mended.parts)), app)
    removals = judge.removals(left)
    explained = {(part.pointer, part.finding.code) for removal in removals for part in removal.uses}
    rest = judge.unexplained(checked.findings, left - explained)
    warnings = [finding for finding in checked.findings if finding.level != "error"]
    return Checked((*(removal.as_finding() for removal in removals), *rest, *warnings), None)


def _useless(
    before: Documents, source: Documents, known: Mapping[str, str], force: Sequence[str]
) -> list[Finding]:
    """Forcing is for what this publish removes: anything else is a mistake in the request."""
    return [
        error(
            "nothing_to_force",
            pointer,
            text(f"“{pointer}”不是本次发布要删除的内容。", f"'{pointer}' is not removed by this publish."),
            text("请从 force 中去掉它。", "Leave it out of force."),
        )
        for pointer in force
        if not _is_there(before, known, pointer) or _is_there(source, known, pointer)
    ]


def _is_there(documents: Documents, known: Mapping[str, str], pointer: str) -> bool:
    spot = pointers.spot_of(documents, known, pointer)
    return spot is not None and len(spot.path) == len(pointers.steps_of(pointer)) - 2


def _switched_off(part: BrokenPart) -> Finding:
    return warning(
        "switched_off",
        part.pointer,
        text(f"此处停用：{part.finding.message['zh']}", f"This is off: {part.finding.message['en']}"),
        text("恢复所缺的内容后自动生效。", "It works again by itself once what it names is back."),
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    """A draft with errors: which of them are wished, which were there before, what causes the others."""

    before: CompiledApp
    source: Documents
    mended: Mended
    check: Check
    registries: Mapping[str, Registry]
    known: Mapping[str, str]

    @property
    def broken(self) -> set[Place]:
        return _places(self.mended)

    def place(self, finding: Finding) -> Place:
        """Where a finding is, in words that do not change with the order of lists."""
        return pointers.named_pointer(self.source, self.known, finding.pointer), finding.code

    def still_broken(self) -> set[Place]:
        """What was off before, in parts that nobody touched."""
        return {
            (part.pointer, part.finding.code)
            for part in self.before.broken
            if same(self._standing(self.source, part), self._standing(self.before.source, part))
        }

    def _standing(self, documents: Documents, part: BrokenPart) -> Any:
        spot = pointers.spot_of(documents, self.known, part.pointer)
        return [list(spot.path), pointers.value_at(documents, spot)] if spot is not None else None

    def unexplained(self, findings: Sequence[Finding], wrong: set[Place]) -> list[Finding]:
        """The findings at these places; those that only show once others are gone when there are none else."""
        first = [each for each in findings if each.level == "error" and self.place(each) in wrong]
        hidden = [
            replace(part.finding, pointer=part.pointer)
            for part in self.mended.parts
            if (part.pointer, part.finding.code) in wrong
        ]
        return first or hidden

    def caused_by(self, removed: Sequence[str]) -> set[Place]:
        """What would not be broken if these parts were still there."""
        if not removed:
            return set()
        there = pointers.put_back(self.source, self.before.source, self.known, removed)
        return self.broken - _places(mend(there, self.registries, self.check))

    def removals(self, wrong: set[Place]) -> list[Removal]:
        """The removed parts that have to do with what is wrong, each with its uses."""
        removed = removed_parts(self.before.source, self.source, self.registries)
        if not self.caused_by(removed) & wrong:
            return []
        found = []
        for pointer in removed[:TRIED]:
            caused = self.caused_by([pointer]) & wrong
            uses = [part for part in self.mended.parts if (part.pointer, part.finding.code) in caused]
            spot = pointers.spot_of(self.before.source, self.known, pointer)
            if uses and spot is not None:
                found.append(Removal(pointer, pointers.label_at(self.before.source, spot), tuple(uses)))
        return found


def _places(mended: Mended) -> set[Place]:
    return {(part.pointer, part.finding.code) for part in mended.parts}
