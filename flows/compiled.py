"""A flow as a request uses it: the graph with every expression and action checked and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.connect.recipients import Source
from engine.expressions import CheckedExpression
from flows.actions import Guarded
from flows.graph import Graph
from flows.nodes.start import StartParams


@dataclass(frozen=True, slots=True)
class CompiledFlow:
    """One published flow. `conditions` by edge index, `people` by node, `actions` and the `names` they
    may create by (node, list)."""

    key: str
    form: str
    label: Mapping[str, str]
    graph: Graph
    start: StartParams
    when: CheckedExpression | None
    conditions: Mapping[int, CheckedExpression]
    people: Mapping[str, tuple[Source, ...]]
    actions: Mapping[tuple[str, str], tuple[Guarded, ...]]
    names: Mapping[tuple[str, str], tuple[str, ...]]
    labels: Mapping[int, Mapping[str, str]]
