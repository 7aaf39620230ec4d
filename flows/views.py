"""Tasks and instances as people see them over REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.storage.unit_of_work import UnitOfWork
from flows import repository, seats
from flows.compiled import CompiledFlow
from flows.disclosure import line_data, outline, shown_fields
from flows.errors import InstanceNotFound, TaskNotFound
from flows.nodes.approval import Approval
from flows.people import name_of
from flows.repository import Instance, Row
from flows.versions import pinned_flow
from forms.access import Access
from forms.compiled import compiled_form

Json = dict[str, Any]


def task_view(work: UnitOfWork, task_id: str) -> Json:
    """One task with everybody's part in it. Raises TaskNotFound."""
    row = seats.boxed_task(work, task_id)
    if row is None:
        raise TaskNotFound()
    taken = seats.seats_of(work, task_id)
    if not work.principal.is_admin and all(seat["user"] != work.principal.user for seat in taken):
        raise TaskNotFound()
    kept = repository.instance(work, row["instance"])
    if kept is None or not work.principal.may(kept.app, kept.form, "view"):
        raise TaskNotFound()
    return {**task_json(work, row, taken), **_node_json(work, kept, row), "people": _people(work, taken)}


def task_json(work: UnitOfWork, row: Row, taken: Sequence[Row]) -> Json:
    """One task as lists show it."""
    return {
        "id": row["id"],
        "app": row["app"],
        "form": row["form"],
        "record": row["record"],
        "record_title": row["title"],
        "flow": row["flow"],
        "instance": row["instance"],
        "node": row["node"],
        "node_label": row["label"],
        "mode": row["mode"],
        "state": row["state"],
        "round": row["round"],
        "assignees": [seat["user"] for seat in taken if seat["state"] != "transferred"],
        "submitter": row["submitter"],
        "submitter_name": name_of(work, row["submitter"]),
        "created_at": row["created_at"],
        "due_at": row["due_at"],
        "closed_at": row["closed_at"],
        "closed_by": row["closed_by"],
        "status": row["status"],
        "outcome": row["outcome"],
        "error": _error(work, row, taken),
    }


def _error(work: UnitOfWork, row: Row, taken: Sequence[Row]) -> Json | None:
    """The whole problem only for those who are asked to deal with it."""
    user, problem = work.principal.user, row["error"]
    if not problem or work.principal.is_admin or any(seat["user"] == user for seat in taken):
        return problem or None
    return outline(problem)


def _people(work: UnitOfWork, taken: Sequence[Row]) -> list[Json]:
    return [
        {
            "user": seat["user"],
            "name": name_of(work, seat["user"]),
            "state": seat["state"],
            "why": seat["why"],
            "acted_at": seat["acted_at"],
            "comment": seat["comment"],
        }
        for seat in taken
    ]


def _node_json(work: UnitOfWork, kept: Instance, row: Row) -> Json:
    """What the node lets the approver do."""
    flow = pinned_flow(work, kept)
    node = flow.graph.nodes.get(row["node"])
    if not isinstance(node, Approval):
        return {}
    doc = node.params.doc
    waiting = row["state"] == "open"
    return {
        "flow_label": dict(flow.label),
        "doc": {"zh": doc.zh, "en": doc.en} if doc is not None else None,
        "write": list(node.params.write),
        "hidden": list(node.params.hidden),
        "reject_comment": node.params.reject_comment,
        "actions": ["approve", "reject", "return", "transfer"] if waiting else [],
        "return_targets": _targets(flow, kept, node) if waiting else [],
    }


def _targets(flow: CompiledFlow, kept: Instance, node: Approval) -> list[Json]:
    graph, state = flow.graph, kept.state
    passed = dict.fromkeys(key for key in state.trail if graph.return_target(state, node.key, key) == key)
    return [{"node": key, "label": dict(graph.nodes[key].label)} for key in (graph.start, *passed)]


def instance_view(work: UnitOfWork, instance_id: str) -> Json:
    """Where an instance stands, with whom, since when. Raises InstanceNotFound."""
    kept = visible_instance(work, instance_id)
    return instance_json(work, kept)


def instance_json(work: UnitOfWork, kept: Instance) -> Json:
    """An instance with its tasks."""
    flow = pinned_flow(work, kept)
    rows = [seats.boxed_task(work, task["id"]) for task in repository.tasks_of(work, kept.id)]
    tasks = [task_json(work, row, seats.seats_of(work, row["id"])) for row in rows if row is not None]
    labels = {key: dict(node.label) for key, node in flow.graph.nodes.items()}
    return {
        "id": kept.id,
        "instance": kept.id,
        "app": kept.app,
        "form": kept.form,
        "record": kept.record,
        "record_title": kept.title,
        "flow": kept.flow,
        "flow_label": dict(flow.label),
        "version": kept.version,
        "round": kept.round,
        "status": kept.status,
        "outcome": kept.outcome,
        "submitter": kept.submitter,
        "submitter_name": name_of(work, kept.submitter),
        "started_at": kept.started_at,
        "ended_at": kept.ended_at,
        "waiting": [
            {"node": visit.node, "label": labels[visit.node], "since": visit.since, "round": visit.round}
            for visit in kept.state.visits
        ],
        "tasks": tasks,
        "actions": _stops(work, kept),
    }


def _stops(work: UnitOfWork, kept: Instance) -> list[str]:
    stops = []
    if kept.state.open and not kept.state.decided and kept.submitter == work.principal.user:
        stops.append("withdraw")
    if kept.state.open and work.principal.is_admin:
        stops.append("cancel")
    return stops


def visible_instance(work: UnitOfWork, instance_id: str) -> Instance:
    """The instance, for those who take part in it or may see its record. Raises InstanceNotFound."""
    kept = repository.instance(work, instance_id)
    if kept is None or not (takes_part(work, kept) or _sees_record(work, kept)):
        raise InstanceNotFound()
    return kept


def takes_part(work: UnitOfWork, kept: Instance) -> bool:
    """Whether who acts submitted it, has a task in it, or administers."""
    user = work.principal.user
    if not work.principal.may(kept.app, kept.form, "view"):
        return False
    if work.principal.is_admin or kept.submitter == user:
        return True
    return seats.has_seat(work, kept.id, user)


def _sees_record(work: UnitOfWork, kept: Instance) -> bool:
    access = Access(work, work.app(kept.app))
    grants = access.seen(kept.form)
    if grants.unlimited:
        return True
    form = access.app.kind("form").get(kept.form)
    if form is None or not grants:
        return False
    return any(access.flags(compiled_form(access.app, kept.form), grants, kept.record) or [])


def timeline(work: UnitOfWork, instance_id: str) -> list[Json]:
    """What happened, in order; approvals that a return or a new submission voided say so.

    Values of fields that the reader does not see are left out.
    """
    kept = visible_instance(work, instance_id)
    shown = shown_fields(work, kept)
    nodes = pinned_flow(work, kept).graph.nodes
    items: list[Json] = []
    for row in repository.events_of(work, [kept.id]):
        node = nodes.get(row["node"] or "")
        _void(items, row)
        items.append(
            {
                **row,
                "data": line_data(work, row, shown),
                "node_label": dict(node.label) if node is not None else None,
                "actor_name": name_of(work, row["actor"]),
                "voided": False,
            }
        )
    return items


def _void(items: list[Json], row: Row) -> None:
    """Marks the approvals before `row` that it makes void."""
    if row["kind"] not in {"submitted", "returned"}:
        return
    voided = set(row["data"].get("voided", ()))
    for item in items:
        if item["kind"] == "approved" and (row["kind"] == "submitted" or item["node"] in voided):
            item["voided"] = True
