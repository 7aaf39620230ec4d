"""SQL of public links."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from engine.errors import NotFound
from engine.storage.unit_of_work import UnitOfWork
from forms.public_links.tables import entry as entry_table
from forms.public_links.tables import link as table


class LinkNotFound(NotFound):
    """There is no such link."""

    code = "link_not_found"
    zh = "没有该链接。"


@dataclass(frozen=True, slots=True)
class Link:
    """One link. `fields` may be filled in, in this order; `preset` are values that every entry gets."""

    id: str
    hash: str
    app: str
    form: str
    owner: str
    label: str
    fields: list[str]
    preset: dict[str, Any]
    created_at: datetime
    closes_at: datetime | None = None
    most: int | None = None
    taken: int = 0
    closed_at: datetime | None = None


def add(work: UnitOfWork, link: Link) -> None:
    work.connection.execute(insert(table).values(**asdict(link)))


def of_form(work: UnitOfWork, app: str, form: str) -> list[Link]:
    """The links of a form, the newest first."""
    statement = select(table).where(table.c.app == app, table.c.form == form).order_by(table.c.id.desc())
    return [Link(**row._mapping) for row in work.connection.execute(statement)]


def by_hash(work: UnitOfWork, hashed: str, *, lock: bool) -> Link:
    """The link with this secret; with `lock` nobody else enters by it before this transaction ends. Raises
    LinkNotFound.
    """
    statement = select(table).where(table.c.hash == hashed)
    row = work.connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise LinkNotFound()
    return Link(**row._mapping)


def close(work: UnitOfWork, app: str, form: str, identifier: str) -> None:
    """Let nobody in by it any more. Raises LinkNotFound."""
    mine = (table.c.id == identifier, table.c.app == app, table.c.form == form)
    done = work.connection.execute(
        update(table).where(*mine).values(closed_at=func.coalesce(table.c.closed_at, work.now))
    )
    if done.rowcount == 0:
        raise LinkNotFound()


def note_entry(work: UnitOfWork, link: Link, *, identifier: str, peer: str, record: str) -> None:
    work.connection.execute(
        insert(entry_table).values(id=identifier, link=link.id, at=work.now, peer=peer, record=record)
    )
    work.connection.execute(update(table).where(table.c.id == link.id).values(taken=link.taken + 1))


def entries_since(work: UnitOfWork, link: str, since: datetime, *, peer: str | None = None) -> int:
    """How many entries came in by a link after a moment, from one address or from all."""
    statement = select(func.count()).where(entry_table.c.link == link, entry_table.c.at > since)
    if peer is not None:
        statement = statement.where(entry_table.c.peer == peer)
    return int(work.connection.execute(statement).scalar_one())
