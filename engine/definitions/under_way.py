"""Publishes under way: rows of `ff_publishing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from engine.definitions.app import Documents, Layout
from engine.definitions.tables import publishing as table
from engine.errors import Conflict, NotFound
from engine.ids import new_id
from engine.storage.columns import moment_text
from engine.storage.unit_of_work import UnitOfWork

RUNNING = "running"
BESIDE = "beside"
"""In the layout of a row, where no kind of definition is called so: the apps it was checked beside."""


class PublishUnderWay(Conflict):
    """Another publish of this app is still converting what is stored."""

    code = "publish_under_way"
    zh = "该应用的另一次发布仍在转换数据。"
    fix_zh = "请等它完成，或先取消它。"
    fix_en = "Wait until it is done, or cancel it."


class PublishingNotFound(NotFound):
    """No publish of this app has this id."""

    code = "publishing_not_found"
    zh = "没有这次发布。"


class PublishingEnded(Conflict):
    """This publish has ended already; there is nothing to cancel."""

    code = "publishing_ended"
    zh = "这次发布已经结束，无法取消。"
    fix_zh = "若已发布，请在版本列表中恢复之前的版本。"
    fix_en = "If it was published, restore the version before."


@dataclass(frozen=True, slots=True)
class Publishing:
    """One publish whose long work goes on beside the running version. `progress` by kind of definition; `beside`
    are the versions of other apps that it was checked beside.
    """

    id: str
    app: str
    before: int
    documents: Documents
    layout: Layout
    note: str | None
    force: Sequence[str]
    steps: Sequence[Mapping[str, Any]]
    state: str
    progress: dict[str, Any]
    error: str | None
    version: int | None
    asked_by: str
    asked_at: datetime
    updated_at: datetime
    beside: tuple[tuple[str, int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it leaves: without documents."""
        return {
            "id": self.id,
            "app": self.app,
            "state": self.state,
            "version": self.version,
            "error": self.error,
            "steps": list(self.steps),
            "progress": {kind: each.get("shown") for kind, each in self.progress.items()},
            "asked_by": self.asked_by,
            "asked_at": moment_text(self.asked_at),
            "updated_at": moment_text(self.updated_at),
        }


def _read(row: Row[Any]) -> Publishing:
    values = dict(row._mapping)
    layout = dict(values.pop("layout"))
    beside = tuple((app, version) for app, version in layout.pop(BESIDE, ()))
    return Publishing(**values, layout=layout, beside=beside)


def add(work: UnitOfWork, *, layout: Layout, beside: Sequence[tuple[str, int]], **values: Any) -> str:
    """Note a publish that begins; its id."""
    identifier = new_id()
    work.connection.execute(
        insert(table).values(
            id=identifier,
            state=RUNNING,
            asked_by=work.principal.user,
            asked_at=work.now,
            updated_at=work.now,
            layout={**layout, BESIDE: [list(each) for each in beside]},
            **values,
        )
    )
    return identifier


def of_app(work: UnitOfWork, app: str, *, state: str | None = None, limit: int = 100) -> list[Publishing]:
    """The publishes of an app, the newest first."""
    asked = select(table).where(table.c.app == app).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        asked = asked.where(table.c.state == state)
    return [_read(row) for row in work.connection.execute(asked)]


def find(work: UnitOfWork, app: str, identifier: str, *, hold: bool = False) -> Publishing:
    """One publish; with `hold` nobody changes it until this transaction ends. Raises PublishingNotFound."""
    asked = select(table).where(table.c.app == app, table.c.id == identifier)
    row = work.connection.execute(asked.with_for_update() if hold else asked).first()
    if row is None:
        raise PublishingNotFound()
    return _read(row)


def require_none(work: UnitOfWork, app: str) -> None:
    """Raises PublishUnderWay while one is converting what is stored."""
    if of_app(work, app, state=RUNNING, limit=1):
        raise PublishUnderWay()


def move(work: UnitOfWork, identifier: str, **values: Any) -> None:
    """Note how far it came."""
    work.connection.execute(
        update(table).where(table.c.id == identifier).values(updated_at=work.now, **values)
    )


def end(work: UnitOfWork, identifier: str, state: str, **values: Any) -> bool:
    """Note how a publish under way ended; False when it had ended before."""
    running = update(table).where(table.c.id == identifier, table.c.state == RUNNING)
    done = work.connection.execute(running.values(state=state, updated_at=work.now, **values))
    return done.rowcount > 0
