"""Why somebody may, or may not: the grants that decide about a record or a field, with the values they saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.expressions import CheckedExpression, Env
from engine.expressions.trace import trace
from engine.findings import Finding, Text
from engine.identity.principal import Principal
from engine.identity.service import require_admin
from engine.permissions.compiled import CompiledGrant, NoRows
from engine.permissions.granting import grants_for
from engine.permissions.roles import CompiledRole, denying_roles, held_roles
from engine.permissions.schema import ACTIONS
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form
from forms.environment import environment
from forms.records import load
from forms.unknown_fields import unknown_field

WRITING = ("create", "update")


@dataclass(frozen=True, slots=True)
class Question:
    """Whether this person may do `action` with the record, or with its `field` (`amount`, `lines.cost`)."""

    principal: Principal
    action: str = "view"
    field: str | None = None


def explain_json(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, asked: Question
) -> dict[str, Any]:
    """{"allowed", "decides", "roles", "shared", "grants"}. `decides` points at what settles it: the grants that
    allow, or the denies that take it away, or nothing. For administrators, because it tells values of the record.

    Raises Forbidden, Invalid, RecordNotFound.
    """
    require_admin(work)
    _known(form, asked)
    found = load(work, form, record)
    with work.acting(asked.principal, work.source):
        return _Explanation(Access(work, app), form, found, asked).as_json()


def _known(form: Form, asked: Question) -> None:
    """Raises Invalid for an action or a field that there is not."""
    if asked.action not in ACTIONS:
        message = Text(zh=f"没有操作“{asked.action[:40]}”。", en=f"There is no action '{asked.action[:40]}'.")
        advice = Text(zh="可用：" + "、".join(ACTIONS), en="There are: " + ", ".join(ACTIONS))
        raise Invalid([Finding("error", "unknown_action", "/action", message, advice)])
    if asked.field is None:
        return
    head, _, inner = asked.field.partition(".")
    child = form.children.get(head)
    row = child if inner else form
    name = inner or head
    if row is None or (name not in row.fields and (inner or name not in form.children)):
        raise Invalid([unknown_field("/field", asked.field)])


class _Explanation:
    """One question on one record, asked with the rights of the person it is about."""

    def __init__(self, access: Access, form: Form, record: Record, asked: Question) -> None:
        self.access, self.form, self.record, self.asked = access, form, record, asked
        self.env: Env = environment(access.work, access.app)
        principal = access.work.principal
        self.roles = held_roles(access.app, principal)
        self.denying = denying_roles(access.app, principal, self.roles)
        self.level = access.shared_level(record["id"])

    def as_json(self) -> dict[str, Any]:
        grants = [self._told(each, deny=False) for each in self._grants(self.roles, "grants")]
        denies = [self._told(each, deny=True) for each in self._grants(self.denying, "denies")]
        allowed = self._allowed()
        return {
            "allowed": allowed,
            "why": dict(self._why(denies, allowed=allowed)),
            "decides": self._decides(allowed=allowed, grants=grants, denies=denies),
            "user": self.asked.principal.user,
            "action": self.asked.action,
            "field": self.asked.field,
            "roles": list(self.roles),
            "shared": self.level,
            "grants": [*grants, *denies],
        }

    def _allowed(self) -> bool:
        """As every way in decides it, not as it is told here."""
        access, action, name = self.access, self.asked.action, self.asked.field
        reading = access.readable(self.form.key, self.record["id"])
        seeing = access.held(reading, self.record, self.env, write=False)
        if seeing == ():
            return False
        found = reading if action in ("view", "list") else access.grants(self.form.key, action)
        held = access.held(found, self.record, self.env, write=action in (*WRITING, "delete"))
        if held == () or not found:
            return False
        if name is None or held is None:
            return name is None or seeing is None or action in WRITING or any(g.shows(name) for g in seeing)
        if action in WRITING:
            return any(grant.writes(name) for grant in held)
        return any(g.shows(name) for g in held) and (seeing is None or any(g.shows(name) for g in seeing))

    def _grants(self, roles: tuple[str, ...], kind: str) -> Iterator[CompiledGrant]:
        held: dict[str, CompiledRole] = dict(self.access.app.kind("role"))
        for role in roles:
            for grant in getattr(held[role], kind).get(self.form.key, ()):
                if self.asked.action in grant.actions or (kind == "denies" and "view" in grant.actions):
                    yield grant

    def _told(self, grant: CompiledGrant, *, deny: bool) -> dict[str, Any]:
        """One grant: whether it has the row, why, and what it says of the field."""
        row = grant.where is None
        told: dict[str, Any] = {"grant": grant.pointer, "role": grant.role, "deny": deny}
        if isinstance(grant.where, CheckedExpression):
            row = grant.where.holds(self.record, self.env)
            told["where"] = trace(grant.where, self.record, self.env).as_json()
        told["has_record"] = row
        told["by_share"] = not row and not deny and self._shares()
        if self.asked.field is not None:
            told["of_field"] = self._says(grant, self.asked.field)
        if self.asked.action in WRITING and not isinstance(grant.check, NoRows | None):
            told["check"] = trace(grant.check, self.record, self.env).as_json()
        return told

    def _shares(self) -> bool:
        writes = self.asked.action in (*WRITING, "delete")
        return self.level == "write" or (self.level is not None and not writes)

    def _says(self, grant: CompiledGrant, name: str) -> str:
        if self.asked.action in WRITING and grant.writes(name):
            return "writes"
        if grant.masks(name):
            return "masks"
        return "shows" if grant.shows(name) else "hides"

    def _decides(
        self, *, allowed: bool, grants: list[dict[str, Any]], denies: list[dict[str, Any]]
    ) -> list[str]:
        """Pointers to the grants that allow it, or to the denies that take it away."""
        if not allowed:
            return [each["grant"] for each in denies if self._takes(each)]
        wanted = {"writes"} if self.asked.action in WRITING else {"shows"}
        return [
            each["grant"]
            for each in grants
            if (each["has_record"] or each["by_share"]) and each.get("of_field", next(iter(wanted))) in wanted
        ]

    def _takes(self, told: dict[str, Any]) -> bool:
        name = self.asked.field
        return bool(told["has_record"]) and (name is None or told["of_field"] != "shows" or self._whole(told))

    def _whole(self, told: dict[str, Any]) -> bool:
        """Whether a deny takes whole records, and so every field of them."""
        return any(
            each.pointer == told["grant"] and not (each.hidden or each.masked or each.readonly)
            for each in self._grants(self.denying, "denies")
        )

    def _why(self, denies: list[dict[str, Any]], *, allowed: bool) -> Text:
        principal = self.access.work.principal
        if principal.is_admin:
            return Text(zh="管理员可以做任何事。", en="An administrator may do everything.")
        if allowed:
            return Text(zh="有授权允许此操作。", en="A grant allows it.")
        if any(self._takes(each) for each in denies):
            return Text(zh="有拒绝类授权收回了此权限。", en="A deny takes it away.")
        if not grants_for(self.access.app, principal, self.form.key, self.asked.action):
            return Text(zh="没有任何角色授予此操作。", en="No role of theirs allows this action on the form.")
        return Text(
            zh="授予此操作的角色都不包含这条记录或该字段。",
            en="No grant with this action has this record and this field.",
        )
