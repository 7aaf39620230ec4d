"""Who holds a role of an app now, in whichever way: asked where a role means its people."""

from __future__ import annotations

from engine.definitions.app import CompiledApp
from engine.identity import repository as identity
from engine.permissions import repository
from engine.permissions.roles import CompiledRole
from engine.storage.unit_of_work import UnitOfWork


def holders_of(work: UnitOfWork, app: CompiledApp, role: str) -> tuple[str, ...]:
    """The active users with this role, in id order: for good, for a time, or because the role says so itself."""
    found = {*identity.role_holders(work, role), *repository.holders_now(work, role)}
    compiled: CompiledRole | None = app.kind("role").get(role)
    if compiled is not None and compiled.says_holders:
        to = compiled.granted_to
        below = {each for top in to.departments_below for each in identity.department_tree(work, top)}
        found.update(
            identity.active_users(
                work, users=to.users, departments={*to.departments, *below}, everyone=to.everyone
            )
        )
    return tuple(sorted(found))
