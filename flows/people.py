"""Users as flows need them: what they are called, whether they are active."""

from __future__ import annotations

from engine.findings import Text, text
from engine.identity import repository
from engine.storage.unit_of_work import UnitOfWork
from flows.repository import Statement

ACTIVE = Statement("SELECT {columns} FROM ff_user WHERE id = ?", "active")


def name_of(work: UnitOfWork, user: str) -> Text:
    """What a user is called in both languages, read once per transaction; the id for one who is gone."""
    known: dict[str, Text] = work.memory.setdefault("names of users", {})
    if user not in known:
        row = repository.user_by_id(work, user)
        known[user] = text(user, user) if row is None else Text(zh=row["name"]["zh"], en=row["name"]["en"])
    return known[user]


def is_active(work: UnitOfWork, user: str) -> bool | None:
    """Whether a user can act; None for one who does not exist."""
    found = ACTIVE.rows(work, user)
    return bool(found[0]["active"]) if found else None
