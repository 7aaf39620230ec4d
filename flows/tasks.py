"""What the machine asks for about tasks: find people, open, hand on and close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.connect.notifications import Notice, notify
from engine.findings import text
from engine.identity import repository as identity
from flows import locks, repository, seats
from flows.assignees import administrators, assignees
from flows.nodes.approval import Approval
from flows.state import Ask, Assign, Assigned, CloseTask, OpenTask, Reassign

if TYPE_CHECKING:
    from flows.drive import Drive

NOBODY = text("没有可用的处理人，请用“转交”指派", "nobody is available; assign somebody with :transfer")


def assign(drive: Drive, effect: Assign) -> None:
    """Find the people of an approval; without any, administrators are asked to assign somebody."""
    visit = drive.instance.state.visit(effect.node)
    node = drive.flow.graph.nodes[effect.node]
    if visit is None or visit.round != effect.round or not isinstance(node, Approval):
        return
    found = assignees(
        drive.work,
        drive.app,
        drive.flow.people[effect.node],
        drive.record,
        drive.env(),
        submitter=drive.instance.submitter,
        mode=node.params.mode,
    )
    if not found.people:
        _leave_vacant(drive, effect)
        return
    drive.reasons[effect.node] = found.reasons
    spared = node.params.repeat == "once" and not node.params.write
    already = tuple(user for user in found.people if spared and user in drive.approvers)
    for user in already:
        drive.log("spared", node=effect.node, actor=user)
    drive.step(Assigned(effect.node, found.people, already))


def _leave_vacant(drive: Drive, effect: Assign) -> None:
    people = administrators(drive.work)
    task = _add(drive, effect.node, effect.round, "vacant")
    reasons = dict.fromkeys(people, NOBODY)
    seats.add_seats(drive.work, task, effect.round, people, asked=people, reasons=reasons)
    _share(drive, effect.node, people)
    drive.log("vacant", node=effect.node, task=task, data={"asked": list(people)})
    _tell_vacant(drive, effect.node)


def _tell_vacant(drive: Drive, node: str) -> None:
    submitter = drive.instance.submitter
    row = identity.user_by_id(drive.work, submitter)
    locale = row["locale"] if row is not None else "zh"
    step = drive.flow.graph.nodes[node].label
    words = text(
        f"“{drive.flow.label['zh']}”的环节“{step['zh']}”暂无处理人，已请管理员指派。",
        f"Nobody is available for '{step['en']}' of '{drive.flow.label['en']}'; administrators were asked to assign somebody.",
    )
    notice = Notice(
        user=submitter,
        title=words["en"] if locale == "en" else words["zh"],
        body="",
        app=drive.app.key,
        form=drive.instance.form,
        record=drive.instance.record,
        source=f"flow:{drive.instance.id}",
    )
    notify(drive.work, [notice])


def open_task(drive: Drive, effect: OpenTask) -> None:
    """People are asked; a task that waited for somebody to be assigned goes on as it is."""
    task = drive.vacant
    if task is None:
        task = _add(drive, effect.node, effect.round, "open")
    else:
        drive.vacant = None
        seats.drop_seats(drive.work, task)
        repository.set_task_state(drive.work, task, "open")
    reasons = drive.reasons.get(effect.node, {})
    people = [user for user in effect.actors if user in effect.asked or not _has_acted(drive, effect, user)]
    seats.add_seats(drive.work, task, effect.round, people, asked=effect.asked, reasons=reasons)
    _share(drive, effect.node, people)
    drive.log(
        "asked", node=effect.node, task=task, data={"asked": list(effect.asked), "people": list(people)}
    )


def _has_acted(drive: Drive, effect: OpenTask, user: str) -> bool:
    visit = drive.instance.state.visit(effect.node)
    return visit is not None and user in visit.approved


def ask(drive: Drive, effect: Ask) -> None:
    """It is the next person's turn."""
    task = repository.task_of_visit(drive.work, drive.instance.id, effect.node, effect.round)
    if task is not None:
        seats.ask(drive.work, task["id"], effect.actor)
        drive.log("asked", node=effect.node, task=task["id"], data={"asked": [effect.actor]})


def reassign(drive: Drive, effect: Reassign) -> None:
    """One part of the task goes to somebody else."""
    task = repository.task_of_visit(drive.work, drive.instance.id, effect.node, effect.round)
    if task is None:
        return
    why = text("转交", "transferred")
    seats.add_seats(
        drive.work, task["id"], effect.round, (effect.to,), asked=(effect.to,), reasons={effect.to: why}
    )
    _share(drive, effect.node, (effect.to,))


def close(drive: Drive, effect: CloseTask) -> None:
    """The task is over for everybody. A visit that was spared has none."""
    closed = repository.close_task(
        drive.work,
        instance_id=drive.instance.id,
        node=effect.node,
        number=effect.round,
        result=effect.result,
        actor=drive.actor,
    )
    if closed is not None:
        seats.close_seats(drive.work, closed)


def _add(drive: Drive, node: str, number: int, state: str) -> str:
    made = drive.flow.graph.nodes[node]
    return repository.add_task(
        drive.work,
        instance_id=drive.instance.id,
        node=node,
        label=made.label,
        mode=made.params.mode,
        number=number,
        state=state,
    )


def _share(drive: Drive, node: str, people: Iterable[str]) -> None:
    kept, params = drive.instance, drive.flow.graph.nodes[node].params
    locks.share(
        drive.work,
        people,
        app=kept.app,
        form=kept.form,
        record=kept.record,
        reason=f"flow:{kept.id}:{node}",
        fields={"hidden": params.hidden, "write": params.write},
    )
