"""SQL of roles that somebody holds for a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from engine.identity.tables import user
from engine.permissions.tables import temporary_role
from engine.storage.tables import record_share
from engine.storage.unit_of_work import UnitOfWork

Row = dict[str, Any]


def temporary_roles(work: UnitOfWork, key: str) -> list[Row]:
    """What a user was ever given for a time, the newest first."""
    given = temporary_role.c
    statement = select(temporary_role).where(given.user == key).order_by(given.id.desc())
    return [dict(row) for row in work.connection.execute(statement).mappings()]


def temporary_role_of(work: UnitOfWork, key: str, which: str) -> Row | None:
    """One of them, or None."""
    given = temporary_role.c
    statement = select(temporary_role).where(given.user == key, given.id == which)
    row = work.connection.execute(statement).mappings().first()
    return None if row is None else dict(row)


def add_temporary_role(work: UnitOfWork, values: Mapping[str, Any]) -> None:
    work.connection.execute(insert(temporary_role).values(**values))


def end_temporary_role(work: UnitOfWork, which: str, at: datetime) -> None:
    work.connection.execute(update(temporary_role).where(temporary_role.c.id == which).values(ends=at))


def held_now(work: UnitOfWork, key: str) -> tuple[frozenset[str], datetime | None]:
    """The roles that a user holds for a time at this moment, and when that changes next."""
    given = temporary_role.c
    statement = select(given.role, given.begins, given.ends).where(given.user == key, given.ends > work.now)
    held, turns = set(), []
    for role, begins, ends in work.connection.execute(statement):
        if begins <= work.now:
            held.add(role)
            turns.append(ends)
        else:
            turns.append(begins)
    return frozenset(held), min(turns, default=None)


def holders_now(work: UnitOfWork, role: str) -> tuple[str, ...]:
    """The active users who hold a role for a time at this moment."""
    given = temporary_role.c
    statement = (
        select(given.user)
        .distinct()
        .join(user, user.c.id == given.user)
        .where(given.role == role, given.begins <= work.now, given.ends > work.now, user.c.active)
    )
    return tuple(work.connection.execute(statement).scalars())


def forms_shared_in_part(work: UnitOfWork, key: str) -> frozenset[str]:
    """The forms (`app.form`) of which records are shared with a user without some fields."""
    share = record_share.c
    statement = select(share.app, share.form).where(share.user == key, share.shows.is_not(None)).distinct()
    return frozenset(f"{app}.{form}" for app, form in work.connection.execute(statement))
