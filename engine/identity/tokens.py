"""Opaque tokens: random text given out once; the store keeps only its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from engine.errors import NotFound
from engine.identity.changed import identity_changes
from engine.identity.tables import token, token_use, user
from engine.ids import new_id
from engine.storage.unit_of_work import UnitOfWork

Kind = Literal["session", "api"]
USE = token_use.c
PREFIX: dict[Kind, str] = {"session": "ffs_", "api": "ffa_"}


@dataclass(frozen=True, slots=True)
class Token:
    """A fresh token; `secret` is shown this one time."""

    id: str
    secret: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """Whose token it is, and until when it holds."""

    user: str
    expires_at: datetime | None
    id: str
    kind: Kind
    narrow: dict[str, Any] | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a token is asked for: the address and the program that names itself."""

    address: str | None = None
    agent: str | None = None


NOWHERE = Origin()


def digest(secret: str) -> str:
    """What the store keeps of a token. No salt: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(
    work: UnitOfWork,
    owner: str,
    *,
    kind: Kind,
    label: str | None = None,
    lifetime: timedelta | None = None,
    narrow: dict[str, Any] | None = None,
    origin: Origin = NOWHERE,
) -> Token:
    """Store and return a new token of `owner`; without `lifetime` it holds until it is revoked.

    `narrow` is what it takes away from the owner's rights, as `engine.identity.narrowing` stores it.
    """
    made = Token(
        id=new_id(),
        secret=PREFIX[kind] + secrets.token_urlsafe(32),
        expires_at=None if lifetime is None else work.now + lifetime,
    )
    work.connection.execute(
        insert(token).values(
            hash=digest(made.secret),
            id=made.id,
            user=owner,
            kind=kind,
            label=label,
            created_at=work.now,
            expires_at=made.expires_at,
        )
    )
    work.connection.execute(
        insert(token_use).values(
            token=made.id,
            narrow=narrow or None,
            address=origin.address,
            agent=origin.agent[:200] if origin.agent else None,
            used_at=work.now,
        )
    )
    return made


def owner_of(work: UnitOfWork, secret: str) -> TokenOwner | None:
    """The active owner of a token that still holds, or None."""
    columns = (token.c.user, token.c.expires_at, token.c.id, token.c.kind, USE.narrow, USE.used_at)
    statement = (
        select(*columns)
        .join(user, user.c.id == token.c.user)
        .outerjoin(token_use, USE.token == token.c.id)
        .where(token.c.hash == digest(secret), user.c.active, _holds(work))
    )
    row = work.connection.execute(statement).first()
    return None if row is None else TokenOwner(*row)


def _holds(work: UnitOfWork) -> ColumnElement[bool]:
    return or_(token.c.expires_at.is_(None), token.c.expires_at > work.now)


def tokens_of(work: UnitOfWork, owner: str, *, kind: Kind = "api") -> list[dict[str, Any]]:
    """The tokens of a user that still hold, newest first, without their hashes."""
    about = (USE.narrow, USE.address, USE.agent, USE.used_at)
    columns = (token.c.id, token.c.kind, token.c.label, token.c.created_at, token.c.expires_at, *about)
    statement = (
        select(*columns)
        .outerjoin(token_use, USE.token == token.c.id)
        .where(token.c.user == owner, token.c.kind == kind, _holds(work))
        .order_by(token.c.created_at.desc(), token.c.id.desc())
    )
    rows = (dict(row) for row in work.connection.execute(statement).mappings())
    return [{**row, "narrow": row["narrow"] or {}} for row in rows]


def note_use(work: UnitOfWork, key: str) -> None:
    """Remember that the token was seen just now."""
    work.connection.execute(update(token_use).where(USE.token == key).values(used_at=work.now))


def revoke(work: UnitOfWork, owner: str, key: str) -> None:
    """Take back one token of `owner`. Raises NotFound."""
    done = work.connection.execute(delete(token).where(token.c.user == owner, token.c.id == key))
    if done.rowcount == 0:
        raise NotFound(details={"token": key})
    work.after_commit(identity_changes.bump)


def revoke_secret(work: UnitOfWork, secret: str) -> None:
    """Take back the token itself (log out); an unknown one is no error."""
    work.connection.execute(delete(token).where(token.c.hash == digest(secret)))
    work.after_commit(identity_changes.bump)


def revoke_all(work: UnitOfWork, owner: str, *, kind: Kind | None = None, but: str | None = None) -> None:
    """Take back every token of a user: those of one `kind`, and all `but` one."""
    statement = delete(token).where(token.c.user == owner)
    if kind is not None:
        statement = statement.where(token.c.kind == kind)
    if but is not None:
        statement = statement.where(token.c.id != but)
    work.connection.execute(statement)
    work.after_commit(identity_changes.bump)


def drop_expired(work: UnitOfWork) -> int:
    """Remove tokens that no longer hold; returns how many."""
    return work.connection.execute(delete(token).where(token.c.expires_at <= work.now)).rowcount
