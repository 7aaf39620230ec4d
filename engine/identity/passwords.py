"""Passwords: argon2id hashes, the same time for unknown users, and a brake on guessing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
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
    fix_zh = "请等待几分钟，或请管理员重置密码。"
    fix_en = "Wait a few minutes, or ask an administrator for a new password."


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


class FailureBrake:
    """Refuses more than `limit` failed logins of one name within `window`, per process.

    Kept in memory: a restart forgets it, and N processes let N times as many through, which still
    makes guessing hopeless.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        limit: int = 8,
        window: timedelta = timedelta(minutes=5),
        size: int = 10_000,
    ) -> None:
        self._now = now
        self._limit = limit
        self._window = window
        self._size = size
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, name: str) -> None:
        """Raises TooManyFailures, with `retry_after` in seconds."""
        with self._lock:
            recent = self._recent(name)
        if len(recent) >= self._limit:
            wait = recent[0] + self._window - self._now()
            raise TooManyFailures(details={"retry_after": max(1, int(wait.total_seconds()))})

    def failed(self, name: str) -> None:
        """Remember one failure."""
        with self._lock:
            self._failures[name] = [*self._recent(name), self._now()]
            self._failures.move_to_end(name)
            while len(self._failures) > self._size:
                self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forget the failures of this name."""
        with self._lock:
            self._failures.pop(name, None)

    def _recent(self, name: str) -> list[datetime]:
        start = self._now() - self._window
        return [moment for moment in self._failures.get(name, ()) if moment > start]
