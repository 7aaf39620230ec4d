"""Compiled roles, and which of them somebody holds in an app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from engine.definitions.app import CompiledApp
from engine.identity.principal import Principal
from engine.permissions.schema import Subjects

if TYPE_CHECKING:
    from engine.permissions.compiled import CompiledGrant

Grants = Mapping[str, tuple["CompiledGrant", ...]]


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRole:
    """What a role allows and denies by form, and who holds it besides those it is given to."""

    key: str
    grants: Grants
    denies: Grants
    granted_to: Subjects = field(default_factory=Subjects)
    audits: bool = False

    @property
    def says_holders(self) -> bool:
        """Whether the role itself names people who hold it."""
        to = self.granted_to
        return bool(to.everyone or to.users or to.departments or to.departments_below)

    def reaches(self, principal: Principal) -> bool:
        """Whether the role itself says that this person holds it."""
        to, dept = self.granted_to, principal.dept
        return (
            to.everyone
            or principal.user in to.users
            or dept in to.departments
            or not {dept, *principal.depts_above}.isdisjoint(to.departments_below)
        )


def held_roles(app: CompiledApp, principal: Principal) -> tuple[str, ...]:
    """The roles of the app that somebody holds, in key order; equal for those with equal rights."""
    roles: Mapping[str, CompiledRole] = app.kind("role")
    widened = _widened(app, roles)
    given = principal.roles
    narrow = principal.narrow
    key: tuple[object, ...] = given
    if widened:
        key = ("held", given, principal.user, principal.dept, principal.depts_above, narrow and narrow.key)
    known = app.memory.setdefault("held roles", {})
    found = known.get(key)
    if found is None:
        reached = {
            role.key
            for role in widened
            if role.reaches(principal) and (narrow is None or narrow.holds_role(role.key))
        }
        found = tuple(name for name in sorted({*given, *reached}) if name in roles)
        if len(known) < KEPT:
            known[key] = found
    return cast("tuple[str, ...]", found)


def denying_roles(app: CompiledApp, principal: Principal, held: tuple[str, ...]) -> tuple[str, ...]:
    """The roles whose denies hold. A token that carries only some roles of its owner takes no deny away."""
    narrow = principal.narrow
    if narrow is None or narrow.roles is None:
        return held
    return held_roles(app, replace(principal, narrow=None, roles=narrow.owner_roles))


def audits(app: CompiledApp, principal: Principal) -> bool:
    """Whether one of their roles lets somebody read the app's operation log."""
    roles: Mapping[str, CompiledRole] = app.kind("role")
    return any(roles[key].audits for key in held_roles(app, principal))


def named_roles(app: CompiledApp, principal: Principal) -> tuple[str, ...]:
    """All roles of somebody, those of other apps too: what `$my_roles` and HASROLE know. They are those of the
    person: which of them a token carries decides whose grants count, not what their conditions say.
    """
    if not _widened(app, app.kind("role")):
        return principal.own_roles
    whole = replace(principal, narrow=None, roles=principal.own_roles)
    return tuple(sorted({*whole.roles, *held_roles(app, whole)}))


def rights(app: CompiledApp, principal: Principal) -> tuple[str, ...]:
    """Equal for those whose grants in the app, and in those it reaches, are equal: a part of the keys of caches."""
    own = _rights(app, principal)
    if not app.others:
        return own
    beside = (part for key, other in app.others.items() for part in ("@", key, *_rights(other, principal)))
    return (*own, *beside)


def _rights(app: CompiledApp, principal: Principal) -> tuple[str, ...]:
    held = ("*",) if principal.is_admin else held_roles(app, principal)
    if principal.narrow is None:
        return held
    return (*held, principal.narrow.key, *denying_roles(app, principal, held))


KEPT = 20_000
"""How many people's roles are remembered for one version of an app."""


def _widened(app: CompiledApp, roles: Mapping[str, CompiledRole]) -> tuple[CompiledRole, ...]:
    """The roles that say themselves who holds them."""
    known = app.memory.get("widened roles")
    if known is None:
        known = app.memory["widened roles"] = tuple(role for role in roles.values() if role.says_holders)
    return cast("tuple[CompiledRole, ...]", known)
