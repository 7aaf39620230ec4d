"""Reads and writes what is parked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, insert, select, update

from engine.ids import new_id
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution.tables import parked as table

Reason = Literal["removed", "converted", "broken", "moved"]


@dataclass(frozen=True, slots=True)
class Parked:
    """A column or table that publishing `version` put aside; the version before still knows it."""

    id: str
    app: str
    form: str
    child: str | None
    key: str | None
    reason: Reason
    version: int
    table_name: str
    column_name: str | None
    document: dict[str, Any]
    held: int
    failed: int
    parked_by: str
    parked_at: datetime
    purging_at: datetime | None = None

    @property
    def place(self) -> tuple[str, str | None, str | None]:
        """(form, child, key): what it was called."""
        return self.form, self.child, self.key


_COLUMNS = [table.c[name] for name in Parked.__dataclass_fields__]


def of_app(work: UnitOfWork, app: str) -> list[Parked]:
    """What an app has parked, the newest first."""
    found = work.connection.execute(
        select(*_COLUMNS).where(table.c.app == app).order_by(table.c.version.desc(), table.c.id.desc())
    )
    return [Parked(**row._mapping) for row in found]


def one(work: UnitOfWork, app: str, identifier: str) -> Parked | None:
    """One parked column or table."""
    found = work.connection.execute(
        select(*_COLUMNS).where(table.c.app == app, table.c.id == identifier)
    ).first()
    return Parked(**found._mapping) if found is not None else None


def add(work: UnitOfWork, **values: Any) -> None:
    """Park something."""
    work.connection.execute(
        insert(table).values(
            id=new_id(), parked_by=work.principal.user, parked_at=work.now, purging_at=None, **values
        )
    )


def drop(work: UnitOfWork, ids: Sequence[str]) -> None:
    """Forget entries: what they named is in use again, or gone for good."""
    if ids:
        work.connection.execute(delete(table).where(table.c.id.in_(ids)))


def move(work: UnitOfWork, identifier: str, place: tuple[str, str | None, str | None]) -> None:
    """Note what an entry, and what it is in, is called now: (form, child, key)."""
    form, child, key = place
    work.connection.execute(
        update(table).where(table.c.id == identifier).values(form=form, child=child, key=key)
    )


def mark_purging(work: UnitOfWork, identifier: str) -> None:
    """Note that the values of an entry are being removed."""
    work.connection.execute(update(table).where(table.c.id == identifier).values(purging_at=work.now))
