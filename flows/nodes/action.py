"""The action node: the engine does something by itself, in the transaction of the decision before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from flows.nodes.node import Exits, Moved, Node, NodeParams
from flows.state import Acted, NodeEvent, RunActions, State

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class ActionParams(NodeParams):
    """`actions` run in order; if one fails, the whole decision that led here is undone."""

    type: Literal["action"] = "action"
    actions: tuple[dict[str, Any], ...] = Field(min_length=1)


class ActionNode(Node):
    """One automatic step."""

    type = "action"
    Params = ActionParams
    exits = Exits(1, 1)

    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        return Moved(state.rest(self.key, now, "actions"), (RunActions(self.key),))

    def hear(self, graph: Graph, state: State, event: NodeEvent, now: datetime) -> Moved:
        if isinstance(event, Acted):
            return Moved(state.without(self.key), leaving=tuple(edge.index for edge in graph.outs(self.key)))
        return super().hear(graph, state, event, now)

    def actions(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        params: ActionParams = self.params
        return {"actions": params.actions}
