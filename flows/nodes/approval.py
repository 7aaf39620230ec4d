"""The approval: people decide, and the record waits for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from engine.connect.recipients import RecipientEntry
from flows.errors import BadReturnTarget
from flows.nodes.node import Exits, Moved, Node, NodeParams
from flows.state import (
    Ask,
    Assign,
    Assigned,
    CloseTask,
    Decided,
    Effect,
    NodeEvent,
    OpenTask,
    Reassign,
    SentBack,
    State,
    Transferred,
    Visit,
)

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class ApprovalParams(NodeParams):
    """`assignees` are asked as `mode` says: any one decides, all must approve, or all in order.

    One rejection rejects. `write` are the fields approvers may change, `hidden` those they do not see.
    `repeat` says what happens to a person who approved the step directly before: asked once or again.
    """

    type: Literal["approval"] = "approval"
    assignees: tuple[RecipientEntry, ...] = Field(min_length=1, max_length=50)
    mode: Literal["any", "all", "order"] = "any"
    write: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    reject_comment: Literal["required", "optional"] = "required"
    repeat: Literal["once", "again"] = "once"


class Approval(Node):
    """One approval step."""

    type = "approval"
    Params = ApprovalParams
    exits = Exits(2, 2, on=("approve", "reject"))
    waits = True

    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        resting = state.rest(self.key, now, "people")
        return Moved(resting, (Assign(self.key, resting.last_round(self.key)),))

    def hear(self, graph: Graph, state: State, event: NodeEvent, now: datetime) -> Moved:
        visit = state.visit(self.key)
        if visit is not None:
            match event:
                case Assigned() if visit.waiting == "people" and event.actors:
                    return self._assigned(graph, state, visit, event)
                case Decided() if _expects(visit, event.actor):
                    return self._decided(graph, replace(state, decided=True), visit, event)
                case Transferred() if _expects(visit, event.actor):
                    return _transferred(state, visit, event)
                case SentBack() if _expects(visit, event.actor):
                    return self._sent_back(graph, replace(state, decided=True), event)
        return super().hear(graph, state, event, now)

    def asked(self, visit: Visit) -> tuple[str, ...]:
        """The people who may decide right now."""
        left = tuple(actor for actor in visit.actors if actor not in visit.approved)
        return left[:1] if self.params.mode == "order" else left

    def _assigned(self, graph: Graph, state: State, visit: Visit, event: Assigned) -> Moved:
        ready = replace(visit, waiting="decision", actors=event.actors, approved=event.already)
        if self._passed(ready):
            return self._leave(graph, state.changed(ready), ready, ())
        task = OpenTask(self.key, visit.round, event.actors, self.asked(ready))
        return Moved(state.changed(ready), (task,))

    def _decided(self, graph: Graph, state: State, visit: Visit, event: Decided) -> Moved:
        if event.choice == "reject":
            leaving = tuple(edge.index for edge in graph.outs(self.key) if edge.on == "reject")
            return Moved(state.without(self.key), (CloseTask(self.key, visit.round, "rejected"),), leaving)
        ready = replace(visit, approved=(*visit.approved, event.actor))
        if self._passed(ready):
            return self._leave(graph, state, ready, (CloseTask(self.key, visit.round, "approved"),))
        asked = self.asked(ready) if self.params.mode == "order" else ()
        return Moved(state.changed(ready), tuple(Ask(self.key, visit.round, actor) for actor in asked))

    def _passed(self, visit: Visit) -> bool:
        if self.params.mode == "any":
            return bool(visit.approved)
        return set(visit.actors) <= set(visit.approved)

    def _leave(self, graph: Graph, state: State, visit: Visit, effects: tuple[Effect, ...]) -> Moved:
        left = state.without(visit.node)
        leaving = tuple(edge.index for edge in graph.outs(self.key) if edge.on == "approve")
        return Moved(replace(left, trail=(*left.trail, self.key)), effects, leaving)

    def _sent_back(self, graph: Graph, state: State, event: SentBack) -> Moved:
        target = graph.return_target(state, self.key, event.to)
        if target is None:
            raise BadReturnTarget(pointer="/to", details={"to": event.to})
        kept, dropped = graph.regions.cancelled(state, target, self.key)
        closed = tuple(CloseTask(visit.node, visit.round, _result(visit, self.key)) for visit in dropped)
        trail = kept.trail[: kept.trail.index(target)] if target in kept.trail else kept.trail
        again = replace(kept, trail=trail, round=kept.round + 1)
        return Moved(again, closed, landing=target)


def _expects(visit: Visit, actor: str) -> bool:
    return visit.waiting == "decision" and actor in visit.actors and actor not in visit.approved


def _result(visit: Visit, here: str) -> Literal["returned", "cancelled"]:
    return "returned" if visit.node == here else "cancelled"


def _transferred(state: State, visit: Visit, event: Transferred) -> Moved:
    others = tuple(actor for actor in visit.actors if actor != event.actor)
    actors = tuple(event.to if actor == event.actor else actor for actor in visit.actors)
    ready = replace(visit, actors=others if event.to in others else actors)
    return Moved(state.changed(ready), (Reassign(visit.node, visit.round, event.actor, event.to),))
