"""SQL of users, departments and roles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import JSON, Column, Table, delete, func, insert, or_, select, type_coerce, update
from sqlalchemy.sql import Select

from engine.identity.tables import department, user, user_role
from engine.storage.unit_of_work import UnitOfWork

Row = dict[str, Any]
PUBLIC = tuple(column for column in user.c if column.name != "password_hash")


def _all(work: UnitOfWork, statement: Select[Any]) -> list[Row]:
    return [dict(row) for row in work.connection.execute(statement).mappings()]


def _one(work: UnitOfWork, statement: Select[Any]) -> Row | None:
    row = work.connection.execute(statement).mappings().first()
    return None if row is None else dict(row)


def user_by_id(work: UnitOfWork, key: str) -> Row | None:
    """The user without the password hash."""
    return _one(work, select(*PUBLIC).where(user.c.id == key))


def credentials(work: UnitOfWork, username: str) -> Row | None:
    """Id, activity and password hash of the user with this login name."""
    columns = (user.c.id, user.c.active, user.c.password_hash)
    return _one(work, select(*columns).where(user.c.username == username))


def users(
    work: UnitOfWork,
    *,
    search: str | None = None,
    dept: str | None = None,
    role: str | None = None,
    active: bool | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Users in id order, without password hashes."""
    statement = select(*PUBLIC).order_by(user.c.id)
    if search:
        names = type_coerce(user.c.name, JSON)
        columns = (user.c.id, user.c.username, names["zh"].as_string(), names["en"].as_string())
        statement = statement.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    if dept is not None:
        statement = statement.where(user.c.dept == dept)
    if role is not None:
        statement = statement.where(user.c.id.in_(select(user_role.c.user).where(user_role.c.role == role)))
    if active is not None:
        statement = statement.where(user.c.active.is_(active))
    if after is not None:
        statement = statement.where(user.c.id > after)
    return _all(work, statement if limit is None else statement.limit(limit))


def has_users(work: UnitOfWork) -> bool:
    """Whether anybody exists."""
    return work.connection.execute(select(user.c.id).limit(1)).first() is not None


def add_user(work: UnitOfWork, values: Mapping[str, Any]) -> None:
    work.connection.execute(insert(user).values(**values))


def change_user(work: UnitOfWork, key: str, values: Mapping[str, Any]) -> None:
    work.connection.execute(update(user).where(user.c.id == key).values(**values))


def set_every_password(work: UnitOfWork, password_hash: str) -> None:
    """One password for all users: for demos only."""
    work.connection.execute(update(user).values(password_hash=password_hash))


def roles_of(work: UnitOfWork, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Roles in key order for each of these users."""
    found: dict[str, list[str]] = defaultdict(list)
    statement = select(user_role.c.user, user_role.c.role).order_by(user_role.c.role)
    for owner, role in work.connection.execute(statement.where(user_role.c.user.in_(list(keys)))):
        found[owner].append(role)
    return {owner: tuple(roles) for owner, roles in found.items()}


def all_roles(work: UnitOfWork) -> list[tuple[str, int]]:
    """Every role somebody holds, with the number of active holders."""
    statement = (
        select(user_role.c.role, func.count(user.c.id).filter(user.c.active))
        .join(user, user.c.id == user_role.c.user)
        .group_by(user_role.c.role)
        .order_by(user_role.c.role)
    )
    return [(role, count) for role, count in work.connection.execute(statement)]


def set_roles(work: UnitOfWork, key: str, roles: Iterable[str]) -> None:
    work.connection.execute(delete(user_role).where(user_role.c.user == key))
    rows = [{"user": key, "role": role} for role in sorted(set(roles))]
    if rows:
        work.connection.execute(insert(user_role), rows)


def role_holders(work: UnitOfWork, role: str) -> tuple[str, ...]:
    """Active users with this role, in id order."""
    statement = (
        select(user.c.id)
        .join(user_role, user_role.c.user == user.c.id)
        .where(user_role.c.role == role, user.c.active)
        .order_by(user.c.id)
    )
    return tuple(work.connection.execute(statement).scalars())


def active_users(
    work: UnitOfWork, *, users: Collection[str], departments: Collection[str], everyone: bool = False
) -> tuple[str, ...]:
    """The active ones of these users and of the members of these departments, or all."""
    named = or_(user.c.id.in_(list(users)), user.c.dept.in_(list(departments)))
    statement = select(user.c.id).where(user.c.active).order_by(user.c.id)
    return tuple(work.connection.execute(statement if everyone else statement.where(named)).scalars())


def department_by_id(work: UnitOfWork, key: str) -> Row | None:
    return _one(work, select(department).where(department.c.id == key))


def departments(work: UnitOfWork) -> list[Row]:
    """All departments in id order."""
    return _all(work, select(department).order_by(department.c.id))


def add_department(work: UnitOfWork, values: Mapping[str, Any]) -> None:
    work.connection.execute(insert(department).values(**values))


def change_department(work: UnitOfWork, key: str, values: Mapping[str, Any]) -> None:
    work.connection.execute(update(department).where(department.c.id == key).values(**values))


def remove_department(work: UnitOfWork, key: str) -> None:
    work.connection.execute(delete(department).where(department.c.id == key))


def department_in_use(work: UnitOfWork, key: str) -> bool:
    """Whether users or sub-departments belong to it."""
    members = select(user.c.id).where(user.c.dept == key)
    parts = select(department.c.id).where(department.c.parent == key)
    return work.connection.execute(members.union_all(parts).limit(1)).first() is not None


def department_tree(work: UnitOfWork, key: str) -> tuple[str, ...]:
    """The department and all below it, in id order."""
    return tuple(sorted(_below(work, department, department.c.parent, key)))


def departments_above(work: UnitOfWork, key: str) -> tuple[str, ...]:
    """The departments that this one is part of, in id order, without itself."""
    tree = (
        select(department.c.id, department.c.parent).where(department.c.id == key).cte("tree", recursive=True)
    )
    above = select(department.c.id, department.c.parent).where(department.c.id == tree.c.parent)
    found = work.connection.execute(select(tree.union(above).c.id)).scalars()
    return tuple(sorted(set(found) - {key}))


def subordinates(work: UnitOfWork, key: str) -> tuple[str, ...]:
    """All users below this one in the tree of superiors, in id order, without the user."""
    return tuple(sorted(_below(work, user, user.c.superior, key) - {key}))


def _below(work: UnitOfWork, table: Table, parent: Column[str], key: str) -> set[str]:
    tree = select(table.c.id).where(table.c.id == key).cte("tree", recursive=True)
    # UNION, not UNION ALL: it ends even where stored data holds a loop.
    tree = tree.union(select(table.c.id).where(parent == tree.c.id))
    return set(work.connection.execute(select(tree.c.id)).scalars())
