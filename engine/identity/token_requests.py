"""What is asked of a new API token: for how long, and how much of its owner's rights it carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt

from engine.changes.operations import note
from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.findings import NO_FIX, Finding, Text, error, text
from engine.identity import repository, tokens
from engine.identity.documents import Strict, read_document
from engine.identity.narrowing import EVERY, NarrowToken
from engine.permissions.schema import ACTIONS
from engine.storage.unit_of_work import UnitOfWork

LONGEST_DAYS = 3650
MOST = 200
Names = Annotated[tuple[str, ...], Field(max_length=MOST)]


class TokenRequest(Strict):
    """A token; whatever is left out is not narrowed.

    `roles` of the owner that it carries; `apps` and `forms` ({app: {form: [actions]}}, "*" for every form or
    every action) that it reaches; `addresses` (networks such as 203.0.113.0/24) it may be used from.
    """

    label: str = Field(min_length=1, max_length=200)
    days: Annotated[StrictInt, Field(ge=1, le=LONGEST_DAYS)] | None = None
    roles: Names | None = None
    apps: Names | None = None
    forms: dict[str, dict[str, Names]] | None = None
    addresses: Names = ()
    read_only: StrictBool = False

    def narrow(self) -> dict[str, Any]:
        """What it takes away, as it is stored."""
        said = self.model_dump(mode="json", exclude={"label", "days"}, exclude_none=True)
        networks = [str(ip_network(each, strict=False)) for each in self.addresses]
        kept = {key: value for key, value in said.items() if key in {"roles", "apps", "forms"}}
        if networks:
            kept["addresses"] = networks
        return {**kept, **({"read_only": True} if self.read_only else {})}


def require_session(work: UnitOfWork) -> None:
    """Tokens, passwords and sessions are for people who logged in: a token could else give itself more rights
    or a longer life. Raises NarrowToken.
    """
    if not work.principal.session:
        raise NarrowToken(
            text("只有登录后才能管理令牌、会话和密码。", "Tokens, sessions and passwords need a login.")
        )


def require_all_places(work: UnitOfWork) -> None:
    """What tells of any form is not for a token made for some. Raises NarrowToken."""
    narrow = work.principal.narrow
    if narrow is not None and (narrow.places or narrow.roles is not None):
        raise NarrowToken()


def issue_token(
    work: UnitOfWork, document: Any, *, origin: tokens.Origin = tokens.NOWHERE
) -> tuple[tokens.Token, dict[str, Any]]:
    """A token of who acts, and how it is narrowed. Raises NarrowToken, Invalid."""
    require_session(work)
    asked = read_document(TokenRequest, document)
    findings = list(_findings(work, asked))
    if findings:
        raise Invalid(findings)
    narrow = asked.narrow()
    lifetime = None if asked.days is None else timedelta(days=asked.days)
    owner = work.principal.user
    made = tokens.issue(
        work, owner, kind="api", label=asked.label, lifetime=lifetime, narrow=narrow, origin=origin
    )
    note(work, "token_issued", made.id, details={"narrow": narrow, "expires_at": _said(made.expires_at)})
    return made, narrow


def _said(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()


def _findings(work: UnitOfWork, asked: TokenRequest) -> Iterator[Finding]:
    held = repository.roles_of(work, [work.principal.user]).get(work.principal.user, ())
    held = tuple({*held, *work.principal.roles})
    yield from _unknown("/roles", asked.roles or (), held, text("您没有角色", "You do not have the role"))
    apps = work.runtime.app_keys(work)
    there = text("没有应用", "There is no app")
    yield from _unknown("/apps", asked.apps or (), apps, there)
    for app, forms in (asked.forms or {}).items():
        if app not in apps:
            yield _missing(f"/forms/{app}", app, apps, there)
        else:
            yield from _forms(work.app(app), forms)
    for index, each in enumerate(asked.addresses):
        if not _is_network(each):
            message = text(f"“{each}”不是网络地址。", f"'{each}' is no network.")
            fix = text(
                "例如 203.0.113.0/24 或 2001:db8::/48。", "For example 203.0.113.0/24 or 2001:db8::/48."
            )
            yield error("not_a_network", f"/addresses/{index}", message, fix)


def _forms(app: CompiledApp, forms: dict[str, tuple[str, ...]]) -> Iterator[Finding]:
    known = [*app.kind("form"), EVERY]
    for form, actions in forms.items():
        pointer = f"/forms/{app.key}/{form}"
        if form not in known:
            yield _missing(pointer, form, known, text("没有表单", "There is no form"))
        yield from _unknown(pointer, actions, (*ACTIONS, EVERY), text("没有操作", "There is no action"))


def _unknown(pointer: str, names: Iterable[str], known: Iterable[str], what: Text) -> Iterator[Finding]:
    there = set(known)
    for index, name in enumerate(names):
        if name not in there:
            yield _missing(f"{pointer}/{index}", name, there, what)


def _missing(pointer: str, name: str, known: Iterable[str], what: Text) -> Finding:
    close = get_close_matches(name, sorted(known), n=1)
    fix = text(f"是否想写“{close[0]}”？", f"Did you mean '{close[0]}'?") if close else NO_FIX
    return error("not_found", pointer, text(f"{what['zh']}“{name}”。", f"{what['en']} '{name}'."), fix)


def _is_network(each: str) -> bool:
    try:
        ip_network(each, strict=False)
    except ValueError:
        return False
    return True
