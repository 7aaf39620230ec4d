"""The end: the instance is over, with an outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from engine.definitions.app import Key
from flows.nodes.node import Exits, Moved, Node, NodeParams
from flows.state import Finish, State

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class EndParams(NodeParams):
    """`outcome` names how the flow ended; the record's flow state shows it."""

    type: Literal["end"] = "end"
    outcome: Key = "approved"


class End(Node):
    """One end of several. A flow is sound when no other token is left on arrival."""

    type = "end"
    Params = EndParams
    exits = Exits(0, 0)

    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        outcome: str = self.params.outcome
        if state.visits or state.arrived or state.outcome is not None:
            return Moved(replace(state, outcome=outcome))
        return Moved(replace(state, status="ended", outcome=outcome), (Finish(outcome),))
