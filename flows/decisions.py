"""What the person asked can do: approve, reject, return, transfer. One command is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.errors import EngineError, Forbidden, Invalid
from engine.findings import error, text
from engine.identity import repository as identity
from engine.identity.narrowing import NarrowToken
from engine.storage.unit_of_work import UnitOfWork
from flows import repository, seats
from flows.drive import SOURCE, Drive, lock_record
from flows.errors import AlreadyHandled, NotYourTurn, TaskNotFound, TaskVacant
from flows.nodes.approval import ApprovalParams
from flows.people import name_of
from flows.repository import Line, Row
from flows.state import Assigned, Choice, Decided, SentBack, Transferred, Visit
from flows.values import read_values
from flows.versions import pinned_flow
from forms import records
from forms.compiled import compiled_form

WORDS = {
    "approved": "通过",
    "rejected": "驳回",
    "returned": "退回",
    "cancelled": "取消",
    "withdrawn": "撤回",
    "transferred": "转交",
}


@dataclass(slots=True)
class Opened:
    """A task whose record and instance are locked for this command."""

    task: Row
    drive: Drive
    seat: Row | None

    @property
    def params(self) -> ApprovalParams:
        """What the node says."""
        params: ApprovalParams = self.drive.flow.graph.nodes[self.task["node"]].params
        return params

    @property
    def visit(self) -> Visit:
        """The token that waits at the node. Raises AlreadyHandled."""
        visit = self.drive.instance.state.visit(self.task["node"])
        if visit is None or visit.round != self.task["round"]:
            raise AlreadyHandled()
        return visit


def decide(
    work: UnitOfWork, task_id: str, choice: Choice, *, comment: str | None = None, values: Any = None
) -> Drive:
    """Approve or reject. Raises TaskNotFound, AlreadyHandled, NotYourTurn, TaskVacant, Invalid,
    NotWritableInTask, and what the actions that follow raise: then nothing is changed.
    """
    opened = _open(work, task_id)
    _demand_turn(opened)
    drive, visit = opened.drive, opened.visit
    if choice == "reject" and opened.params.reject_comment == "required":
        _demand_comment(comment)
    changed = _write(opened, values)
    done = "approved" if choice == "approve" else "rejected"
    _act(opened, done, comment, changed)
    drive.approvers = (*visit.approved, drive.actor)
    drive.tell(Decided(visit.node, drive.actor, choice))
    return drive


def send_back(work: UnitOfWork, task_id: str, *, to: str = "start", comment: str | None = None) -> Drive:
    """Return the work to an approval passed before, to "previous" or to the submitter ("start").

    Raises as `decide`, and BadReturnTarget.
    """
    opened = _open(work, task_id)
    _demand_turn(opened)
    drive, node = opened.drive, opened.visit.node
    state = drive.instance.state
    target = drive.flow.graph.return_target(state, node, to)
    since = state.trail.index(target) if target in state.trail else 0
    _act(opened, "returned", comment, {"to": target or to, "voided": list(state.trail[since:])})
    drive.tell(SentBack(node, drive.actor, to))
    return drive


def transfer(work: UnitOfWork, task_id: str, *, to: str, comment: str | None = None) -> Drive:
    """Hand the own part over to `to`; administrators may hand over anybody's, and assign vacant tasks.

    Raises as `decide`, and Invalid for a person who cannot take it.
    """
    opened = _open(work, task_id)
    drive = opened.drive
    _demand_open(opened)
    _demand_taker(work, drive, to)
    if opened.task["state"] == "vacant":
        if not work.principal.is_admin:
            raise TaskVacant()
        drive.log("assigned", node=opened.visit.node, task=task_id, comment=comment, data={"to": to})
        drive.vacant = task_id
        drive.tell(Assigned(opened.visit.node, (to,)))
        return drive
    holder = _holder(opened)
    if holder == to:
        raise Invalid(
            [error("same_person", "/to", text("该任务已在此人名下。", "This person has the task already."))]
        )
    if not seats.take_seat(work, task_id, holder, "transferred", comment=comment):
        raise _handled(opened)
    drive.log(
        "transferred", node=opened.visit.node, task=task_id, comment=comment, data={"from": holder, "to": to}
    )
    drive.tell(Transferred(opened.visit.node, holder, to))
    return drive


def note_failure(work: UnitOfWork, task_id: str, failure: EngineError) -> None:
    """Keep the error that undid a decision, in a transaction of its own: the node shows it until the next
    decision works.
    """
    found = repository.task(work, task_id)
    if found is None:
        return
    problem: dict[str, Any] = {
        "code": failure.code,
        "message": dict(failure.message),
        "pointer": failure.pointer,
        "node": failure.details.get("node"),
        "action": failure.details.get("action_type"),
    }
    if isinstance(failure, Invalid):
        problem["errors"] = [each.as_json() for each in failure.findings]
    repository.set_task_error(work, task_id, problem)
    line = Line("failed", found["round"], work.principal.user, found["node"], task_id, None, problem)
    repository.add_events(work, found["instance"], [line])


def _open(work: UnitOfWork, task_id: str) -> Opened:
    """The task with everything locked: record, instance, task, in this order. Raises TaskNotFound, NarrowToken."""
    place = repository.place_of_task(work, task_id)
    if place is None or not work.principal.may(place["app"], place["form"], "view"):
        raise TaskNotFound()
    if not work.principal.may(place["app"], place["form"], "update"):
        raise NarrowToken()
    app = work.app(place["app"])
    lock_record(work, compiled_form(app, place["form"]), place["record"])
    # what follows is read only now that nobody else can change it
    kept, task = repository.instance(work, place["instance"], lock=True), repository.task(work, task_id)
    seat = seats.seat_of(work, task_id, work.principal.user)
    if kept is None or task is None or (seat is None and not work.principal.is_admin):
        raise TaskNotFound()
    return Opened(task, Drive(work, app, pinned_flow(work, kept), kept, work.principal.user), seat)


def _demand_open(opened: Opened) -> None:
    if opened.task["state"] not in {"open", "vacant"}:
        raise _handled(opened)


def _demand_turn(opened: Opened) -> None:
    """The person must be asked right now."""
    _demand_open(opened)
    if opened.task["state"] == "vacant":
        raise TaskVacant()
    if opened.seat is None:
        raise Forbidden()
    if opened.seat["state"] == "waiting":
        raise NotYourTurn()
    if opened.seat["state"] != "asked":
        raise _handled(opened)


def _handled(opened: Opened) -> AlreadyHandled:
    """Says who was faster, what that person did and when, in the app's time zone."""
    task, seat = opened.task, opened.seat
    mine = seat is not None and seat["state"] in WORDS
    by, at, what = (
        (opened.drive.actor, seat["acted_at"], seat["state"])
        if mine and seat is not None
        else (task["closed_by"], task["closed_at"], task["state"])
    )
    name = name_of(opened.drive.work, str(by))
    clock = at.astimezone(opened.drive.app.tz).strftime("%H:%M") if at is not None else ""
    return AlreadyHandled(
        text(
            f"{name['zh']} 已于 {clock} {WORDS.get(what, what)}。",
            f"This was already {what} by {name['en']} at {clock}.",
        ),
        details={"by": by, "name": dict(name), "at": at, "result": what},
    )


