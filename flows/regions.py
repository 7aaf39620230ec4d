"""Which parallel branches a node lies in, and what leaving a region cancels.

A scope is the stack of branches around a place: pairs (split, edge index of the branch). A rejection that
can no longer reach the join of a split has left its region: it cancels the sibling branches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flows.reach import reachable
from flows.state import State, Visit

if TYPE_CHECKING:
    from flows.graph import Edge
    from flows.nodes.node import Node

Scope = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Regions:
    """Scopes of nodes and edges; a place reached with two different scopes has none.

    `leaves` are the edges that cancel a region: edge index -> the scope up to the split whose branches end.
    `joins` maps a split to the joins that close it, `unmatched` are joins without a split around them.
    """

    nodes: Mapping[str, Scope]
    edges: Mapping[int, Scope]
    leaves: Mapping[int, tuple[Scope, str]]
    joins: Mapping[str, frozenset[str]]
    unmatched: frozenset[str]
    ways_in: Mapping[str, tuple[int, ...]]

    def encloses(self, outer: str, inner: str) -> bool:
        """Whether `outer` lies on the same branch as `inner` or around it."""
        around, inside = self.nodes.get(outer), self.nodes.get(inner)
        return around is not None and inside is not None and inside[: len(around)] == around

    def branches(self, join: str) -> dict[int, object]:
        """The branch that each edge into `join` belongs to; without a known scope every edge is one."""
        edges = self.ways_in.get(join, ())
        return {index: self.edges[index][-1] if self.edges.get(index) else index for index in edges}

    def cancelled(self, state: State, target: str, here: str) -> tuple[State, tuple[Visit, ...]]:
        """The state without the tokens that a return from `here` to `target` voids, and those tokens."""
        scope = self.nodes.get(target, ())
        return self._drop(state, lambda place: place is None or place[: len(scope)] == scope, here)

    def left(self, state: State, edge: int) -> tuple[State, tuple[Visit, ...]]:
        """The state without the sibling branches that taking `edge` ends, and their tokens."""
        if edge not in self.leaves:
            return state, ()
        scope, split = self.leaves[edge]
        depth = len(scope)

        def ends(place: Scope | None) -> bool:
            return place is not None and place[:depth] == scope and _split_at(place, depth) == split

        return self._drop(state, ends, "")

    def _drop(
        self, state: State, ends: Callable[[Scope | None], bool], here: str
    ) -> tuple[State, tuple[Visit, ...]]:
        dropped = tuple(v for v in state.visits if v.node == here or ends(self.nodes.get(v.node)))
        kept = replace(
            state,
            visits=tuple(visit for visit in state.visits if visit not in dropped),
            arrived=tuple(index for index in state.arrived if not ends(self.edges.get(index))),
        )
        return kept, dropped


def _split_at(scope: Scope, depth: int) -> str | None:
    return scope[depth][0] if len(scope) > depth else None


def regions_of(
    nodes: Mapping[str, Node], edges: tuple[Edge, ...], outgoing: Mapping[str, tuple[Edge, ...]], start: str
) -> Regions:
    """The regions of a graph. Never fails: what does not nest has no scope."""
    walk = _Walk(nodes, outgoing, start)
    walk.go(start, ())
    while walk.rejections:
        edge, scope = walk.rejections.pop(0)
        walk.reject(edge, scope)
    blurred = reachable(walk.blurred, walk.steps, past=(start,))
    return Regions(
        nodes={node: scope for node, scope in walk.scopes.items() if node not in blurred},
        edges={
            edge.index: walk.edge_scopes[edge.index]
            for edge in edges
            if edge.index in walk.edge_scopes and edge.source not in blurred
        },
        leaves=walk.leaves,
        joins={split: frozenset(joins) for split, joins in walk.joins.items()},
        unmatched=frozenset(walk.unmatched),
        ways_in={
            node: tuple(edge.index for edge in edges if edge.target == node)
            for node in nodes
            if nodes[node].tokens == "joins"
        },
    )


class _Walk:
    """Follows tokens from the start, keeping the stack of branches."""

    def __init__(
        self, nodes: Mapping[str, Node], outgoing: Mapping[str, tuple[Edge, ...]], start: str
    ) -> None:
        self.nodes = nodes
        self.outgoing = outgoing
        self.start = start
        self.steps = {node: [edge.target for edge in outgoing[node]] for node in nodes}
        self.scopes: dict[str, Scope] = {}
        self.edge_scopes: dict[int, Scope] = {}
        self.blurred: set[str] = set()
        self.joins: dict[str, set[str]] = {}
        self.unmatched: set[str] = set()
        self.rejections: list[tuple[Edge, Scope]] = []
        self.leaves: dict[int, tuple[Scope, str]] = {}

    def go(self, node: str, scope: Scope) -> None:
        """Enter `node` with `scope` and follow everything but rejections."""
        stack = [(node, scope)]
        while stack:
            node, scope = stack.pop()
            scope = self._arrive(node, scope)
            if node in self.scopes:
                if self.scopes[node] != scope:
                    self.blurred.add(node)
                continue
            self.scopes[node] = scope
            for edge in self.outgoing[node]:
                if edge.on == "reject":
                    self.rejections.append((edge, scope))
                    continue
                inner = (*scope, (node, edge.index)) if self.nodes[node].tokens == "splits" else scope
                self.edge_scopes[edge.index] = inner
                stack.append((edge.target, inner))

    def reject(self, edge: Edge, scope: Scope) -> None:
        """Follow a rejection out of every region whose join it cannot reach any more."""
        kept = scope
        while kept and not self._closes(kept[-1][0], edge.target):
            kept = kept[:-1]
        if kept != scope and edge.target != self.start:
            self.leaves[edge.index] = (kept, scope[len(kept)][0])
        self.edge_scopes[edge.index] = kept
        if edge.target != self.start:
            self.go(edge.target, kept)

    def _arrive(self, node: str, scope: Scope) -> Scope:
        if self.nodes[node].tokens != "joins":
            return scope
        if not scope:
            self.unmatched.add(node)
            return scope
        self.joins.setdefault(scope[-1][0], set()).add(node)
        return scope[:-1]

    def _closes(self, split: str, target: str) -> bool:
        joins = self.joins.get(split, set())
        return not joins.isdisjoint(reachable([target], self.steps, past=(split, self.start)))
