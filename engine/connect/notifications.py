"""In-app notifications: written in the transaction that causes them, read and ticked off by their user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from engine.connect.tables import notification as table
from engine.errors import NotFound
from engine.ids import new_id
from engine.storage.unit_of_work import UnitOfWork


class NotificationNotFound(NotFound):
    """You have no such notification."""

    code = "notification_not_found"
    zh = "您没有这条通知。"


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is told, and about which record."""

    user: str
    title: str
    body: str
    app: str | None = None
    form: str | None = None
    record: str | None = None
    source: str | None = None


def notify(work: UnitOfWork, notices: Sequence[Notice]) -> list[str]:
    """Put `notices` into the inboxes of their users; the new ids."""
    rows = [{**asdict(each), "id": new_id(), "created_at": work.now, "read_at": None} for each in notices]
    if rows:
        work.connection.execute(insert(table), rows)
    return [row["id"] for row in rows]


def inbox(
    work: UnitOfWork, user: str, *, unread: bool | None = None, before: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The notifications of `user`, the newest first; `before` is the id to continue below."""
    statement = select(table).where(table.c.user == user).order_by(table.c.id.desc()).limit(limit)
    if unread is not None:
        statement = statement.where(table.c.read_at.is_(None) if unread else table.c.read_at.is_not(None))
    if before is not None:
        statement = statement.where(table.c.id < before)
    return [dict(row) for row in work.connection.execute(statement).mappings()]


def unread_count(work: UnitOfWork, user: str) -> int:
    """How many notifications `user` has not read."""
    statement = select(func.count()).select_from(table).where(table.c.user == user, table.c.read_at.is_(None))
    return int(work.connection.execute(statement).scalar_one())


def mark_read(work: UnitOfWork, user: str, identifier: str) -> datetime:
    """Tick off one notification of `user`; when that was (first). Raises NotificationNotFound."""
    mine = (table.c.id == identifier, table.c.user == user)
    work.connection.execute(update(table).where(*mine, table.c.read_at.is_(None)).values(read_at=work.now))
    found: datetime | None = work.connection.execute(
        select(table.c.read_at).where(*mine)
    ).scalar_one_or_none()
    if found is None:
        raise NotificationNotFound
    return found
