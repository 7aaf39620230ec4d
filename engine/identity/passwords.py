"""Passwords: argon2id hashes, and the same time for unknown users."""

from __future__ import annotations

from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine.errors import EngineError

SHORTEST = 8
LONGEST = 256


class WeakPassword(EngineError):
    """The password must have 8 to 256 characters."""

    code = "weak_password"
    zh = "密码长度须为 8 到 256 个字符。"
    fix_zh = "请换一个更长的密码。"
    fix_en = "Choose a longer password."


class TooManyFailures(EngineError):
    """Too many failed logins; wait before you try again."""

    code = "too_many_attempts"
    zh = "登录失败次数过多，请稍后再试。"
    fix_zh = "请等待几分钟，或请管理员解除限制。"
    fix_en = "Wait a few minutes, or ask an administrator to let you in again."


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))


@cache
def _hash_of_nobody() -> str:
    return _hasher().hash("no user has this password")


def hash_password(password: str) -> str:
    """The argon2id hash. Raises WeakPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(pointer="/password")
    return _hasher().hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password fits; takes as long when there is no such user. Costs tens of milliseconds."""
    fits = _hasher().verify(password[:LONGEST], stored or _hash_of_nobody())
    return fits and stored is not None
