"""SQL of comments."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.errors import NotFound
from engine.storage.unit_of_work import UnitOfWork
from forms.comments.tables import comment as table


class CommentNotFound(NotFound):
    """This record has no such comment."""

    code = "comment_not_found"
    zh = "该记录没有这条评论。"


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. A removed one keeps its place and loses its text."""

    id: str
    app: str
    form: str
    record: str
    author: str
    at: datetime
    body: str
    mentions: list[str]
    answers: str | None = None
    edited_at: datetime | None = None
    removed_at: datetime | None = None


def add(work: UnitOfWork, comment: Comment) -> None:
    work.connection.execute(insert(table).values(**asdict(comment)))


def get(work: UnitOfWork, record: str, identifier: str) -> Comment:
    """One comment of a record. Raises CommentNotFound."""
    row = work.connection.execute(
        select(table).where(table.c.record == record, table.c.id == identifier)
    ).first()
    if row is None:
        raise CommentNotFound()
    return Comment(**row._mapping)


def of_record(work: UnitOfWork, record: str, *, after: str | None, limit: int) -> list[Comment]:
    """Comments in order of time; `after` is the id to continue behind."""
    statement = select(table).where(table.c.record == record).order_by(table.c.id).limit(limit)
    if after is not None:
        statement = statement.where(table.c.id > after)
    return [Comment(**row._mapping) for row in work.connection.execute(statement)]


def change(work: UnitOfWork, identifier: str, **values: Any) -> None:
    work.connection.execute(update(table).where(table.c.id == identifier).values(**values))


def forget_record(work: UnitOfWork, record: str) -> None:
    """Drop the comments of a record that is gone for good."""
    work.connection.execute(delete(table).where(table.c.record == record))
