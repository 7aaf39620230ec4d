"""Imports and exports as rows. A row is changed by compare and set, so that of a request that stops it and
the job that goes on, or of two jobs, never both win.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, update

from engine.changes.operations import note
from engine.errors import Conflict, NotFound
from engine.identity.errands import remember, same_rights
from engine.ids import new_id
from engine.storage.unit_of_work import UnitOfWork
from forms.transfers.tables import transfer as table
from forms.transfers.tidy import arm

Kind = Literal["import", "export"]
FINAL = frozenset({"done", "failed", "rejected", "cancelled", "undone"})
"""States in which nothing happens any more by itself."""


class TransferNotFound(NotFound):
    """There is no such import or export, or it is somebody else's."""

    code = "transfer_not_found"
    zh = "没有该导入或导出任务，或不属于您。"


class TransferMoved(Conflict):
    """This import or export is in another state by now."""

    code = "transfer_moved"
    zh = "该导入或导出任务的状态已改变。"
    fix_zh = "请查看其当前状态。"
    fix_en = "Look at its present state."


@dataclass(frozen=True, slots=True)
class Transfer:
    """One import or export. `progress` is where its job goes on, `report` what people are told."""

    id: str
    kind: Kind
    app: str
    form: str
    user: str
    name: str
    state: str
    options: dict[str, Any]
    progress: dict[str, Any]
    report: dict[str, Any]
    rev: int
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """As people see it."""
        shown = ("phase", "done", "total")
        return {
            **{key: getattr(self, key) for key in ("id", "kind", "app", "form", "user", "name", "state")},
            "options": self.options,
            "progress": {key: self.progress.get(key) for key in shown},
            **self.report,
            **{key: getattr(self, key) for key in ("created_at", "updated_at", "finished_at")},
        }


_FIELDS = [table.c[name] for name in Transfer.__dataclass_fields__]


def add(
    work: UnitOfWork,
    kind: Kind,
    app: str,
    form: str,
    *,
    key: str | None = None,
    name: str,
    options: Mapping[str, Any],
    phase: str,
) -> Transfer:
    """A new import or export of who acts, waiting."""
    made = Transfer(
        key or new_id(),
        kind,
        app,
        form,
        work.principal.user,
        name,
        "waiting",
        dict(options),
        {"phase": phase, "done": 0, "total": None},
        {},
        1,
        work.now,
        work.now,
    )
    work.connection.execute(
        table.insert().values({name: getattr(made, name) for name in Transfer.__dataclass_fields__})
    )
    remember(work, made.id)
    arm(work, made.id)
    details = {"transfer": made.id, "name": name, "options": made.options}
    note(work, f"{kind}_begun", form, app=app, details=details)
    return made


def get(work: UnitOfWork, kind: Kind, key: str) -> Transfer:
    """One of who acts; administrators see all. Raises TransferNotFound."""
    row = work.connection.execute(select(*_FIELDS).where(table.c.id == key, table.c.kind == kind)).first()
    if row is None or (row.user != work.principal.user and not work.principal.is_admin):
        raise TransferNotFound()
    if not same_rights(work, key):
        raise TransferNotFound()
    return Transfer(**row._mapping)


def recent(work: UnitOfWork, kind: Kind, app: str, form: str, *, limit: int) -> list[Transfer]:
    """Those of who acts on a form, the newest first; administrators see all."""
    statement = select(*_FIELDS).where(table.c.kind == kind, table.c.app == app, table.c.form == form)
    if not work.principal.is_admin:
        statement = statement.where(table.c.user == work.principal.user)
    rows = work.connection.execute(statement.order_by(table.c.id.desc()).limit(limit))
    return [Transfer(**row._mapping) for row in rows if same_rights(work, row.id)]


def move(
    work: UnitOfWork,
    known: Transfer,
    *,
    among: Collection[str] | None = None,
    **values: Any,
) -> Transfer:
    """Change a row that nobody has changed since it was read; with `among` one that is in one of these states
    by now, whoever works on it. Raises TransferMoved.
    """
    values["updated_at"] = work.now
    if values.get("state") in FINAL:
        values["finished_at"] = work.now
    still = table.c.rev == known.rev if among is None else table.c.state.in_(among)
    done = work.connection.execute(
        update(table)
        .where(table.c.id == known.id, still)
        .values(**values, rev=table.c.rev + 1)
        .returning(table.c.rev)
    ).first()
    if done is None:
        raise TransferMoved()
    moved = replace(known, **values, rev=done[0])
    if moved.state in FINAL:
        _note_end(work, moved)
    return moved


def _note_end(work: UnitOfWork, ended: Transfer) -> None:
    counts = ended.report.get("counts", {})
    details = {"transfer": ended.id, "user": ended.user, "counts": counts}
    note(work, f"{ended.kind}_{ended.state}", ended.form, app=ended.app, details=details)
