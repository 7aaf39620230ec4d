"""Grants as requests use them. A cell is visible only if one single grant shows its row and its field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

from engine.definitions.app import CompiledApp
from engine.expressions import CheckedExpression
from engine.identity.principal import Principal

Names = frozenset[str] | None
"""Field names; None means all."""


class NoRows:
    """The condition of a grant that has no row of its own, only what is shared with its holder."""


NO_ROWS = NoRows()


@dataclass(frozen=True, slots=True, eq=False)
class CompiledGrant:
    """One grant of one role. `where` None: every row. Rows shared with a holder count as rows of the grant."""

    role: str
    form: str
    actions: frozenset[str]
    where: CheckedExpression | NoRows | None
    check: CheckedExpression | NoRows | None
    hidden: frozenset[str]
    read: Names
    write: Names
    masked: frozenset[str] = frozenset()

    def shows(self, name: str) -> bool:
        """Whether the grant shows a field as it is, e.g. `amount` or `lines.cost`."""
        return self._tells(name) and not _covers(self.masked, name)

    def masks(self, name: str) -> bool:
        """Whether the grant shows a field with most of its signs covered."""
        return self._tells(name) and _covers(self.masked, name)

    def _tells(self, name: str) -> bool:
        return not _covers(self.hidden, name) and (self.read is None or _listed(self.read, name))

    def writes(self, name: str) -> bool:
        """Whether the grant lets a field be written; a masked one can be replaced."""
        return self._tells(name) and (self.write is None or _listed(self.write, name))

    def writes_rows(self, child: str) -> bool:
        """Whether the grant lets rows of a child table be added and removed."""
        return self.shows(child) and (self.write is None or child in self.write)


def _covers(hidden: frozenset[str], name: str) -> bool:
    """A hidden child table hides its fields too, a hidden field its parts (`period__start`)."""
    return name in hidden or name.partition(".")[0] in hidden or name.partition("__")[0] in hidden


def _listed(names: frozenset[str], name: str) -> bool:
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
        return self.unlimited or any(grant.where is None for grant in self.grants)

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


@dataclass(frozen=True, slots=True, order=True)
class SharedFields:
    """What one share of a record says about fields: those it hides and those it lets its holder write."""

    hidden: tuple[str, ...] = ()
    write: tuple[str, ...] = ()


def shared_only(app: CompiledApp, form: str, shares: Iterable[SharedFields] = ()) -> GrantSet:
    """For a reader without any grant on the form: what is shared is shown but for fields that some role's
    grant hides or the share itself hides. A field that the share lets its holder write is shown to them.
    """
    sharing = tuple(sorted(set(shares))) or (SharedFields(),)
    key = ("shared_only", form, sharing)
    known = app.memory.get(key)
    if known is None:
        others = [grant for role in app.kind("role").values() for grant in role.get(form, ())]
        hidden = frozenset[str]().union(*(grant.hidden for grant in others))
        masked = frozenset[str]().union(*(grant.masked for grant in others))
        grants = tuple(grant for share in sharing for grant in _sharing(form, share, hidden, masked))
        said = (f"-{','.join(share.hidden)}+{','.join(share.write)}" for share in sharing)
        known = app.memory[key] = GrantSet(grants, False, (form, "shared", *said))
    return cast("GrantSet", known)


def _sharing(
    form: str, share: SharedFields, hidden: frozenset[str], masked: frozenset[str]
) -> Iterator[CompiledGrant]:
    """The grants that a share amounts to."""

    def grant(hidden: frozenset[str], masked: frozenset[str], read: Names) -> CompiledGrant:
        actions = frozenset({"view", "history"})
        return CompiledGrant("", form, actions, NO_ROWS, None, hidden, read, frozenset(), masked)

    own = frozenset(share.hidden)
    yield grant(hidden | own, masked, None)
    if share.write:
        yield grant(own, frozenset(), frozenset(share.write))


def grants_for(app: CompiledApp, principal: Principal, form: str, action: str) -> GrantSet:
    """The grants of a principal for one action; empty when nothing allows it."""
    if principal.is_admin:
        return UNLIMITED
    key = ("grants", principal.roles, form, action)
    known = app.memory.get(key)
    if known is None:
        known = app.memory[key] = _collect(app, principal.roles, form, action)
    return cast("GrantSet", known)


def _collect(app: CompiledApp, roles: tuple[str, ...], form: str, action: str) -> GrantSet:
    held = app.kind("role")
    found = [
        grant
        for role in roles
        if role in held
        for grant in held[role].get(form, ())
        if action in grant.actions
    ]
    free = any(
        grant.where is None
        and grant.check is None
        and not grant.hidden
        and not grant.masked
        and grant.read is None
        and grant.write is None
        for grant in found
    )
    if free:
        return GrantSet((), True, ("*",))
    return GrantSet(tuple(found), False, (form, action, *roles))
