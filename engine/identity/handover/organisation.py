"""Departments somebody leads, people below them, and apps they design."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table, insert, select, update

from engine.findings import text
from engine.identity.changed import identity_changes
from engine.identity.handover.belonging import Belonging, Place
from engine.identity.tables import department, designer, user
from engine.storage.unit_of_work import UnitOfWork


class _Column(Belonging):
    """A column of the organisation that names a person."""

    table: Table
    column: Column[Any]
    label: Any

    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        found = self._ids(work, user)
        return [Place(self.type, self.label, len(found), things=tuple(found[:50]))] if found else []

    def _ids(self, work: UnitOfWork, user: str) -> list[str]:
        key = self.table.c.id
        return list(work.connection.execute(select(key).where(self.column == user).order_by(key)).scalars())

    def things(self, work: UnitOfWork, place: Place, user: str, *, after: str, limit: int) -> list[str]:
        return [each for each in self._ids(work, user) if each > after][:limit]

    def move(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str) -> Any:
        self._set(work, thing, user, None if thing == to else to)
        return {}

    def undo(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str, before: Any) -> bool:
        return self._set(work, thing, None if thing == to else to, user)

    def _set(self, work: UnitOfWork, thing: str, held: str | None, to: str | None) -> bool:
        still = self.column.is_(None) if held is None else self.column == held
        statement = update(self.table).where(self.table.c.id == thing, still).values({self.column: to})
        work.after_commit(identity_changes.bump)
        return work.connection.execute(statement).rowcount > 0


class Headships(_Column):
    """Departments whose head the person is."""

    type = "headships"
    rank = 70
    table, column = department, department.c.head
    label = text("任负责人的部门", "departments they lead")


class Subordinates(_Column):
    """People whose superior the person is. The successor, if one of them, has no superior then."""

    type = "subordinates"
    rank = 71
    table, column = user, user.c.superior
    label = text("直接下属", "people who report to them")


class Designs(Belonging):
    """Apps whose designer the person is; the right stays theirs until it is taken, and is given to the other."""

    type = "designs"
    rank = 72

    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        found = self._apps(work, user)
        label = text("担任设计者的应用", "apps they design")
        return [Place(self.type, label, len(found), things=tuple(found))] if found else []

    def _apps(self, work: UnitOfWork, user: str) -> list[str]:
        statement = select(designer.c.app).where(designer.c.user == user).order_by(designer.c.app)
        return list(work.connection.execute(statement).scalars())

    def things(self, work: UnitOfWork, place: Place, user: str, *, after: str, limit: int) -> list[str]:
        return [each for each in self._apps(work, user) if each > after][:limit]

    def move(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str) -> Any:
        had = thing in self._apps(work, to)
        self._take(work, thing, user)
        if not had:
            self._give(work, thing, to)
        return {"had": had}

    def undo(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str, before: Any) -> bool:
        if not before["had"]:
            self._take(work, thing, to)
        if thing not in self._apps(work, user):
            self._give(work, thing, user)
        return True

    def _give(self, work: UnitOfWork, app: str, user: str) -> None:
        by = {"given_by": work.principal.user, "given_at": work.now}
        work.connection.execute(insert(designer).values(app=app, user=user, **by))

    def _take(self, work: UnitOfWork, app: str, user: str) -> None:
        work.connection.execute(designer.delete().where(designer.c.app == app, designer.c.user == user))
