"""Durable work that a narrow token asked for goes on with the rights of that token, not of its owner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select

from engine.identity.narrowing import narrowing
from engine.identity.principal import Principal
from engine.identity.service import principal_of
from engine.identity.sessions import narrowed
from engine.identity.tables import errand
from engine.storage.unit_of_work import UnitOfWork


def remember(work: UnitOfWork, key: str) -> None:
    """Keep how who acts is narrowed for the durable work `key`."""
    narrow = work.principal.narrow
    if narrow is not None:
        work.connection.execute(insert(errand).values(id=key, narrow=narrow.as_json()))


def principal_for(work: UnitOfWork, user: str, key: str) -> Principal | None:
    """Who goes on with the durable work `key`, as they are now; None for who may not act any more."""
    found = principal_of(work, user)
    narrow = narrowing(_stored(work, key)) if key else None
    return found if found is None or narrow is None else narrowed(found, narrow)


def same_rights(work: UnitOfWork, key: str) -> bool:
    """Whether who acts has the rights with which the durable work was asked for: what came of it may hold more
    than a token made for less may see. A login, or a token that carries all its owner's rights, sees everything.
    """
    narrow = work.principal.narrow
    return narrow is None or _stored(work, key) == narrow.as_json()


def _stored(work: UnitOfWork, key: str) -> Any:
    return work.connection.execute(select(errand.c.narrow).where(errand.c.id == key)).scalar_one_or_none()


def forget(work: UnitOfWork, keys: Iterable[str]) -> None:
    """Nothing goes on any more and nothing is left of what came of it: the files are removed, the links closed.
    What an import or export was asked for with is kept as long as its row, which is shown to equal rights only.
    """
    work.connection.execute(delete(errand).where(errand.c.id.in_(list(keys))))
