"""Builds graphs for tests from a compact notation."""

from __future__ import annotations

from flows.built_ins import NODES
from flows.graph import Edge, Graph, build

KINDS = {kind.type: kind for kind in NODES}


def node(key: str, type_: str, **params):
    kind = KINDS[type_]
    if type_ == "approval":
        params.setdefault("assignees", ({"user": key},))
    return kind(kind.Params.model_validate({"key": key, "type": type_, **params}))


def edge(index: int, text: str) -> Edge:
    """`a>b`, `a>b:reject`, `a>b:approve`, `a>b?` with a condition, `a>b!` the default."""
    ends, _, on = text.partition(":")
    conditional, default = ends.endswith("?"), ends.endswith("!")
    source, target = ends.rstrip("?!").split(">")
    return Edge(index, source, target, on or None, default, conditional)


def graph(nodes: str, edges: str, **params) -> Graph:
    """`graph("start:start n1:approval end:end", "start>n1 n1>end:approve n1>end:reject")`."""
    made = [
        node(key, kind, **params.get(key, {})) for key, _, kind in (n.partition(":") for n in nodes.split())
    ]
    return build("flow", made, [edge(index, text) for index, text in enumerate(edges.split())])
