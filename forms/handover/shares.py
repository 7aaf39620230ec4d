"""`shares`: records of others that colleagues shared with a person. What tasks share goes with the tasks."""

from __future__ import annotations

from typing import Any

from engine.findings import text
from engine.identity.handover.belonging import Belonging, Place
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork

BY_TASKS = "flow:%"


class Shares(Belonging):
    """A thing is a record; all its shares with the person go to the other, who may have some already."""

    type = "shares"
    rank = 20

    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        mark = MARK[work.runtime.database.dialect]
        statement = (
            "SELECT app, form, count(DISTINCT record) FROM ff_record_share "
            f'WHERE "user" = {mark} AND reason NOT LIKE {mark} GROUP BY app, form ORDER BY app, form'
        )
        label = text("共享给他的记录", "records shared with them")
        return [
            Place(self.type, label, int(count), app=app, form=form)
            for app, form, count in work.rows(statement, (user, BY_TASKS))
        ]

    def things(self, work: UnitOfWork, place: Place, user: str, *, after: str, limit: int) -> list[str]:
        mark = MARK[work.runtime.database.dialect]
        statement = (
            f'SELECT DISTINCT record FROM ff_record_share WHERE "user" = {mark} AND reason NOT LIKE {mark} '
            f"AND app = {mark} AND form = {mark} AND record > {mark} ORDER BY record LIMIT {limit}"
        )
        return [row[0] for row in work.rows(statement, (user, BY_TASKS, place.app, place.form, after))]

    def move(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str) -> Any:
        return {"reasons": self._give(work, thing, user, to, None)}

    def undo(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str, before: Any) -> bool:
        reasons = before["reasons"]
        return len(self._give(work, thing, to, user, reasons)) == len(reasons)

    def _give(self, work: UnitOfWork, record: str, user: str, to: str, only: list[str] | None) -> list[str]:
        """The reasons of the shares that changed hands; one that the other has already stays with both."""
        mark = MARK[work.runtime.database.dialect]
        of = f'SELECT reason FROM ff_record_share WHERE record = {mark} AND "user" = {mark} AND reason NOT LIKE {mark}'
        there = {row[0] for row in work.rows(of, (record, to, BY_TASKS))}
        mine = sorted({row[0] for row in work.rows(of, (record, user, BY_TASKS))} - there)
        moved = [reason for reason in mine if only is None or reason in only]
        for reason in moved:
            work.run(
                f'UPDATE ff_record_share SET "user" = {mark} '
                f'WHERE record = {mark} AND "user" = {mark} AND reason = {mark}',
                (to, record, user, reason),
            )
        return moved
