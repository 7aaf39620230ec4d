"""Who may change the definitions of which app, beside administrators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, exists, insert, select

from engine.changes.operations import note
from engine.errors import Forbidden, Invalid
from engine.identity import repository
from engine.identity.service import require_admin, unknown
from engine.identity.tables import designer as table
from engine.storage.unit_of_work import UnitOfWork


class NotADesigner(Forbidden):
    """You are no designer of this app."""

    code = "not_a_designer"
    zh = "您不是该应用的设计者。"
    fix_zh = "请管理员将您加入该应用的设计者。"
    fix_en = "Ask an administrator to make you a designer of the app."


def may_design(work: UnitOfWork, app: str) -> bool:
    """Whether who acts may read and change the definitions of an app. A token made for certain forms or with
    certain roles may not.
    """
    principal = work.principal
    narrow = principal.narrow
    if principal.is_admin:
        return True
    if narrow is not None and (narrow.places or narrow.roles is not None):
        return False
    found = exists().where(table.c.app == app, table.c.user == principal.user)
    return bool(work.connection.execute(select(found)).scalar())


def require_some_designer(work: UnitOfWork) -> None:
    """Raises NotADesigner for who designs no app at all: asked before it is known which app is meant."""
    found = select(table.c.app).where(table.c.user == work.principal.user)
    if not work.principal.is_admin and not any(
        may_design(work, app) for app in work.connection.execute(found).scalars()
    ):
        raise NotADesigner()


def require_designer(work: UnitOfWork, app: str) -> None:
    """Raises NotADesigner unless an administrator, the system or a designer of the app acts. An app that is new
    is made by administrators.
    """
    if not may_design(work, app):
        raise NotADesigner()


def designers(work: UnitOfWork, app: str) -> list[dict[str, Any]]:
    """The designers of an app, with who made them so and when. Raises NotADesigner."""
    require_designer(work, app)
    statement = select(table.c.user, table.c.given_by, table.c.given_at).where(table.c.app == app)
    return [dict(row) for row in work.connection.execute(statement.order_by(table.c.user)).mappings()]


def set_designers(work: UnitOfWork, app: str, users: Iterable[str]) -> list[dict[str, Any]]:
    """Make these users, and nobody else, the designers of an app. Raises Forbidden, Invalid."""
    require_admin(work)
    wanted = list(dict.fromkeys(users))
    missing = [
        unknown(f"/users/{index}", user)
        for index, user in enumerate(wanted)
        if repository.user_by_id(work, user) is None
    ]
    if missing:
        raise Invalid(missing)
    before = {row["user"] for row in designers(work, app)}
    gone, added = sorted(before - set(wanted)), [user for user in wanted if user not in before]
    work.connection.execute(delete(table).where(table.c.app == app, table.c.user.in_(gone)))
    by = {"given_by": work.principal.user, "given_at": work.now}
    for user in added:
        work.connection.execute(insert(table).values(app=app, user=user, **by))
    if gone or added:
        note(work, "designers_changed", app, app=app, details={"added": sorted(added), "removed": gone})
    return designers(work, app)
