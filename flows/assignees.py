"""Who is asked at an approval: names become active people, and why each of them was found.

Somebody named who is inactive is replaced by the next active superior. Nobody approves what they submitted
themselves: the submitter gives way to the other candidates, else to the next superior. When nobody is left,
administrators get the task to assign it; nothing is ever approved by itself. (crm.md, X12.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.connect.recipients import Source
from engine.definitions.app import CompiledApp
from engine.expressions import Env
from engine.findings import Text, text
from engine.identity import repository, service
from engine.identity.principal import ADMIN_ROLE
from engine.permissions.holders import holders_of
from engine.storage.unit_of_work import UnitOfWork
from flows.people import is_active, name_of


@dataclass(frozen=True, slots=True)
class Found:
    """People in the order in which they are asked, and why each of them is."""

    people: tuple[str, ...]
    reasons: Mapping[str, Text]


def assignees(
    work: UnitOfWork,
    app: CompiledApp,
    sources: Sequence[Source],
    record: Mapping[str, Any],
    env: Env,
    *,
    submitter: str,
    mode: str,
) -> Found:
    """The active people meant by `sources`, each once; empty when there is nobody."""
    reasons: dict[str, Text] = {}
    for source in sources:
        for user, why in _named(work, app, source, record, env):
            # holders of a role are active ones already
            active, because = (user, why) if source.way == "role" else _active(work, user, why)
            if active is not None:
                reasons.setdefault(active, because)
    if submitter in reasons:
        _give_way(work, reasons, submitter, mode)
    return Found(tuple(reasons), reasons)


def administrators(work: UnitOfWork) -> tuple[str, ...]:
    """Those who assign tasks that have nobody."""
    return repository.role_holders(work, ADMIN_ROLE)


def _named(
    work: UnitOfWork, app: CompiledApp, source: Source, record: Mapping[str, Any], env: Env
) -> Iterator[tuple[str, Text]]:
    if source.way == "role":
        role = source.keys[0]
        for user in holders_of(work, app, role):
            yield user, text(f"角色 {role}", f"role {role}")
        return
    if source.expression is None:
        for user in source.keys:
            yield user, text("指定人员", "named in the flow")
        return
    value = source.expression.evaluate(record, env)
    origin = source.expression.text()
    for key in value if isinstance(value, tuple | list | frozenset) else (value,):
        if key is not None:
            yield from _from(work, source, key, origin)


def _from(work: UnitOfWork, source: Source, key: str, origin: str) -> Iterator[tuple[str, Text]]:
    if source.way == "superior":
        above = service.superiors(work, key, levels=source.levels)
        if above is not None:
            yield above, text(f"{origin} 的上级", f"superior of {origin}")
    elif source.way == "head":
        head = service.department_head(work, key)
        if head is not None:
            yield head, text(f"{origin} 的部门负责人", f"head of {origin}")
    else:
        yield key, text(f"字段 {origin}", f"field {origin}")


def _active(work: UnitOfWork, user: str, why: Text) -> tuple[str | None, Text]:
    active = is_active(work, user)
    if active is None or active:
        return (user if active else None), why
    name = name_of(work, user)
    above = service.superiors(work, user)
    return above, text(f"{name['zh']} 已停用，由上级处理", f"superior of {name['en']}, who is not active")


def _give_way(work: UnitOfWork, reasons: dict[str, Text], submitter: str, mode: str) -> None:
    """Takes the submitter out of `reasons`, keeping the order of the others."""
    above = None if mode == "any" and len(reasons) > 1 else service.superiors(work, submitter)
    kept = list(reasons.items())
    reasons.clear()
    for user, why in kept:
        if user != submitter:
            reasons.setdefault(user, why)
        elif above is not None:
            reasons.setdefault(above, text("提交人不能审批自己，由上级处理", "superior of the submitter"))