def _demand_comment(comment: str | None) -> None:
    if comment is None or not comment.strip():
        message = text("驳回时必须填写意见。", "A rejection needs a comment.")
        raise Invalid([error("required", "/comment", message, text("请写明原因。", "Say why."))])


def _demand_taker(work: UnitOfWork, drive: Drive, to: str) -> None:
    row = identity.user_by_id(work, to)
    if row is None or not row["active"]:
        message = text("没有这位在用的用户。", "There is no such active user.")
        raise Invalid([error("unknown_user", "/to", message)])
    if to == drive.instance.submitter:
        message = text("提交人不能审批自己的提交。", "Nobody decides on what they submitted themselves.")
        raise Invalid(
            [error("own_submission", "/to", message, text("请选择其他人。", "Choose somebody else."))]
        )


def _holder(opened: Opened) -> str:
    """Whose part is handed over: the own one, or for administrators the first open one."""
    if opened.seat is not None and opened.seat["state"] == "asked":
        return opened.drive.actor
    if not opened.drive.work.principal.is_admin:
        raise NotYourTurn() if opened.seat and opened.seat["state"] == "waiting" else _handled(opened)
    asked = [
        seat for seat in seats.seats_of(opened.drive.work, opened.task["id"]) if seat["state"] == "asked"
    ]
    if not asked:
        raise _handled(opened)
    return str(asked[0]["user"])


def _write(opened: Opened, values: Any) -> dict[str, Any]:
    """Save what the approver filled in, as the approver; what changed, old and new."""
    if not values:
        return {}
    drive = opened.drive
    before, form = drive.record, drive.form
    read = read_values(form, values, before, opened.params.write)
    with drive.work.acting(drive.work.principal, SOURCE, holding=drive.instance.id):
        records.update(drive.work, form, drive.instance.record, read)
    after = drive.reload()
    return {
        key: [form.fields[key].codec.kept_of(before.get(key)), form.fields[key].codec.kept_of(after.get(key))]
        for key in read
        if key in form.fields and before.get(key) != after.get(key)
    }


def _act(opened: Opened, state: str, comment: str | None, data: dict[str, Any]) -> None:
    drive, task = opened.drive, opened.task
    if not seats.take_seat(drive.work, task["id"], drive.actor, state, comment=comment):
        raise _handled(opened)
    number = opened.visit.round
    drive.log(state, node=task["node"], task=task["id"], comment=comment, data=data, number=number)
