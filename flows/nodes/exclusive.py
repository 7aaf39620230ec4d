"""The exclusive branch: the first edge whose condition holds is taken, else the default one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from flows.nodes.node import Exits, Moved, Node, NodeParams
from flows.state import Choose, Chosen, NodeEvent, State

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class ExclusiveParams(NodeParams):
    """Has no parameters of its own; the conditions stand at the edges, in their order."""

    type: Literal["exclusive"] = "exclusive"


class Exclusive(Node):
    """One branch of several; with a single way out it only merges."""

    type = "exclusive"
    Params = ExclusiveParams
    exits = Exits(1, None, conditions=True)

    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        outs = graph.outs(self.key)
        if len(outs) == 1 and not outs[0].conditional:
            return Moved(state, leaving=(outs[0].index,))
        return Moved(state.rest(self.key, now, "branch"), (Choose(self.key),))

    def hear(self, graph: Graph, state: State, event: NodeEvent, now: datetime) -> Moved:
        if isinstance(event, Chosen) and event.edge in {edge.index for edge in graph.outs(self.key)}:
            return Moved(state.without(self.key), leaving=(event.edge,))
        return super().hear(graph, state, event, now)
