"""Log in with a password, and find the principal behind a token quickly."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.changes.operations import note, note_apart
from engine.errors import EngineError
from engine.identity import attempts, chosen_passwords, repository, tokens
from engine.identity.changed import identity_changes
from engine.identity.narrowing import Narrowing, narrowing, of_owner
from engine.identity.passwords import hash_password, verify_password
from engine.identity.principal import ADMIN_ROLE, SYSTEM, Principal
from engine.identity.service import create_user, principal_of
from engine.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.runtime import Runtime

LONGEST_TTL = 30.0
USE_NOTED = timedelta(hours=1)
"""How old the moment may be at which a token was last seen."""


class WrongCredentials(EngineError):
    """The user name or the password is wrong."""

    code = "wrong_credentials"
    zh = "用户名或密码错误。"
    fix_zh = "请检查后重试。"
    fix_en = "Check both and try again."


class NotAuthenticated(EngineError):
    """You are not logged in, or your session has ended."""

    code = "not_authenticated"
    zh = "您尚未登录，或登录已失效。"
    fix_zh = "请重新登录。"
    fix_en = "Log in and send the token as 'Authorization: Bearer …'."


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal
    changes: int
    fresh_until: datetime


class Sessions:
    """Passwords in, principals out, for one process.

    A principal is kept for at most `ttl` seconds, so that a change made in another process shows
    after that time; one made in this process shows at once.
    """

    def __init__(self, runtime: Runtime, *, ttl: float | None = None, size: int = 10_000) -> None:
        self._runtime = runtime
        seconds = runtime.settings.token_cache_seconds if ttl is None else ttl
        self._ttl = timedelta(seconds=min(seconds, LONGEST_TTL))
        self._size = size
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = threading.Lock()
        self.used: Callable[[str], object] = _unnoted

    def check_password(self, username: str, password: str, peer: str = "") -> str:
        """The id of the user who has this password. Costs tens of milliseconds of CPU.

        Failures count in the store, see `engine.identity.attempts`; `peer` is the address they come from.
        Raises WrongCredentials (unknown, disabled and wrong look the same) and TooManyFailures.
        """
        name = username.strip()[:80]
        asked = attempts.attempt(name, peer)
        with self._runtime.reading(SYSTEM) as work:
            attempts.refuse(work, asked)  # a flood is stopped here, before it writes anything
            row = repository.credentials(work, name)
        with self._runtime.unit_of_work(SYSTEM) as work:
            attempts.begin(work, asked)
        usable = row is not None and row["active"]
        if not verify_password(password, row["password_hash"] if row and usable else None):
            known = str(row["id"]) if row else ""  # not what was typed: some type their password there
            note_apart(self._runtime, "login_refused", known, address=peer)
            raise WrongCredentials
        with self._runtime.unit_of_work(SYSTEM) as work:
            attempts.succeeded(work, asked)
        return str(row["id"]) if row else ""

    def remembered(self, secret: str) -> Principal | None:
        """The principal of a token seen a moment ago, without asking the store."""
        known = self._known.get(secret)
        if known is None or known.changes != identity_changes.current:
            return None
        return known.principal if self._runtime.clock.now() < known.fresh_until else None

    def principal(self, work: UnitOfWork, secret: str) -> Principal:
        """The principal behind a token. Raises NotAuthenticated."""
        changes = identity_changes.current  # read first: a change meanwhile makes the entry stale
        owner = tokens.owner_of(work, secret)
        principal = None if owner is None else principal_of(work, owner.user)
        if owner is None or principal is None:
            raise NotAuthenticated
        principal = as_the_token_says(principal, owner)
        if owner.used_at is None or work.now - owner.used_at > USE_NOTED:
            self.used(owner.id)
        fresh_until = work.now + self._ttl
        if owner.expires_at is not None:
            fresh_until = min(fresh_until, owner.expires_at)
        if principal.until is not None:
            fresh_until = min(fresh_until, principal.until)
        if principal.until is not None:
            fresh_until = min(fresh_until, principal.until)
        self._remember(secret, _Known(principal, changes, fresh_until))
        return principal

    def _remember(self, secret: str, known: _Known) -> None:
        with self._lock:
            self._known[secret] = known
            self._known.move_to_end(secret)
            while len(self._known) > self._size:
                self._known.popitem(last=False)


def _unnoted(token: str) -> None:
    """Nobody stores when tokens were seen, as in commands."""


def as_the_token_says(principal: Principal, owner: tokens.TokenOwner) -> Principal:
    """The owner of a token with no more rights than the token carries."""
    narrow = narrowing(owner.narrow)
    session = owner.kind == "session"
    if narrow is None:
        return replace(principal, token=owner.id, session=session)
    return replace(narrowed(principal, narrow), token=owner.id, session=session)


def narrowed(principal: Principal, narrow: Narrowing) -> Principal:
    """A person with what `narrow` leaves them. One made for certain forms administers nothing."""
    roles = tuple(role for role in principal.roles if narrow.holds_role(role))
    administrator = ADMIN_ROLE in roles
    return replace(
        principal,
        roles=roles,
        is_admin=administrator and not narrow.places,
        narrow=of_owner(narrow, principal.roles, administrator=administrator and narrow.places),
    )


def open_session(
    work: UnitOfWork, user: str, *, origin: tokens.Origin = tokens.NOWHERE, how: str = "password"
) -> tokens.Token:
    """A session token for a user who was recognised, `how` it was done. Who logged in with a password that must
    be changed can do only that.
    """
    lifetime = timedelta(hours=work.runtime.settings.session_hours)
    change = how == "password" and chosen_passwords.must_change(work, user)
    narrow = {"password_only": True} if change else None
    made = tokens.issue(work, user, kind="session", lifetime=lifetime, narrow=narrow, origin=origin)
    note(work, "login", user, details={"how": how, "session": made.id})
    return made


def create_administrator(work: UnitOfWork, username: str, password_hash: str) -> str:
    """A user with the role admin, made on the machine itself; returns the id."""
    document = {
        "id": username,
        "name": {"zh": username, "en": username},
        "roles": [ADMIN_ROLE],
    }
    return str(create_user(work, document, password_hash=password_hash)["id"])


def create_first_administrator(runtime: Runtime) -> bool:
    """Create `root` from FOURFOLD_ADMIN_PASSWORD if nobody exists yet; whether it did."""
    password = runtime.settings.admin_password
    if password is None:
        return False
    with runtime.reading(SYSTEM) as work:
        if repository.has_users(work):
            return False
    hashed = hash_password(password.get_secret_value())
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        if repository.has_users(work):
            return False
        create_administrator(work, "root", hashed)
    return True
