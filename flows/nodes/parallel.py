"""The parallel split: all ways out are taken at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from flows.nodes.node import Exits, Moved, Node, NodeParams
from flows.state import State

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class ParallelParams(NodeParams):
    """Has no parameters of its own."""

    type: Literal["parallel"] = "parallel"


class Parallel(Node):
    """One token becomes one per way out."""

    type = "parallel"
    Params = ParallelParams
    exits = Exits(2, None)
    tokens = "splits"

    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        return Moved(state, leaving=tuple(out.index for out in graph.outs(self.key)))
