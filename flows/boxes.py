"""The boxes of a person over all apps: waiting for me, done by me, started by me, copies to me."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from flows import repository, seats
from flows.repository import Instance
from flows.views import task_json

BOXES = ("inbox", "done", "started", "cc")
NO_TASK: dict[str, Any] = dict.fromkeys(
    ("id", "node", "label", "mode", "state", "due_at", "closed_at", "closed_by", "error")
)


def list_box(work: UnitOfWork, name: str, *, cursor: str | None, limit: int) -> dict[str, Any]:
    """{"items", "next", "counts"}, the newest first. Raises Invalid for an unknown box."""
    if name not in BOXES:
        known = ", ".join(BOXES)
        message = text(
            f"没有“{name}”这个列表，可用：{known}。", f"There is no box '{name}'; there are {known}."
        )
        raise Invalid([error("invalid_parameter", "/box", message)])
    user = work.principal.user
    if name == "started":
        keys = seats.started(work, user, before=cursor, limit=limit + 1)
        items = [_started(work, key) for key in keys[:limit]]
        items = [each for each in items if _reached(work, each)]
    else:
        rows = [] if name == "cc" else seats.box(work, name, user, before=cursor, limit=limit + 1)
        keys = [row["id"] for row in rows]
        seen = [row for row in rows[:limit] if _reached(work, row)]
        items = [task_json(work, row, seats.seats_of(work, row["id"])) for row in seen]
    narrow = work.principal.narrow
    counts = {} if narrow is not None and narrow.places else {**seats.counts(work, user), "cc": 0}
    return {"items": items, "next": keys[limit - 1] if len(keys) > limit else None, "counts": counts}


def _reached(work: UnitOfWork, row: Mapping[str, Any]) -> bool:
    """Whether the token of who acts reaches the form of this task; the counts of all forms are not for it."""
    return work.principal.may(row["app"], row["form"], "view")


def _started(work: UnitOfWork, key: str) -> dict[str, Any]:
    """An instance shown by its open task, else by its last one."""
    kept = repository.instance(work, key)
    if kept is None:
        raise LookupError(key)
    tasks = repository.tasks_of(work, key)
    waiting = [task for task in tasks if task["state"] in {"open", "vacant"}]
    chosen = (waiting or tasks[-1:] or [{**NO_TASK, "created_at": kept.started_at}])[0]
    taken = seats.seats_of(work, chosen["id"]) if chosen["id"] else []
    return task_json(work, {**chosen, **_of_instance(kept), "round": kept.round}, taken)


def _of_instance(kept: Instance) -> dict[str, Any]:
    return {
        "app": kept.app,
        "form": kept.form,
        "record": kept.record,
        "title": kept.title,
        "flow": kept.flow,
        "instance": kept.id,
        "submitter": kept.submitter,
        "status": kept.status,
        "outcome": kept.outcome,
    }
