"""Passwords that people choose: what may be one, when it must be changed, and the link that sets a new one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.changes.operations import note
from engine.errors import EngineError
from engine.findings import Text, text
from engine.identity import repository, tokens
from engine.identity.common_passwords import COMMON
from engine.identity.passwords import LONGEST, SHORTEST, WeakPassword
from engine.identity.tables import password as table
from engine.identity.tables import user as user_table
from engine.jobs.repository import enqueue
from engine.storage.unit_of_work import UnitOfWork

LINK_HOURS = 1
LINK_JOB = "password_link"
FEWEST_SIGNS = 4
SHORTEST_NAME = 4


class LinkNotValid(EngineError):
    """This link has been used, is too old, or never was."""

    code = "reset_link_not_valid"
    zh = "该链接已使用、已过期或不存在。"
    fix_zh = "请重新申请一个链接。"
    fix_en = "Ask for another link."


class SamePassword(WeakPassword):
    """The new password is the one you have."""

    code = "same_password"
    zh = "新密码与当前密码相同。"


@dataclass(frozen=True, slots=True)
class Policy:
    """What an installation asks of passwords; `days` 0: they never grow too old."""

    least: int = SHORTEST
    days: int = 0


def policy(work: UnitOfWork) -> Policy:
    """The policy of this installation."""
    settings = work.runtime.settings
    return Policy(max(SHORTEST, settings.password_length), settings.password_days)


def check_choice(chosen: str, asked: Policy, names: Iterable[str], *, pointer: str = "/password") -> None:
    """Raises WeakPassword for one that is short, common, monotonous or the name of its owner."""
    reason = _weakness(chosen, asked, [name.lower() for name in names if len(name) >= SHORTEST_NAME])
    if reason is not None:
        raise WeakPassword(reason, pointer=pointer)


def _weakness(chosen: str, asked: Policy, names: list[str]) -> Text | None:
    low = chosen.lower()
    if not asked.least <= len(chosen) <= LONGEST:
        return text(
            f"密码长度须为 {asked.least} 到 {LONGEST} 个字符。",
            f"The password must have {asked.least} to {LONGEST} characters.",
        )
    if low in COMMON:
        return text("这是最常见的密码之一，容易被猜到。", "This is one of the most common passwords.")
    if len(set(low)) < FEWEST_SIGNS or _runs(low):
        return text(
            "密码不能只由重复或连续的字符组成。",
            "The password must be more than repeated or consecutive characters.",
        )
    if any(name in low for name in names):
        return text("密码不能包含您的登录名。", "The password must not hold your name or login name.")
    return None


def _runs(low: str) -> bool:
    """Whether every sign follows the one before it: 12345678901, hgfedcba."""
    wrap = 10 if low.isdigit() else 0x110000
    return len({(ord(after) - ord(before)) % wrap for before, after in pairwise(low)}) == 1


def names_of(row: Mapping[str, Any]) -> list[str]:
    """What of a user's own must not be in their password."""
    return [row["username"], row["id"], (row["email"] or "").partition("@")[0]]


def keep(work: UnitOfWork, user: str, password_hash: str, *, must_change: bool) -> None:
    """Store a new password, ending all sessions and tokens of the user and any link that was open."""
    repository.change_user(work, user, {"password_hash": password_hash})
    said = {"set_at": work.now, "must_change": must_change, "reset_hash": None, "reset_until": None}
    _put(work, user, said)
    tokens.revoke_all(work, user)
    note(work, "password_set", user, details={"must_change": must_change})


def _put(work: UnitOfWork, user: str, values: Mapping[str, Any]) -> None:
    make = sqlite.insert if work.runtime.database.dialect == "sqlite" else postgresql.insert
    statement = make(table).values(user=user, **{"set_at": work.now, **values})
    work.connection.execute(statement.on_conflict_do_update(index_elements=[table.c.user], set_=dict(values)))


def must_change(work: UnitOfWork, user: str) -> bool:
    """Whether the password was given by somebody else, or has grown too old."""
    found = work.connection.execute(
        select(table.c.must_change, table.c.set_at, user_table.c.created_at)
        .select_from(user_table)
        .outerjoin(table, table.c.user == user_table.c.id)
        .where(user_table.c.id == user)
    ).first()
    if found is None:
        return False
    days = policy(work).days
    old = days > 0 and work.now - (found.set_at or found.created_at) > timedelta(days=days)
    return bool(found.must_change) or old


def send_link(work: UnitOfWork, username: str) -> None:
    """Have a link that sets a new password mailed to the user of this name. Nothing happens for a name nobody has,
    one who is disabled, or one without a mail address: who asks learns nothing of that.
    """
    found = repository.credentials(work, username.strip()[:80])
    if found is not None and _mailed(work, found["id"]) is not None:
        enqueue(work, LINK_JOB, {"user": found["id"]})
        note(work, "password_link_sent", found["id"])


def make_letter(work: UnitOfWork, user: str) -> dict[str, str] | None:
    """The mail (`to`, `subject`, `text`) with a link that holds from now on; None for who gets none any more. The link
    stands nowhere but in the mail: the store keeps its digest.
    """
    row = _mailed(work, user)
    if row is None:
        return None
    secret = "ffr_" + secrets.token_urlsafe(32)
    until = work.now + timedelta(hours=LINK_HOURS)
    _put(work, user, {"reset_hash": _digest(secret), "reset_until": until})
    return {"to": row["email"], **_letter(row["locale"], work.runtime.settings.public_url, secret)}


def _mailed(work: UnitOfWork, user: str) -> Mapping[str, Any] | None:
    row = repository.user_by_id(work, user)
    return row if row is not None and row["active"] and row["email"] else None


def _letter(locale: str, address: str, secret: str) -> dict[str, str]:
    way = f"{address.rstrip('/')}/reset-password#{secret}" if address else secret
    if locale == "en":
        body = f"Set a new password within the hour with:\n\n{way}\n\nIf you did not ask for it, do nothing."
        return {"subject": "A new password", "text": body}
    body = f"请在一小时内用以下链接或代码设置新密码：\n\n{way}\n\n如非本人申请，请忽略此邮件。"
    return {"subject": "设置新密码", "text": body}


def owner_of_link(work: UnitOfWork, secret: str) -> str:
    """Whose password the link sets. Raises LinkNotValid."""
    found = work.connection.execute(
        select(table.c.user)
        .join(user_table, user_table.c.id == table.c.user)
        .where(table.c.reset_hash == _digest(secret), table.c.reset_until > work.now, user_table.c.active)
    ).first()
    if found is None:
        raise LinkNotValid(pointer="/token")
    return str(found.user)


def use_link(work: UnitOfWork, secret: str, password_hash: str) -> str:
    """Set the password; whose it was. The link works once. Raises LinkNotValid."""
    taken = work.connection.execute(
        update(table)
        .where(table.c.reset_hash == _digest(secret), table.c.reset_until > work.now)
        .values(reset_hash=None, reset_until=None)
        .returning(table.c.user)
    ).first()
    if taken is None:
        raise LinkNotValid(pointer="/token")
    keep(work, taken.user, password_hash, must_change=False)
    return str(taken.user)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
