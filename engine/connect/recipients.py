"""Who is told: entries such as {"role": ..} or {"path": "customer.region.manager"}, compiled and resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Env, Scope, Type
from engine.expressions import types as t
from engine.findings import text
from engine.identity import repository, service
from engine.identity.principal import ADMIN_ROLE
from engine.permissions.holders import holders_of
from engine.protocols import Document
from engine.storage.unit_of_work import UnitOfWork

USER, DEPT = t.ref("user"), t.ref("dept")
WAYS = ("role", "user", "users", "field", "path", "superior_of", "dept_head_of", "expr")


class RecipientEntry(Document):
    """One entry of `to`; exactly one way to name people."""

    role: str | None = None
    user: str | None = None
    users: list[str] | None = Field(default=None, min_length=1, max_length=200)
    field: str | None = None
    path: str | None = None
    superior_of: str | None = Field(default=None, description="A path to a user.")
    levels: int = Field(default=1, ge=1, le=10, description="How many levels above, with superior_of.")
    dept_head_of: str | None = Field(default=None, description="A path to a department.")
    expr: str | None = Field(default=None, description="A user or a mail address.")


Way = Literal["role", "users", "expression", "superior", "head"]


@dataclass(frozen=True, slots=True)
class Source:
    """A compiled entry."""

    way: Way
    keys: tuple[str, ...] = ()
    expression: CheckedExpression | None = None
    levels: int = 1


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person or one bare address; `user` is None for an address that belongs to nobody here."""

    user: str | None
    address: str | None
    locale: str = "zh"


def compile_entries(
    entries: Iterable[RecipientEntry], pointer: str, scope: Scope, context: Context
) -> tuple[Source, ...] | None:
    """The compiled entries, or None after adding findings."""
    sources = [_compile(entry, f"{pointer}/{n}", scope, context) for n, entry in enumerate(entries)]
    ready = tuple(source for source in sources if source is not None)
    return ready if len(ready) == len(sources) else None


def _compile(entry: RecipientEntry, pointer: str, scope: Scope, context: Context) -> Source | None:
    given = [way for way in WAYS if getattr(entry, way) is not None]
    if len(given) != 1:
        context.error(
            "recipient_unclear",
            pointer,
            text("每一项只能用一种方式指明人员。", "Each entry names people in exactly one way."),
            text(f"可用：{'、'.join(WAYS)}。", f"Use one of: {', '.join(WAYS)}."),
        )
        return None
    way = given[0]
    if way == "role":
        return _role(str(entry.role), pointer, context)
    if way in {"user", "users"}:
        return Source("users", (entry.user,) if entry.user else tuple(entry.users or ()))
    return _expression(entry, way, f"{pointer}/{way}", scope, context)


def _role(key: str, pointer: str, context: Context) -> Source | None:
    known = {*context.documents.get("role", {}), ADMIN_ROLE}
    if key not in known:
        context.unknown("unknown_role", f"{pointer}/role", key, known, text("角色", "role"))
        return None
    return Source("role", (key,))


def _expression(
    entry: RecipientEntry, way: str, pointer: str, scope: Scope, context: Context
) -> Source | None:
    checked = context.expression(getattr(entry, way), pointer, scope)
    if checked is None:
        return None
    allowed = {"dept_head_of": (DEPT,), "expr": (USER, t.TEXT)}.get(way, (USER,))
    if not any(_fits(checked.type, kind) for kind in allowed):
        wanted = allowed[0].form
        context.error(
            "not_a_person",
            pointer,
            text(
                f"此处需要{'部门' if wanted == 'dept' else '人员'}，而这是{checked.type.label['zh']}。",
                f"A {'department' if wanted == 'dept' else 'user'} is needed here; this is a {checked.type.label['en']}.",
            ),
            text("请改用人员或部门类字段。", "Use a field of type user or dept."),
        )
        return None
    if way == "superior_of":
        return Source("superior", expression=checked, levels=entry.levels)
    return Source("head" if way == "dept_head_of" else "expression", expression=checked)


def _fits(given: Type, wanted: Type) -> bool:
    if given.kind in {"list", "choices"} and given.item is not None:
        return _fits(given.item, wanted)
    return given.kind == wanted.kind and given.form == wanted.form


def resolve(
    work: UnitOfWork, app: CompiledApp, sources: Iterable[Source], record: Mapping[str, Any], env: Env
) -> list[Recipient]:
    """The people meant, active ones only, each once, in the order of the entries."""
    found: dict[str, Recipient] = {}
    for source in sources:
        for key in _keys(work, app, source, record, env):
            if "@" in key:
                found.setdefault(key.lower(), Recipient(None, key))
                continue
            row = repository.user_by_id(work, key)
            if row is not None and row["active"]:
                found.setdefault(key, Recipient(key, row["email"], row["locale"]))
    known = {person.address.lower() for person in found.values() if person.user and person.address}
    return [each for name, each in found.items() if each.user is not None or name not in known]


def _keys(
    work: UnitOfWork, app: CompiledApp, source: Source, record: Mapping[str, Any], env: Env
) -> Iterator[str]:
    if source.way == "role":
        yield from holders_of(work, app, source.keys[0])
        return
    if source.expression is None:
        yield from source.keys
        return
    value = source.expression.evaluate(record, env)
    for key in value if isinstance(value, tuple | list | frozenset) else (value,):
        found = _from(work, source, key)
        if found:
            yield found


def _from(work: UnitOfWork, source: Source, key: str | None) -> str | None:
    if key is None:
        return None
    if source.way == "superior":
        return service.superiors(work, key, levels=source.levels)
    if source.way == "head":
        return service.department_head(work, key)
    return key
