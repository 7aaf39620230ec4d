"""Where the nodes of a graph go in a drawing: in layers from left to right, without crossings where easy.

Pure. Layers follow the longest way from the start; edges that lead back do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.graph import Edge, Graph

ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Column and row of a node, counted from 0."""

    layer: int
    row: int


def layout(graph: Graph) -> dict[str, Place]:
    """A place for every node."""
    forward = [edge for edge in graph.edges if edge.index not in _back_edges(graph)]
    layers = _layers(graph, forward)
    columns: dict[int, list[str]] = {}
    for node in graph.nodes:
        columns.setdefault(layers[node], []).append(node)
    for _ in range(ROUNDS):
        _order(columns, forward)
    return {
        node: Place(layer, row) for layer, nodes in sorted(columns.items()) for row, node in enumerate(nodes)
    }


def _back_edges(graph: Graph) -> set[int]:
    """Edges that close a loop, found depth first from the start."""
    back: set[int] = set()
    done: set[str] = set()
    for root in (graph.start, *graph.nodes):
        if root in done:
            continue
        trail: list[tuple[str, list[Edge]]] = [(root, list(graph.outs(root)))]
        on_trail = {root}
        while trail:
            node, left = trail[-1]
            if not left:
                trail.pop()
                on_trail.discard(node)
                done.add(node)
                continue
            edge = left.pop(0)
            if edge.target in on_trail:
                back.add(edge.index)
            elif edge.target not in done:
                trail.append((edge.target, list(graph.outs(edge.target))))
                on_trail.add(edge.target)
    return back


def _layers(graph: Graph, forward: Sequence[Edge]) -> dict[str, int]:
    layers = dict.fromkeys(graph.nodes, 0)
    for _ in graph.nodes:
        moved = False
        for edge in forward:
            if layers[edge.target] <= layers[edge.source]:
                layers[edge.target] = layers[edge.source] + 1
                moved = True
        if not moved:
            break
    return layers


def _order(columns: Mapping[int, list[str]], forward: Sequence[Edge]) -> None:
    """One sweep of the barycenter rule: a node stands near the middle of those before it."""
    for layer in sorted(columns)[1:]:
        rows = {node: row for nodes in columns.values() for row, node in enumerate(nodes)}
        before: dict[str, list[int]] = {}
        for edge in forward:
            before.setdefault(edge.target, []).append(rows[edge.source])
        nodes = columns[layer]
        nodes.sort(key=lambda node: _middle(before.get(node, []), rows[node]))


def _middle(rows: Sequence[int], default: int) -> float:
    return sum(rows) / len(rows) if rows else float(default)
