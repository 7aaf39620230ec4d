"""Records that a flow task or a colleague shares with who acts: whole, or without some fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from engine.definitions.app import CompiledApp
from engine.permissions.compiled import Condition, GrantSet, NoRows, PartShare
from engine.permissions.granting import SharedFields
from engine.storage.columns import decode_json
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Shared:
    """How one record is shared with who acts. `whole`: as one of their own; `parts` are the keys of shares
    that show it without some fields.
    """

    whole: bool
    parts: frozenset[str]

    def gives(self, where: Condition) -> bool:
        """Whether the record counts as one of a grant with this condition."""
        if isinstance(where, PartShare):
            return where.key in self.parts
        return self.whole or (isinstance(where, NoRows) and bool(self.parts))


def part_key(hidden: Iterable[str]) -> str | None:
    """What tells shares apart that hide different fields; None for one that hides nothing."""
    names = sorted(set(hidden))
    return orjson.dumps(names).decode() if names else None


def shared(work: UnitOfWork, record: str, *, write: bool) -> Shared:
    """How a record is shared; `write`: only what is shared for writing counts."""
    mark = MARK[work.runtime.database.dialect]
    text = f'SELECT shows FROM ff_record_share WHERE record = {mark} AND "user" = {mark}'
    text += " AND level = 'write'" if write else ""
    found = {row[0] for row in work.rows(text, (record, work.principal.user))}
    return Shared(None in found, frozenset(each for each in found if each is not None))


def sharing(work: UnitOfWork, record: str) -> list[SharedFields]:
    """What the shares of a record say about fields."""
    mark = MARK[work.runtime.database.dialect]
    text = f'SELECT fields FROM ff_record_share WHERE record = {mark} AND "user" = {mark}'
    said: list[dict[str, Any]] = [
        decode_json(row[0]) or {} for row in work.rows(text, (record, work.principal.user))
    ]
    return [SharedFields(tuple(each.get("hidden", ())), tuple(each.get("write", ()))) for each in said]


def parts_of(work: UnitOfWork, app: CompiledApp, form: str) -> tuple[str, ...]:
    """The keys of all shares that show who acts records of a form without some fields."""
    if f"{app.key}.{form}" not in work.principal.parts:
        return ()
    memory: dict[str, tuple[str, ...]] = work.memory.setdefault(("parts", app.key, work.principal.user), {})
    if form not in memory:
        mark = MARK[work.runtime.database.dialect]
        text = (
            f'SELECT DISTINCT shows FROM ff_record_share WHERE "user" = {mark} AND app = {mark} '
            f"AND form = {mark} AND shows IS NOT NULL ORDER BY 1"
        )
        memory[form] = tuple(row[0] for row in work.rows(text, (work.principal.user, app.key, form)))
    return memory[form]


def with_parts(app: CompiledApp, grants: GrantSet, parts: tuple[str, ...]) -> GrantSet:
    """The grants, each also for what is shared without some fields, less those fields."""
    if grants.unlimited or not grants or not parts:
        return grants
    key = ("parts", grants.key, parts)
    known = app.memory.get(key)
    if known is None:
        more = tuple(
            replace(grant, where=PartShare(part), also=(), hidden=grant.hidden | set(orjson.loads(part)))
            for part in parts
            for grant in grants.grants
        )
        known = app.memory[key] = GrantSet((*grants.grants, *more), False, (*grants.key, "parts", *parts))
    found: GrantSet = known
    return found
