"""SQL of handovers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from engine.errors import Conflict, NotFound
from engine.identity.tables import handover as table
from engine.identity.tables import handover_item as item_table
from engine.storage.unit_of_work import UnitOfWork

RUNNING = frozenset({"running", "undoing"})


class HandoverNotFound(NotFound):
    """There is no such handover."""

    code = "handover_not_found"
    zh = "没有该交接。"


class HandoverMoved(Conflict):
    """This handover is in another state by now, or another one of this user runs."""

    code = "handover_moved"
    zh = "该交接的状态已改变，或该用户另有交接正在进行。"
    fix_zh = "请查看其当前状态。"
    fix_en = "Look at its present state."


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover. `targets` is what was asked, `progress` where its job goes on."""

    id: str
    user: str
    asked_by: str
    asked_at: datetime
    state: str
    targets: dict[str, Any]
    progress: dict[str, Any]
    finished_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that changed hands, or did not."""

    handover: str
    number: int
    part: str
    app: str | None
    form: str | None
    thing: str
    field: str | None
    to: str
    before: Any
    state: str
    why: Any = None


_FIELDS = [table.c[name] for name in Handover.__dataclass_fields__]
_ITEM = [item_table.c[name] for name in Item.__dataclass_fields__]


def add(work: UnitOfWork, new: Handover) -> None:
    """A new one. Raises HandoverMoved while another one of the user runs."""
    running = select(table.c.id).where(table.c.user == new.user, table.c.state.in_(RUNNING))
    if work.connection.execute(running).first() is not None:
        raise HandoverMoved()
    values = {name: getattr(new, name) for name in Handover.__dataclass_fields__}
    work.connection.execute(insert(table).values(**values))


def get(work: UnitOfWork, key: str, *, lock: bool = False) -> Handover:
    """One of them. Raises HandoverNotFound."""
    statement = select(*_FIELDS).where(table.c.id == key)
    row = work.connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise HandoverNotFound()
    return Handover(**row._mapping)


def of_user(work: UnitOfWork, user: str) -> list[Handover]:
    """Those of a user, the newest first."""
    statement = select(*_FIELDS).where(table.c.user == user).order_by(table.c.id.desc())
    return [Handover(**row._mapping) for row in work.connection.execute(statement)]


def move(work: UnitOfWork, known: Handover, **values: Any) -> Handover:
    """Store what changed."""
    work.connection.execute(update(table).where(table.c.id == known.id).values(**values))
    return replace(known, **values)


def add_item(work: UnitOfWork, item: Item) -> None:
    values = {name: getattr(item, name) for name in Item.__dataclass_fields__}
    work.connection.execute(insert(item_table).values(**values))


def settle_item(work: UnitOfWork, item: Item, state: str, why: Any = None) -> None:
    """Say what became of an item when it was to be undone."""
    which = (item_table.c.handover == item.handover, item_table.c.number == item.number)
    work.connection.execute(update(item_table).where(*which).values(state=state, why=why))


def items(
    work: UnitOfWork, key: str, *, state: str | None = None, after: int = -1, limit: int = 100
) -> list[Item]:
    """Items in order above the number `after`."""
    statement = select(*_ITEM).where(item_table.c.handover == key, item_table.c.number > after)
    if state is not None:
        statement = statement.where(item_table.c.state == state)
    found = work.connection.execute(statement.order_by(item_table.c.number).limit(limit))
    return [Item(**row._mapping) for row in found]


def last_moved(work: UnitOfWork, key: str, *, limit: int) -> list[Item]:
    """The items moved last that are not undone yet, the last first."""
    statement = select(*_ITEM).where(item_table.c.handover == key, item_table.c.state == "moved")
    found = work.connection.execute(statement.order_by(item_table.c.number.desc()).limit(limit))
    return [Item(**row._mapping) for row in found]


def counts(work: UnitOfWork, key: str) -> list[dict[str, Any]]:
    """How many items of each place and person came to which end."""
    what = (item_table.c.part, item_table.c.app, item_table.c.form, item_table.c.field, item_table.c.to)
    statement = (
        select(*what, item_table.c.state, func.count().label("count"))
        .where(item_table.c.handover == key)
        .group_by(*what, item_table.c.state)
        .order_by(*what, item_table.c.state)
    )
    return [dict(row) for row in work.connection.execute(statement).mappings()]
