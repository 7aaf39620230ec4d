"""Adds to a document what a module says is added to it. Nothing that is there changes or goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.modules import findings as say
from engine.definitions.modules.origins import Origins
from engine.definitions.modules.schema import MODULE
from engine.definitions.pointers import NAMES, Path, name_of
from engine.findings import Finding

AFTER = "after"
"""In a member of a list: the name of the one it stands behind, null for the front; without it, the end."""
VALUE = "value"
"""A member that is a plain name says it here when it says `after`."""
ANYWHERE: Any = object()


@dataclass(slots=True)
class Additions:
    """What modules add, one after the other. `module` is the one at work, `near` it and those it requires;
    `behind` counts what was put behind each member so that later ones follow.
    """

    origins: Origins
    findings: list[Finding]
    module: str = ""
    near: frozenset[str] = frozenset()
    behind: dict[tuple[Path, str | None], int] = field(default_factory=dict)

    def to_object(
        self, there: Mapping[str, Any], added: Mapping[str, Any], at: Path, written: Path
    ) -> dict[str, Any]:
        """The object `there`, which stands at `at`, with what is `added`; that is written at `written`."""
        made = dict(there)
        for name, value in added.items():
            if name in made:
                made[name] = self._to_value(made[name], value, (*at, name), (*written, name))
            else:
                made[name] = value
                self.origins.put((*at, name), (*written, name))
        return made

    def _to_value(self, there: Any, added: Any, at: Path, written: Path) -> Any:
        if isinstance(there, dict) and isinstance(added, dict):
            return self.to_object(there, added, at, written)
        if isinstance(there, list) and isinstance(added, list):
            return self._to_list(there, added, at, written)
        self.findings.append(say.overrides(written))
        return there

    def _to_list(self, there: Sequence[Any], added: Sequence[Any], at: Path, written: Path) -> list[Any]:
        made = list(there)
        for index, member in enumerate(added):
            self._member(made, member, at, (*written, index))
        return made

    def _member(self, made: list[Any], member: Any, at: Path, written: Path) -> None:
        value, anchor = _anchored(member, made)
        same = _position(made, value)
        if same is not None:
            made[same] = self._again(made[same], value, anchor, (*at, same), written)
            return
        if _only_adds(value):
            known = [name for name in map(name_of, made) if name is not None]
            naming = (*written, _naming(value))
            self.findings.append(say.unknown_target(naming, str(name_of(value)), known))
            return
        place = self._place(made, anchor, at, written)
        word = isinstance(member, dict) and not isinstance(value, dict)
        self.origins.insert(at, place, len(made), (*written, VALUE) if word else written)
        made.insert(place, value)

    def _again(self, there: Any, added: Any, anchor: Any, at: Path, written: Path) -> Any:
        """A member named like one that is there adds to it, when it says nothing that makes it another one."""
        if not isinstance(added, dict):
            self.findings.append(say.conflict(written, str(added)))
            return there
        more = {key: value for key, value in added.items() if key not in NAMES}
        if anchor is not ANYWHERE or not all(isinstance(value, dict | list) for value in more.values()):
            self.findings.append(say.conflict((*written, _naming(added)), str(name_of(added))))
            return there
        if self.is_far(at):
            self.findings.append(say.not_required(written, str(self.origins.written(at)[1])))
            return there
        return self.to_object(there, more, at, written)

    def is_far(self, at: Path) -> bool:
        """Whether what stands there comes from a module that this one does not require."""
        origin = self.origins.written(at)
        return origin[0] == MODULE and origin[1] not in self.near

    def _place(self, made: list[Any], anchor: Any, at: Path, written: Path) -> int:
        if anchor is ANYWHERE:
            return len(made)
        found = None if anchor is None else _named(made, anchor)
        if anchor is not None and (found is None or self.is_far((*at, found))):
            names = [name for name in map(name_of, made) if name is not None]
            self.findings.append(say.unknown_member((*written, AFTER), str(anchor), names))
            return len(made)
        key = (self.origins.written(at), anchor)
        before = self.behind.get(key, 0)
        self.behind[key] = before + 1
        return min(len(made), (0 if found is None else found + 1) + before)


def _anchored(member: Any, made: Sequence[Any]) -> tuple[Any, Any]:
    """A member and what it stands behind: ANYWHERE when it does not say."""
    if not isinstance(member, dict) or AFTER not in member:
        return member, ANYWHERE
    if set(member) == {VALUE, AFTER} and all(isinstance(each, str) for each in made):
        return member[VALUE], member[AFTER]
    if name_of(member) is None:
        return member, ANYWHERE
    return {key: value for key, value in member.items() if key != AFTER}, member[AFTER]


def _only_adds(value: Any) -> bool:
    """Whether a member says nothing of itself but what it adds to the lists of one that is there."""
    if not isinstance(value, dict) or name_of(value) is None:
        return False
    lists = [each for key, each in value.items() if key not in NAMES]
    members = [member for each in lists if isinstance(each, list) for member in each]
    only_lists = bool(members) and all(isinstance(each, list) for each in lists)
    return only_lists and all(isinstance(each, dict) and name_of(each) is not None for each in members)


def _position(made: Sequence[Any], value: Any) -> int | None:
    """Where a list has a member of this name, or this very word."""
    if isinstance(value, dict):
        name = name_of(value)
        return (
            None
            if name is None
            else _named([each if isinstance(each, dict) else None for each in made], name)
        )
    return made.index(value) if isinstance(value, str) and value in made else None


def _named(made: Sequence[Any], name: Any) -> int | None:
    return next(
        (index for index, each in enumerate(made) if each is not None and name_of(each) == name), None
    )


def _naming(member: Mapping[str, Any]) -> str:
    return next(name for name in NAMES if name in member)
