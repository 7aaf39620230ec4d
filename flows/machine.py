"""The machine: what an event does to the tokens of an instance. Pure: no clock, database or ids of its own.

The outside answers what the machine asks for (`flows.state`, effects) with the next event.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from flows.errors import AlreadyDecided, EndlessLoop, EventNotExpected, InstanceClosed
from flows.graph import Graph
from flows.nodes.node import Moved
from flows.nodes.start import Start
from flows.state import Cancelled, CloseTask, Event, Finish, State, Step, Submitted, Undo, Withdrawn

NEW = State()
LONGEST = 10_000
"""Edges one event may take before it counts as endless; publishing refuses such graphs."""


def step(graph: Graph, state: State, event: Event, now: datetime) -> Step:
    """The next state and what the outside has to do.

    Raises EventNotExpected, AlreadyDecided, BadReturnTarget and InstanceClosed.
    """
    match event:
        case Submitted():
            moved = _submit(graph, state, event, now)
        case Withdrawn():
            if state.decided and state.status == "running":
                raise AlreadyDecided()
            moved = _stop(state, "withdrawn")
        case Cancelled():
            moved = _stop(state, "cancelled")
        case _:
            if state.status != "running":
                raise InstanceClosed()
            node = graph.nodes.get(event.node)
            if node is None or state.visit(event.node) is None:
                raise EventNotExpected(details={"node": event.node})
            moved = node.hear(graph, state, event, now)
    return _settle(graph, moved, now)


def _submit(graph: Graph, state: State, event: Submitted, now: datetime) -> Moved:
    start = graph.nodes[graph.start]
    if state.status not in {"new", "returned"} or not isinstance(start, Start):
        raise EventNotExpected(details={"status": state.status})
    ready = replace(state, status="running", round=max(event.round, state.round + 1), decided=False)
    return start.submit(ready, now)


def _stop(state: State, result: Literal["withdrawn", "cancelled"]) -> Moved:
    if not state.open:
        raise InstanceClosed()
    closed = tuple(CloseTask(visit.node, visit.round, result) for visit in state.visits)
    return Moved(replace(state, status=result, outcome=result, visits=(), arrived=()), (*closed, Undo()))


def _settle(graph: Graph, moved: Moved, now: datetime) -> Step:
    """Moves every token on until all of them rest."""
    state, effects = moved.state, list(moved.effects)
    if moved.landing is not None:
        landed = graph.nodes[moved.landing].enter(graph, state, None, now)
        state = landed.state
        effects += landed.effects
    leaving, taken = list(moved.leaving), len(state.path)
    while leaving and state.status == "running":
        if len(state.path) - taken > LONGEST:
            raise EndlessLoop(details={"flow": graph.key})
        index = leaving.pop(0)
        edge = graph.edges[index]
        state, dropped = graph.regions.left(replace(state, path=(*state.path, index)), index)
        effects += [CloseTask(visit.node, visit.round, "cancelled") for visit in dropped]
        entered = graph.nodes[edge.target].enter(graph, state, edge, now)
        state = entered.state
        effects += entered.effects
        leaving += entered.leaving
    if leaving and state.status == "ended":
        # Tokens were still on their way when the end was reached: not a proper end (see flows.soundness).
        state = replace(state, status="running", visits=())
        effects = [effect for effect in effects if not isinstance(effect, Finish)]
    return Step(state, tuple(effects))
