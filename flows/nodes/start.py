"""The start: where a record is handed over, and where it comes back to its submitter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from flows.nodes.node import Exits, Moved, Node, NodeParams
from flows.state import Acted, CloseTask, HandBack, NodeEvent, RunActions, State

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class StartParams(NodeParams):
    """`by` names who may submit: the record's owner, or anyone with the right to update it.

    `when` must hold on submission. `actions` run on submission, `withdraw` when the submission is taken
    back, `return` when an approver returns the record to its submitter (default: as `withdraw`).
    """

    type: Literal["start"] = "start"
    when: str | bool | dict[str, Any] | None = None
    by: Literal["owner", "anyone"] = "anyone"
    actions: tuple[dict[str, Any], ...] = ()
    withdraw: tuple[dict[str, Any], ...] = ()
    on_return: tuple[dict[str, Any], ...] = Field(default=(), alias="return")


class Start(Node):
    """The one start of a flow."""

    type = "start"
    Params = StartParams
    exits = Exits(1, 1)
    waits = True

    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        closed = tuple(CloseTask(visit.node, visit.round, "returned") for visit in state.visits)
        back = replace(state, status="returned", visits=(), arrived=(), trail=())
        return Moved(back, (*closed, HandBack()))

    def submit(self, state: State, now: datetime) -> Moved:
        """A person hands the record over."""
        return Moved(state.rest(self.key, now, "actions"), (RunActions(self.key),))

    def hear(self, graph: Graph, state: State, event: NodeEvent, now: datetime) -> Moved:
        if isinstance(event, Acted):
            return Moved(state.without(self.key), leaving=tuple(edge.index for edge in graph.outs(self.key)))
        return super().hear(graph, state, event, now)

    def actions(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        params: StartParams = self.params
        return {"actions": params.actions, "withdraw": params.withdraw, "return": params.on_return}
