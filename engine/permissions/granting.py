"""The grants of who acts: out of their roles, or of what is shared with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from engine.definitions.app import CompiledApp
from engine.identity.principal import Principal
from engine.permissions.combining import both, without_denied
from engine.permissions.compiled import NO_ROWS, NOTHING, UNLIMITED, CompiledGrant, GrantSet, Names
from engine.permissions.roles import denying_roles, held_roles


@dataclass(frozen=True, slots=True, order=True)
class SharedFields:
    """What one share of a record says about fields: those it hides and those it lets its holder write."""

    hidden: tuple[str, ...] = ()
    write: tuple[str, ...] = ()


def shared_only(
    app: CompiledApp, principal: Principal, form: str, shares: Iterable[SharedFields] = ()
) -> GrantSet:
    """For a reader without any grant on the form: what is shared is shown but for fields that some role's
    grant hides or the share itself hides. A field that the share lets its holder write is shown to them.
    What a role of theirs denies stays denied. A token that carries only some roles has no part in it: its
    owner's other roles may show less of the record.
    """
    narrow = principal.narrow
    if narrow is not None and (narrow.roles is not None or not principal.may(app.key, form, "view")):
        return NOTHING
    sharing = tuple(sorted(set(shares))) or (SharedFields(),)
    roles = held_roles(app, principal)
    key = ("shared_only", form, sharing, roles)
    known = app.memory.get(key)
    if known is None:
        others = [grant for role in app.kind("role").values() for grant in role.grants.get(form, ())]
        hidden = frozenset[str]().union(*(grant.hidden for grant in others))
        masked = frozenset[str]().union(*(grant.masked for grant in others))
        shown = (grant for share in sharing for grant in _sharing(form, share, hidden, masked))
        grants = without_denied(shown, _denies(app, roles, form, "view"))
        said = (f"-{','.join(share.hidden)}+{','.join(share.write)}" for share in sharing)
        known = app.memory[key] = GrantSet(grants, False, (form, "shared", *roles, *said))
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
    """The grants of a principal for one action; empty when nothing allows it, or the token they came with
    is not made for it.
    """
    if not principal.may(app.key, form, action):
        return NOTHING
    if principal.is_admin or (principal.narrow is not None and principal.narrow.all_records):
        return UNLIMITED
    roles = held_roles(app, principal)
    denying = denying_roles(app, principal, roles)
    key = ("grants", roles, denying, form, action)
    known = app.memory.get(key)
    if known is None:
        known = app.memory[key] = _collect(app, roles, denying, form, action)
    return cast("GrantSet", known)


def _collect(
    app: CompiledApp, roles: tuple[str, ...], denying: tuple[str, ...], form: str, action: str
) -> GrantSet:
    held = app.kind("role")
    found = [
        grant if action == "create" else _kept_to(grant)
        for role in roles
        for grant in held[role].grants.get(form, ())
        if action in grant.actions
    ]
    denies = _denies(app, denying, form, action)
    preset = action == "create" and any(grant.presets for grant in found)
    if not denies and not preset and any(grant.free for grant in found):
        return GrantSet((), True, ("*",))
    key = (form, action, *roles) if denying == roles else (form, action, *roles, "-", *denying)
    return GrantSet(without_denied(found, denies), False, key)


def _kept_to(grant: CompiledGrant) -> CompiledGrant:
    """What a grant presets, its holder does not change afterwards."""
    return replace(grant, readonly=grant.readonly | set(grant.presets)) if grant.presets else grant


def _denies(app: CompiledApp, roles: tuple[str, ...], form: str, action: str) -> tuple[CompiledGrant, ...]:
    """What is denied for an action; what may not be seen, nothing may be done with."""
    held = app.kind("role")
    return tuple(
        deny
        for role in roles
        for deny in held[role].denies.get(form, ())
        if action in deny.actions or "view" in deny.actions
    )


def grants_for_both(app: CompiledApp, principal: Principal, form: str, *actions: str) -> GrantSet:
    """What a principal may do only where each of two actions is allowed: take out what they may see."""
    one, other = (grants_for(app, principal, form, action) for action in actions)
    return both_kept(app, one, other)


def both_kept(app: CompiledApp, one: GrantSet, other: GrantSet) -> GrantSet:
    """`both`, made once."""
    key = ("both", one.key, other.key)
    known = app.memory.get(key)
    if known is None:
        known = app.memory[key] = both(one, other)
    return cast("GrantSet", known)
