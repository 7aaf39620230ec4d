"""Rows of the table that makes a repeated request harmless."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.storage.tables import idempotency as table
from engine.storage.unit_of_work import UnitOfWork

OK = 200


def claim(work: UnitOfWork, key: str, request: str) -> bool:
    """Take `key` for this request of the principal; False when it is taken.

    On PostgreSQL this waits for a transaction that has taken it and not yet ended.
    """
    make = sqlite.insert if work.runtime.database.dialect == "sqlite" else postgresql.insert
    statement = make(table).values(
        key=key, user=work.principal.user, request=request, status=OK, body="null", created_at=work.now
    )
    taken = work.connection.execute(statement.on_conflict_do_nothing().returning(table.c.key))
    return taken.first() is not None


def settle(work: UnitOfWork, key: str, body: str) -> None:
    """Keep the answer under a claimed key."""
    work.connection.execute(
        update(table).where(table.c.key == key, table.c.user == work.principal.user).values(body=body)
    )


def kept(work: UnitOfWork, key: str) -> tuple[str, str]:
    """The hash of the request that took the key, and its answer."""
    statement = select(table.c.request, table.c.body)
    row = work.connection.execute(
        statement.where(table.c.key == key, table.c.user == work.principal.user)
    ).one()
    return row.request, row.body


def drop_older(work: UnitOfWork, *, days: int) -> int:
    """Forget answers older than `days`; returns how many."""
    oldest = work.now - timedelta(days=days)
    return work.connection.execute(delete(table).where(table.c.created_at < oldest)).rowcount
