"""The definition kind `flow`: from documents to compiled flows, with everything that is wrong as findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.check import read_model
from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.errors import Invalid
from engine.expressions import types as t
from engine.findings import error, has_errors, text
from engine.identity import repository as identity
from engine.protocols import DefinitionKind
from engine.storage.unit_of_work import UnitOfWork
from flows.checks import Drawing, basic_findings, shape_findings
from flows.compile import compile_flow, condition_scope
from flows.compiled import CompiledFlow
from flows.graph import Edge, build
from flows.nodes.node import Node
from flows.proof import soundness_findings
from flows.schema import EdgeDocument, FlowDocument


class FlowKind(DefinitionKind):
    """Flows compile after forms and roles, which they name."""

    type = "flow"
    folder = "flows"
    rank = 50
    Model = FlowDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        compiled: dict[str, Any] = {}
        for key, document in documents.items():
            flow = _check(document, context)
            if flow is not None:
                compiled[key] = flow
        return compiled

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        """`branch` is the condition of an edge, `start` that of the flow."""
        shape = context.shape(str(document.get("form") or asked.get("form")))
        if shape is None or asked.get("place") not in {"branch", "start"}:
            return None
        return Place(condition_scope(context, shape), t.BOOL)

    def publish(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        """Refuse flows that name users who do not exist. Raises Invalid."""
        missing = [
            error(
                "unknown_user",
                f"/flows/{flow.key}",
                text(
                    f"流程“{flow.label['zh']}”的节点“{node}”指定了不存在的用户“{user}”。",
                    f"The node '{node}' of the flow '{flow.label['en']}' names the user '{user}', who does not exist.",
                ),
                text("请改为已有用户，或先创建该用户。", "Name an existing user, or create this one first."),
            )
            for flow in after.kind("flow").values()
            for node, sources in flow.people.items()
            for source in sources
            if source.way == "users"
            for user in source.keys
            if identity.user_by_id(work, user) is None
        ]
        if missing:
            raise Invalid(missing)


def _check(document: FlowDocument, context: Context) -> CompiledFlow | None:
    pointer = f"/flows/{document.key}"
    before = len(context.findings)
    shape = context.shape(document.form) if document.form in context.documents.get("form", {}) else None
    if shape is None:
        known = context.documents.get("form", {})
        context.unknown("unknown_form", f"{pointer}/form", document.form, known, text("表单", "form"))
    drawing = _read(document, pointer, context)
    if drawing is None:
        return None
    context.findings.extend(basic_findings(drawing))
    if has_errors(context.findings[before:]):
        return None
    graph = build(document.key, drawing.nodes, drawing.edges)
    wrong = shape_findings(drawing, graph)
    context.findings.extend(wrong or soundness_findings(graph, drawing.places, pointer))
    flow = compile_flow(document, graph, drawing, context) if shape is not None else None
    return None if has_errors(context.findings[before:]) else flow


def _read(document: FlowDocument, pointer: str, context: Context) -> Drawing | None:
    nodes = [_node(raw, f"{pointer}/nodes/{index}", context) for index, raw in enumerate(document.nodes)]
    ready = [node for node in nodes if node is not None]
    if len(ready) < len(nodes):
        return None
    edges = [_edge(index, edge) for index, edge in enumerate(document.edges)]
    places = {node.key: f"{pointer}/nodes/{index}" for index, node in enumerate(ready)}
    return Drawing(document.key, ready, edges, places, pointer)


def _node(raw: Mapping[str, Any], pointer: str, context: Context) -> Node | None:
    known, name = context.registries["flow_node"], raw.get("type")
    kind = known.get(name) if isinstance(name, str) else None
    if kind is None:
        context.unknown(
            "unknown_node_type", f"{pointer}/type", str(name), known, text("节点类型", "kind of node")
        )
        return None
    params = read_model(kind.Params, raw, pointer, context.findings)
    return None if params is None else kind(params)


def _edge(index: int, document: EdgeDocument) -> Edge:
    return Edge(
        index=index,
        source=document.source,
        target=document.to,
        on=document.on,
        default=document.default,
        conditional=document.when is not None,
    )
