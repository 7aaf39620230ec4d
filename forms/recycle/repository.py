"""Rows of the recycle bin: which records were deleted together, and which references they emptied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, insert, select

from engine.ids import new_id
from engine.protocols import Document
from engine.storage.tables import recycled as table
from engine.storage.unit_of_work import UnitOfWork


class Emptied(Document):
    """A reference that a deletion emptied: of a record, or of its child rows `rows`. It named the record
    `target` of `target_form`.
    """

    form: str
    record: str
    field: str
    target: str
    target_form: str
    child: str | None = None
    rows: tuple[str, ...] = ()


@dataclass(slots=True)
class Unit:
    """What one deletion takes with it, in order; the record that was to be deleted is `root`."""

    app: str
    root: str
    key: str = field(default_factory=new_id)
    records: list[tuple[str, str]] = field(default_factory=list)
    emptied: list[Emptied] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """One deleted record."""

    unit: str
    form: str
    record: str
    root: str
    emptied: tuple[Emptied, ...]


def keep(work: UnitOfWork, unit: Unit) -> None:
    """Write down what was deleted together."""
    keep_all(work, [unit])


def keep_all(work: UnitOfWork, units: Sequence[Unit]) -> None:
    """Write down several deletions."""
    rows = [row for unit in units for row in _rows(work, unit)]
    if rows:
        work.connection.execute(insert(table), rows)


def _rows(work: UnitOfWork, unit: Unit) -> Iterator[dict[str, Any]]:
    emptied = [each.model_dump(mode="json") for each in unit.emptied]
    for step, (form, record) in enumerate(unit.records):
        yield {
            "record": record,
            "app": unit.app,
            "form": form,
            "unit": unit.key,
            "step": step,
            "root": unit.root,
            "emptied": emptied if record == unit.root and emptied else None,
            "deleted_by": work.principal.user,
            "deleted_at": work.now,
        }


def entries(work: UnitOfWork, app: str, unit: str) -> list[Entry]:
    """The records of a unit in the order of their deletion, the root last; none when it does not exist."""
    statement = select(table).where(table.c.app == app, table.c.unit == unit).order_by(table.c.step)
    return [_entry(row) for row in work.connection.execute(statement)]


def unit_of(work: UnitOfWork, app: str, form: str, record: str) -> str | None:
    """The unit that a deleted record belongs to."""
    statement = select(table.c.unit).where(table.c.record == record, table.c.app == app, table.c.form == form)
    return work.connection.execute(statement).scalar_one_or_none()


def contents(work: UnitOfWork, units: list[str]) -> dict[str, dict[str, int]]:
    """How many records of which form each unit holds."""
    found: dict[str, dict[str, int]] = {unit: {} for unit in units}
    counted = (
        select(table.c.unit, table.c.form, func.count().label("records"))
        .where(table.c.unit.in_(units))
        .group_by(table.c.unit, table.c.form)
        .order_by(table.c.form)
    )
    for row in work.connection.execute(counted):
        found[row.unit][row.form] = row.records
    return found


def older(work: UnitOfWork, app: str, before: Any, *, limit: int) -> list[str]:
    """Units deleted before a moment, the oldest first."""
    statement = (
        select(table.c.unit)
        .where(table.c.app == app, table.c.deleted_at < before, table.c.record == table.c.root)
        .order_by(table.c.unit)
        .limit(limit)
    )
    return list(work.connection.execute(statement).scalars())


def drop(work: UnitOfWork, unit: str) -> None:
    """Forget a unit: its records are back, or gone for good."""
    work.connection.execute(delete(table).where(table.c.unit == unit))


def _entry(row: Any) -> Entry:
    emptied = tuple(Emptied.model_validate(each) for each in row.emptied or ())
    return Entry(row.unit, row.form, row.record, row.root, emptied)
