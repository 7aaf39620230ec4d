"""The join: waits for one token of every branch, then goes on with one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from flows.nodes.node import Exits, Moved, Node, NodeParams
from flows.state import State

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class JoinParams(NodeParams):
    """Has no parameters of its own."""

    type: Literal["join"] = "join"


class Join(Node):
    """Several ways into the join from one branch count as one: any of them brings its token."""

    type = "join"
    Params = JoinParams
    exits = Exits(1, 1)
    tokens = "joins"

    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        if edge is None:
            return Moved(state)
        arrived = tuple(sorted((*state.arrived, edge.index)))
        branches = graph.regions.branches(self.key)
        here = [index for index in arrived if index in branches]
        if {branches[index] for index in here} != set(branches.values()):
            return Moved(replace(state, arrived=arrived))
        rest = tuple(index for index in arrived if index not in branches)
        return Moved(replace(state, arrived=rest), leaving=tuple(out.index for out in graph.outs(self.key)))
