"""What a token takes away from the rights of its owner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any

import orjson

from engine.errors import Forbidden

READING = frozenset({"list", "view", "history", "print", "export"})
"""The actions that change no record."""
EVERY = "*"


class NarrowToken(Forbidden):
    """This token is not made for this."""

    code = "narrow_token"
    zh = "该令牌的权限不包括此操作。"
    fix_zh = "请登录后操作，或使用权限更大的令牌。"
    fix_en = "Log in and do it yourself, or use a token that is made for it."


class ReadOnlyToken(NarrowToken):
    """This token may only read."""

    code = "read_only_token"
    zh = "该令牌只能读取数据。"


class WrongAddress(NarrowToken):
    """This token may not be used from this address."""

    code = "wrong_address"
    zh = "该令牌不能从此地址使用。"
    fix_zh = "请从令牌所列的网络访问，或让其所有者修改令牌。"
    fix_en = "Come from one of the networks of the token, or let its owner make another one."


class PasswordChangeNeeded(NarrowToken):
    """Choose a new password first."""

    code = "password_change_needed"
    zh = "请先修改密码。"
    fix_zh = "用 POST /auth/password 设置新密码后重新登录。"
    fix_en = "Set a new password with POST /auth/password and log in again."


@dataclass(frozen=True, slots=True)
class Narrowing:
    """None means that nothing is taken away. `forms` holds (app, form, action), where "*" stands for every
    action or every form of the app; `all_records` says that the owner is an administrator whose token reaches
    the records of these forms, but administers nothing. `password_only`: a login that may only choose a
    new password. `owner_roles` are all roles of the owner: what one of them denies stays denied.
    """

    roles: frozenset[str] | None = None
    apps: frozenset[str] | None = None
    forms: frozenset[tuple[str, str, str]] | None = None
    networks: tuple[str, ...] = ()
    read_only: bool = False
    password_only: bool = False
    all_records: bool = False
    owner_roles: tuple[str, ...] = ()
    key: str = ""

    def holds_role(self, role: str) -> bool:
        """Whether the token carries this role of its owner."""
        return self.roles is None or role in self.roles

    @property
    def places(self) -> bool:
        """Whether it is made for certain apps or forms, and so for no administration."""
        return self.apps is not None or self.forms is not None

    def reaches(self, app: str) -> bool:
        """Whether anything of the app can be reached."""
        return self.apps is None or app in self.apps

    def allows(self, app: str, form: str, action: str) -> bool:
        """Whether this action on a form can be done with it at all."""
        if not self.reaches(app) or (self.read_only and action not in READING):
            return False
        if self.forms is None:
            return True
        wanted = {(app, each, did) for each in (form, EVERY) for did in _ways(action)}
        return not wanted.isdisjoint(self.forms)

    def admits(self, peer: str) -> bool:
        """Whether it may be used from this address."""
        if not self.networks:
            return True
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in ip_network(each) for each in self.networks)

    def as_json(self) -> dict[str, Any]:
        """As it is stored; what is not narrowed is left out."""
        forms: dict[str, dict[str, list[str]]] = {}
        for app, form, action in sorted(self.forms or ()):
            forms.setdefault(app, {}).setdefault(form, []).append(action)
        return {
            **({"roles": sorted(self.roles)} if self.roles is not None else {}),
            **({"apps": sorted(self.apps)} if self.apps is not None else {}),
            **({"forms": forms} if self.forms is not None else {}),
            **({"addresses": list(self.networks)} if self.networks else {}),
            **({"read_only": True} if self.read_only else {}),
            **({"password_only": True} if self.password_only else {}),
        }


def _ways(action: str) -> tuple[str, ...]:
    """The actions that include this one: who may view may list, as in the grants of roles."""
    return (action, "view", EVERY) if action == "list" else (action, EVERY)


def narrowing(stored: Mapping[str, Any] | None) -> Narrowing | None:
    """The narrowing of a stored document, or None when it takes nothing away."""
    if not stored:
        return None
    forms = stored.get("forms")
    apps = stored.get("apps")
    if forms is not None:
        apps = sorted(set(forms) if apps is None else set(forms) & set(apps))
    return Narrowing(
        roles=_names(stored.get("roles")),
        apps=_names(apps),
        forms=None if forms is None else frozenset(_triples(forms)),
        networks=tuple(stored.get("addresses", ())),
        read_only=bool(stored.get("read_only")),
        password_only=bool(stored.get("password_only")),
        key=_key(stored),
    )


def _names(names: Iterable[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _triples(forms: Mapping[str, Mapping[str, Iterable[str]]]) -> Iterable[tuple[str, str, str]]:
    return (
        (app, form, action) for app, each in forms.items() for form, done in each.items() for action in done
    )


def _key(stored: Mapping[str, Any]) -> str:
    said = orjson.dumps(stored, option=orjson.OPT_SORT_KEYS)
    return "narrow " + hashlib.sha256(said).hexdigest()


def of_owner(narrow: Narrowing, roles: tuple[str, ...], *, administrator: bool) -> Narrowing:
    """The same for a token whose owner has these roles; `administrator`: the token carries that role too."""
    said = (narrow.key, *roles, "all" if administrator else "")
    return replace(narrow, owner_roles=roles, all_records=administrator, key=" ".join(said))
