"""Looking ahead: the flow runs as if everybody approved, then everything is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import EngineError
from engine.storage.unit_of_work import UnitOfWork
from flows import repository, seats
from flows.drive import Drive
from flows.nodes.approval import Approval
from flows.people import name_of
from flows.state import Decided, Visit

MOST_STEPS = 100


class Undone(Exception):
    """Ends the trial; carries what it showed."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("preview")
        self.answer = answer


def walk(work: UnitOfWork, begin: Callable[[], Drive]) -> dict[str, Any]:
    """What `begin` starts, followed to its end. Raises what submitting would raise."""
    try:
        with work.savepoint():
            raise Undone(_follow(begin()))
    except Undone as done:
        work.memory.clear()
        return done.answer


def _follow(drive: Drive) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    problem: dict[str, Any] | None = None
    while drive.instance.state.status == "running" and len(steps) < MOST_STEPS:
        waiting = next((v for v in drive.instance.state.visits if v.waiting in {"decision", "people"}), None)
        if waiting is None:
            break
        steps.append(_step(drive, waiting))
        if waiting.waiting == "people":
            break
        try:
            _approve(drive, waiting)
        except EngineError as failure:
            problem = {"code": failure.code, "message": dict(failure.message), "pointer": failure.pointer}
            break
    state = drive.instance.state
    return {
        "flow": drive.flow.key,
        "label": dict(drive.flow.label),
        "steps": steps,
        "outcome": state.outcome,
        "complete": state.status == "ended",
        "problem": problem,
    }


def _approve(drive: Drive, visit: Visit) -> None:
    node = drive.flow.graph.nodes[visit.node]
    asked = node.asked(visit) if isinstance(node, Approval) else visit.actors
    drive.tell(Decided(visit.node, asked[0], "approve"))
    left = drive.instance.state.visit(visit.node)
    if left is not None and left.round == visit.round:
        _approve(drive, left)


def _step(drive: Drive, visit: Visit) -> dict[str, Any]:
    node = drive.flow.graph.nodes[visit.node]
    task = repository.task_of_visit(drive.work, drive.instance.id, visit.node, visit.round)
    asked = seats.seats_of(drive.work, task["id"]) if task is not None else []
    return {
        "node": node.key,
        "label": dict(node.label),
        "mode": node.params.mode,
        "vacant": visit.waiting == "people",
        "assignees": [
            {"user": seat["user"], "name": name_of(drive.work, seat["user"]), "why": seat["why"]}
            for seat in asked
        ],
        "due_at": None,
    }
