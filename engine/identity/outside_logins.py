"""Logins that began at the provider's, and who of ours the people are that it names."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select

from engine.changes.operations import note
from engine.identity import repository
from engine.identity.attempts import network
from engine.identity.oidc import Asking, failed
from engine.identity.passwords import TooManyFailures
from engine.identity.principal import ADMIN_ROLE
from engine.identity.service import create_user, get_user, update_user
from engine.identity.tables import outside_account as account
from engine.identity.tables import outside_login as table
from engine.settings import Settings
from engine.storage.unit_of_work import UnitOfWork

LASTS = timedelta(minutes=10)
PER_NETWORK = 100
"""Logins not finished yet that began in one network: a whole office may come in by one address."""
MOST = 10_000
"""Those of all networks: whoever asks without end fills no disk."""
NOT_IN_KEYS = re.compile(r"[^a-z0-9_]+")


def begin(work: UnitOfWork, peer: str = "") -> tuple[Asking, str]:
    """A new login, and the secret that only this browser keeps. Raises TooManyFailures."""
    drop_old(work)
    origin = network(peer)
    _refuse_flood(work, PER_NETWORK, table.c.network == origin)
    _refuse_flood(work, MOST)
    asking = Asking(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    browser = secrets.token_urlsafe(24)
    values = {"nonce": asking.nonce, "verifier": asking.verifier, "created_at": work.now, "network": origin}
    work.connection.execute(insert(table).values(state=_digest(asking.state, browser), **values))
    return asking, browser


def _refuse_flood(work: UnitOfWork, most: int, *which: ColumnElement[bool]) -> None:
    statement = select(func.count(), func.min(table.c.created_at)).where(*which)
    count, first = work.connection.execute(statement).one()
    if count >= most:
        raise TooManyFailures(
            details={"retry_after": max(1, int((first + LASTS - work.now).total_seconds()))}
        )


def take(work: UnitOfWork, state: str, browser: str) -> Asking:
    """The login that this browser began; it can be taken once. Raises OutsideLoginFailed."""
    found = work.connection.execute(
        delete(table)
        .where(table.c.state == _digest(state, browser), table.c.created_at > work.now - LASTS)
        .returning(table.c.nonce, table.c.verifier)
    ).first()
    if found is None:
        raise failed("登录已过期，或不是从此浏览器开始的。", "it is too old, or began in another browser.")
    return Asking(state, found.nonce, found.verifier)


def drop_old(work: UnitOfWork) -> None:
    """Forget logins that were never finished."""
    work.connection.execute(delete(table).where(table.c.created_at <= work.now - LASTS))


def _digest(state: str, browser: str) -> str:
    return hashlib.sha256(f"{state}.{browser}".encode()).hexdigest()


def user_of(work: UnitOfWork, issuer: str, claims: Mapping[str, Any]) -> str:
    """The user whom the provider means: the one it meant before, else the one of that login name, else, if the
    installation says so, a new one. Department and roles follow the claims. Raises OutsideLoginFailed.
    """
    settings, subject = work.runtime.settings, str(claims["sub"])
    known = work.connection.execute(
        select(account.c.user).where(account.c.issuer == issuer, account.c.subject == subject)
    ).scalar_one_or_none()
    user = known or _named(work, settings, issuer, claims)
    if not get_user(work, user)["active"]:
        raise failed("该用户已停用。", "this user is disabled.")
    if known is None:
        values = {"issuer": issuer, "subject": subject, "user": user, "created_at": work.now}
        work.connection.execute(insert(account).values(**values))
        note(work, "outside_account", user, details={"issuer": issuer, "subject": subject})
    changes = _changes(work, settings, get_user(work, user), claims)
    if changes:
        update_user(work, user, changes)
    return str(user)


def forget_account(work: UnitOfWork, user: str) -> None:
    """Forget who a user is at the provider: the next login is known by the login name again. Raises NotFound."""
    get_user(work, user)
    work.connection.execute(delete(account).where(account.c.user == user))
    note(work, "outside_account_forgotten", user)


def _named(work: UnitOfWork, settings: Settings, issuer: str, claims: Mapping[str, Any]) -> str:
    """The user of this login name, who is not somebody else's yet. Names are given anew when people leave, and
    where people choose them themselves they could choose that of an administrator.
    """
    username = claims.get(settings.oidc_username)
    if not isinstance(username, str) or not username.strip():
        raise failed(
            f"缺少声明“{settings.oidc_username}”。", f"the claim '{settings.oidc_username}' is missing."
        )
    if settings.oidc_username == "email" and claims.get("email_verified") is not True:
        raise failed("该邮箱未经验证。", "the mail address is not verified.")
    found = repository.credentials(work, username.strip())
    if found is not None:
        _refuse_taking_over(work, settings, issuer, str(found["id"]), claims)
        return str(found["id"])
    if not settings.oidc_create:
        raise failed(f"本系统没有用户“{username}”。", f"there is no user '{username}' here.")
    return _created(work, username.strip(), claims)


def _refuse_taking_over(
    work: UnitOfWork, settings: Settings, issuer: str, user: str, claims: Mapping[str, Any]
) -> None:
    taken = work.connection.execute(
        select(account.c.subject).where(account.c.issuer == issuer, account.c.user == user)
    ).first()
    if taken is not None:
        raise failed("该登录名已与另一账号绑定。", "this login name belongs to another account there.")
    administers = ADMIN_ROLE in get_user(work, user)["roles"]
    if administers and ADMIN_ROLE not in _roles(settings, [], claims.get(settings.oidc_roles)):
        raise failed(
            "管理员账号不会按登录名绑定。", "an administrator is not recognised by the login name alone."
        )


def _created(work: UnitOfWork, username: str, claims: Mapping[str, Any]) -> str:
    key = NOT_IN_KEYS.sub("_", username.partition("@")[0].lower()).strip("_")[:32] or "user"
    key = key if key[0].isalpha() else f"u_{key}"
    if repository.user_by_id(work, key) is not None:
        key = f"{key}_{secrets.token_hex(3)}"
    name = str(claims.get("name") or username)[:200]
    email = claims.get("email")
    document = {"id": key, "username": username, "name": {"zh": name, "en": name}}
    return str(create_user(work, {**document, **({"email": email} if email else {})})["id"])


def _changes(
    work: UnitOfWork, settings: Settings, row: Mapping[str, Any], claims: Mapping[str, Any]
) -> dict[str, Any]:
    """What the claims say otherwise than we have it."""
    said: dict[str, Any] = {}
    if settings.oidc_department and settings.oidc_department in claims:
        said["dept"] = _department(work, claims[settings.oidc_department]) or row["dept"]
    if settings.oidc_roles:
        said["roles"] = _roles(settings, row["roles"], claims.get(settings.oidc_roles))
    return {name: value for name, value in said.items() if row[name] != value}


def _department(work: UnitOfWork, named: Any) -> str | None:
    """The department of this id or name, if there is exactly one."""
    if not isinstance(named, str):
        return None
    found = [
        row["id"]
        for row in repository.departments(work)
        if named in {row["id"], row["name"].get("zh"), row["name"].get("en")}
    ]
    return str(found[0]) if len(found) == 1 else None


def _roles(settings: Settings, held: list[str], groups: Any) -> list[str]:
    """Roles of the mapping follow the groups; roles it does not name stay as they were given here."""
    named = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    names = [each for each in named if isinstance(each, str)]
    given = {settings.oidc_role_names[each] for each in names if each in settings.oidc_role_names}
    kept = set(held) - set(settings.oidc_role_names.values())
    return sorted(given | kept)
