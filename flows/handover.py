"""What a person leaves behind in flows: `tasks` they were asked to do, `submissions` that may come back to them."""

from __future__ import annotations

from typing import Any

from engine.errors import Conflict, Invalid
from engine.findings import error, text
from engine.identity.handover.belonging import Belonging, Place
from engine.storage.unit_of_work import UnitOfWork
from flows import repository, seats
from flows.drive import Drive, lock_record
from flows.errors import AlreadyHandled, InstanceNotFound
from flows.repository import Instance, Line, Statement
from flows.state import Transferred
from flows.versions import pinned_flow
from forms.compiled import compiled_form

OPEN_SEATS = (
    "FROM ff_flow_seat s JOIN ff_flow_task t ON t.id = s.task JOIN ff_flow_instance i ON i.id = t.instance "
    "WHERE s.\"user\" = ? AND s.state IN ('asked', 'waiting') AND t.state = 'open'"
)
SEATED = Statement(
    f"SELECT i.app, i.form, count(DISTINCT t.id) {OPEN_SEATS} GROUP BY i.app, i.form", "app, form, count"
)
TASKS = Statement(
    f"SELECT {{columns}} {OPEN_SEATS} AND i.app = ? AND i.form = ? AND t.id > ? ORDER BY t.id LIMIT ?",
    "DISTINCT t.id",
)
TAKE = Statement(
    "UPDATE ff_flow_seat SET state = 'transferred', acted_at = ? WHERE task = ? AND \"user\" = ? AND state = ?"
)
WAIT = Statement(
    "UPDATE ff_flow_seat SET state = 'waiting' WHERE task = ? AND \"user\" = ? AND state = 'asked'"
)
SUBMITTED = Statement(
    "SELECT app, form, count(*) FROM ff_flow_instance WHERE submitter = ? AND open_key IS NOT NULL GROUP BY app, form",
    "app, form, count",
)
INSTANCES = Statement(
    "SELECT {columns} FROM ff_flow_instance WHERE submitter = ? AND open_key IS NOT NULL AND app = ? "
    "AND form = ? AND id > ? ORDER BY id LIMIT ?",
    "id",
)


class InstanceMoved(Conflict):
    """Somebody else moved this instance meanwhile."""

    code = "instance_moved"
    zh = "该流程实例刚被他人推进。"


class Tasks(Belonging):
    """A thing is a task; the part of one person in it goes to another."""

    type = "tasks"
    rank = 30

    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        label = text("待办任务", "open tasks")
        return [
            Place(self.type, label, int(row["count"]), app=row["app"], form=row["form"])
            for row in SEATED.rows(work, user)
        ]

    def things(self, work: UnitOfWork, place: Place, user: str, *, after: str, limit: int) -> list[str]:
        return [row["id"] for row in TASKS.rows(work, user, place.app, place.form, after, limit)]

    def move(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str) -> Any:
        _pass_on(work, thing, user, to)
        return {}

    def undo(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str, before: Any) -> bool:
        seat = seats.seat_of(work, thing, to)
        if seat is None or seat["state"] not in {"asked", "waiting"}:
            return False
        _pass_on(work, thing, to, user)
        return True


def _pass_on(work: UnitOfWork, task_id: str, user: str, to: str) -> None:
    """Raises AlreadyHandled when the task was done meanwhile, Invalid for the submitter."""
    place = repository.place_of_task(work, task_id)
    if place is None:
        raise AlreadyHandled()
    app = work.app(place["app"])
    lock_record(work, compiled_form(app, place["form"]), place["record"])
    kept, task = repository.instance(work, place["instance"], lock=True), repository.task(work, task_id)
    seat = seats.seat_of(work, task_id, user)
    if kept is None or task is None or task["state"] != "open" or seat is None:
        raise AlreadyHandled()
    if to == kept.submitter:
        raise _own_submission()
    if not TAKE.run(work, work.now, task_id, user, seat["state"]):
        raise AlreadyHandled()
    drive = Drive(work, app, pinned_flow(work, kept), kept, work.principal.user)
    drive.log("transferred", node=task["node"], task=task_id, data={"from": user, "to": to})
    drive.tell(Transferred(task["node"], user, to))
    if seat["state"] == "waiting":  # it is not their turn yet, as it was not before
        WAIT.run(work, task_id, to)


def _own_submission() -> Invalid:
    message = text("提交人不能审批自己的提交。", "Nobody decides on what they submitted themselves.")
    return Invalid([error("own_submission", "/to", message, text("请选择其他人。", "Choose somebody else."))])


class Submissions(Belonging):
    """A thing is an instance that runs or was returned: it comes back to its submitter."""

    type = "submissions"
    rank = 31

    def places(self, work: UnitOfWork, user: str) -> list[Place]:
        label = text("提交的在途流程", "running submissions")
        return [
            Place(self.type, label, int(row["count"]), app=row["app"], form=row["form"])
            for row in SUBMITTED.rows(work, user)
        ]

    def things(self, work: UnitOfWork, place: Place, user: str, *, after: str, limit: int) -> list[str]:
        return [row["id"] for row in INSTANCES.rows(work, user, place.app, place.form, after, limit)]

    def move(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str) -> Any:
        kept = _locked(work, thing)
        if kept.submitter != user:
            raise InstanceMoved()
        _submitted_by(work, kept, to)
        return {}

    def undo(self, work: UnitOfWork, place: Place, thing: str, user: str, to: str, before: Any) -> bool:
        kept = _locked(work, thing)
        if kept.submitter != to or not kept.state.open:
            return False
        _submitted_by(work, kept, user)
        return True


def _locked(work: UnitOfWork, instance_id: str) -> Instance:
    found = repository.instance(work, instance_id)
    if found is None:
        raise InstanceNotFound()
    lock_record(work, compiled_form(work.app(found.app), found.form), found.record)
    return repository.instance(work, instance_id, lock=True) or found


def _submitted_by(work: UnitOfWork, kept: Instance, to: str) -> None:
    """Raises Invalid when the person decides in this very instance."""
    for task in repository.tasks_of(work, kept.id):
        seat = seats.seat_of(work, task["id"], to)
        if task["state"] == "open" and seat is not None and seat["state"] in {"asked", "waiting"}:
            raise _own_submission()
    line = Line("handed_over", kept.round, work.principal.user, data={"from": kept.submitter, "to": to})
    kept.submitter = to
    if not repository.save_instance(work, kept):
        raise InstanceMoved()
    repository.add_events(work, kept.id, [line])
