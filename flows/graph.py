"""The frozen graph of one flow: nodes, edges and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from flows.nodes.node import Node
from flows.regions import Regions, regions_of

if TYPE_CHECKING:
    from flows.state import State


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another; `on` is the decision it belongs to."""

    index: int
    source: str
    target: str
    on: str | None = None
    default: bool = False
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """All nodes by key and all edges in the order of the document."""

    key: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    start: str
    outgoing: Mapping[str, tuple[Edge, ...]]
    incoming: Mapping[str, tuple[Edge, ...]]
    regions: Regions = field(repr=False)

    def outs(self, node: str) -> tuple[Edge, ...]:
        """The edges that leave `node`, in order."""
        return self.outgoing.get(node, ())

    def ins(self, node: str) -> tuple[Edge, ...]:
        """The edges that enter `node`, in order."""
        return self.incoming.get(node, ())

    def next(self, node: str) -> list[str]:
        """The nodes directly after `node`."""
        return [edge.target for edge in self.outs(node)]

    def return_target(self, state: State, here: str, to: str) -> str | None:
        """The node that a return from `here` to `to` enters, or None when it may not.

        Allowed are the start and approvals passed before, outside of sibling branches.
        """
        if to in {"start", self.start}:
            return self.start
        passed = [node for node in state.trail if node != here and self.regions.encloses(node, here)]
        if to == "previous":
            return passed[-1] if passed else self.start
        return to if to in passed else None


def build(key: str, nodes: Sequence[Node], edges: Iterable[Edge]) -> Graph:
    """The graph of `nodes` and `edges`. Edges name existing nodes; there is exactly one start."""
    kept = tuple(edges)
    outgoing = {node.key: tuple(e for e in kept if e.source == node.key) for node in nodes}
    incoming = {node.key: tuple(e for e in kept if e.target == node.key) for node in nodes}
    start = next(node.key for node in nodes if node.type == "start")
    by_key = {node.key: node for node in nodes}
    return Graph(
        key=key,
        nodes=MappingProxyType(by_key),
        edges=kept,
        start=start,
        outgoing=MappingProxyType(outgoing),
        incoming=MappingProxyType(incoming),
        regions=regions_of(by_key, kept, outgoing, start),
    )
