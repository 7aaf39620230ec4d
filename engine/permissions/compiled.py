"""Grants as requests use them. A cell is visible only if one single grant shows its row and its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.expressions import CheckedExpression

Names = frozenset[str] | None
"""Field names; None means all."""


class NoRows:
    """The condition of a grant that has no row of its own, only what is shared with its holder."""


NO_ROWS = NoRows()


@dataclass(frozen=True, slots=True)
class PartShare:
    """The condition of a grant whose rows are those that somebody shares without some fields: `key` names
    these fields.
    """

    key: str


Condition = CheckedExpression | NoRows | PartShare | None
"""Which rows; None means all."""


IDENTITY = frozenset({"id", "rev"})
"""Who sees a record at all sees which it is, and at which revision."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledGrant:
    """One grant of one role. `where` None: every row; those of `where` must fulfil all of `also`. Rows shared
    with a holder count as rows of the grant; those of which one of `without` is true do not, shared or not.
    `pointer` is where it stands in the app; `strict`: it says itself what a record must fulfil after a write.
    """

    role: str
    form: str
    actions: frozenset[str]
    where: Condition
    check: CheckedExpression | NoRows | None
    hidden: frozenset[str]
    read: Names
    write: Names
    masked: frozenset[str] = frozenset()
    readonly: frozenset[str] = frozenset()
    also: tuple[CheckedExpression, ...] = ()
    without: tuple[CheckedExpression, ...] = ()
    presets: Mapping[str, CheckedExpression] = field(default_factory=dict)
    pointer: str = ""
    strict: bool = False

    @property
    def every_row(self) -> bool:
        """Whether the grant has all rows there are."""
        return self.where is None and not self.also and not self.without

    @property
    def free(self) -> bool:
        """Whether the grant has all rows and lets every field be read and written."""
        limited = self.hidden or self.masked or self.readonly or self.presets
        everything = self.read is None and self.write is None
        return self.every_row and self.check is None and everything and not limited

    def shows(self, name: str) -> bool:
        """Whether the grant shows a field as it is, e.g. `amount` or `lines.cost`."""
        return self._tells(name) and not covers(self.masked, name)

    def masks(self, name: str) -> bool:
        """Whether the grant shows a field with most of its signs covered."""
        return self._tells(name) and covers(self.masked, name)

    def _tells(self, name: str) -> bool:
        if name in IDENTITY:
            return True
        if name.endswith(".id"):
            return self._tells(name.removesuffix(".id"))
        return not covers(self.hidden, name) and (self.read is None or lists(self.read, name))

    def writes(self, name: str) -> bool:
        """Whether the grant lets a field be written; a masked one can be replaced."""
        allowed = self.write is None or lists(self.write, name)
        return allowed and self._tells(name) and not covers(self.readonly, name)

    def writes_rows(self, child: str) -> bool:
        """Whether the grant lets rows of a child table be added and removed."""
        allowed = self.write is None or child in self.write
        return allowed and self.shows(child) and child not in self.readonly


def covers(hidden: frozenset[str], name: str) -> bool:
    """A hidden child table hides its fields too, a hidden field its parts (`period__start`)."""
    return name in hidden or name.partition(".")[0] in hidden or name.partition("__")[0] in hidden


def lists(names: frozenset[str], name: str) -> bool:
    """A listed child table lists its fields, a listed field its parts; a listed child field makes its
    table known.
    """
    head, whole = name.partition(".")[0], name.partition("__")[0]
    return (
        name in names or head in names or whole in names or any(each.startswith(name + ".") for each in names)
    )


@dataclass(frozen=True, slots=True, eq=False)
class GrantSet:
    """All grants that let one principal do one action on one form.

    `unlimited`: every row and every field, no predicate is needed. `key` tells equal sets apart in caches.
    """

    grants: tuple[CompiledGrant, ...]
    unlimited: bool
    key: tuple[str, ...]
    memory: dict[str, bool] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.unlimited or bool(self.grants)

    @property
    def every_row(self) -> bool:
        """Whether some grant has no row condition."""
        return self.unlimited or any(grant.every_row for grant in self.grants)

    def shows(self, name: str) -> bool:
        """Whether some grant shows this field, in some row."""
        known = self.memory.get(name)
        if known is None:
            known = self.unlimited or any(grant.shows(name) for grant in self.grants)
            self.memory[name] = known
        return known

    def masks(self, name: str) -> bool:
        """Whether some grant shows this field masked, in some row."""
        known = self.memory.get("mask " + name)
        if known is None:
            known = not self.unlimited and any(grant.masks(name) for grant in self.grants)
            self.memory["mask " + name] = known
        return known

    def always_shows(self, name: str) -> bool:
        """Whether every row that is visible at all shows this field."""
        return self.unlimited or all(grant.shows(name) for grant in self.grants)

    def writes(self, name: str) -> bool:
        """Whether some grant lets this field be written, in some row."""
        known = self.memory.get("write " + name)
        if known is None:
            known = self.unlimited or any(grant.writes(name) for grant in self.grants)
            self.memory["write " + name] = known
        return known


def uncovered(grants: GrantSet) -> GrantSet:
    """The same rows and fields with nothing masked: for what masks a value on its way out, and for
    comparing whole values.
    """
    if not any(grant.masked for grant in grants.grants):
        return grants
    bare = tuple(replace(grant, masked=frozenset()) for grant in grants.grants)
    return GrantSet(bare, grants.unlimited, (*grants.key, "uncovered"))


UNLIMITED = GrantSet((), True, ("*",))
NOTHING = GrantSet((), False, ("",))
