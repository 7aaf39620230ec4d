"""Checks of exclusive branches: every edge says when, and some edge always holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.definitions.context import Context
from engine.expressions import parse
from engine.expressions.errors import ExpressionError
from engine.findings import Finding
from flows.checks import Drawing
from flows.coverage import Gap, NotComparable, find_gap
from flows.findings import about
from flows.graph import Edge, Graph
from flows.nodes.node import Node
from flows.schema import FlowDocument
from forms.schema import SYSTEM_FIELDS

ALWAYS_THERE = {"id", "rev", "created_at", "created_by"} & set(SYSTEM_FIELDS)


def branch_findings(
    document: FlowDocument, graph: Graph, node: Node, drawing: Drawing, context: Context
) -> list[Finding]:
    """What is wrong with the conditions at the edges of `node`."""
    outs = graph.outs(node.key)
    if not node.exits.conditions or not outs or (len(outs) == 1 and not outs[0].conditional):
        return []
    found = list(_edges(node, outs, drawing))
    if found or any(edge.default for edge in outs):
        return found
    try:
        gap = _gap(document, outs, context)
    except (NotComparable, ExpressionError):
        return [_open(node, drawing, None)]
    return [] if gap is None else [_open(node, drawing, gap)]


def _edges(node: Node, outs: tuple[Edge, ...], drawing: Drawing) -> Iterator[Finding]:
    defaults = [edge for edge in outs if edge.default]
    for edge in defaults[1:]:
        yield about(
            node,
            "two_defaults",
            f"{drawing.edge_pointer(edge)}/default",
            "分支节点{}只能有一个默认出口。",
            "The branch {} may have one default edge only.",
            fix_zh="请只保留一个 default。",
            fix_en="Keep one default.",
        )
    for edge in outs:
        if edge.default == edge.conditional:
            yield about(
                node,
                "edge_without_condition",
                drawing.edge_pointer(edge),
                "分支节点{}的每条出口要么有条件 when，要么是默认出口 default，二者取一。",
                "Every edge out of the branch {} has either a condition (when) or is the default.",
                fix_zh="请补上 when，或设为 default。",
                fix_en="Add when, or make it the default.",
            )


def _gap(document: FlowDocument, outs: tuple[Edge, ...], context: Context) -> Gap | None:
    """A record that no condition holds for, or None when they provably cover everything."""
    trees = [parse(_source(document.edges[edge.index].when)) for edge in outs]
    fields = _Fields(document.form, context)
    return find_gap(trees, options=fields.options, never_blank=fields.never_blank)


def _source(when: Any) -> Any:
    return True if when is None else when


class _Fields:
    """What the form says about its own fields."""

    def __init__(self, form: str, context: Context) -> None:
        self.shape = context.shape(form)
        document = context.documents.get("form", {}).get(form)
        raw = getattr(document, "fields", ())
        self.required = {field.get("key") for field in raw if field.get("required") is True}

    def options(self, path: tuple[str, ...]) -> tuple[str, ...] | None:
        """The keys of a choice field of the form itself."""
        kind = self.shape.type_of(path[0]) if self.shape is not None and len(path) == 1 else None
        return kind.options if kind is not None and kind.kind == "choice" else None

    def never_blank(self, path: tuple[str, ...]) -> bool:
        """Whether a field of the form itself always has a value."""
        return len(path) == 1 and (path[0] in self.required or path[0] in ALWAYS_THERE)


def _open(node: Node, drawing: Drawing, gap: Gap | None) -> Finding:
    example_zh = example_en = ""
    if gap is not None and gap.case:
        case = ", ".join(f"{term} = {value}" for term, value in gap.case)
        example_zh, example_en = f"例如 {case} 时没有出口。", f" For example {case} has no way out."
    return about(
        node,
        "branch_without_default",
        drawing.places[node.key],
        f"分支节点{{}}没有默认出口，且不能证明各条件已覆盖所有情况。{example_zh}",
        f"The branch {{}} has no default edge, and its conditions are not proven to cover every record.{example_en}",
        fix_zh="请把其中一条出口设为 default。",
        fix_en="Make one of its edges the default.",
    )
