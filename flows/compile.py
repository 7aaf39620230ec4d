"""Compiles what a flow says about records: conditions, people, field rights and actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.connect.recipients import Source, compile_entries
from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Scope, Shape, Type
from engine.expressions import types as t
from engine.findings import text
from engine.protocols import ActionScope
from flows.actions import Guarded, compile_actions
from flows.branches import branch_findings
from flows.checks import Drawing
from flows.compiled import CompiledFlow
from flows.findings import named, named_en
from flows.graph import Graph
from flows.nodes.approval import ApprovalParams
from flows.nodes.node import Node
from flows.nodes.start import StartParams
from flows.schema import FlowDocument

VARIABLES: Mapping[str, Type] = {"submitter": t.ref("user")}
"""What flows add to the variables of expressions: who submitted the record."""


def compile_flow(
    document: FlowDocument, graph: Graph, drawing: Drawing, context: Context
) -> CompiledFlow | None:
    """The compiled flow; what is wrong goes to `context` as findings."""
    shape = context.shape(document.form)
    start = graph.nodes[graph.start].params
    if shape is None or not isinstance(start, StartParams):
        return None
    compiler = _Compiler(document, drawing, context, shape)
    conditions = compiler.conditions()
    for node in drawing.nodes:
        context.findings.extend(branch_findings(document, graph, node, drawing, context))
    return CompiledFlow(
        key=document.key,
        form=document.form,
        label={"zh": document.label.zh, "en": document.label.en},
        graph=graph,
        start=start,
        when=compiler.when(start),
        conditions=conditions,
        people={node.key: compiler.people(node) for node in drawing.nodes if node.type == "approval"},
        actions={
            (node.key, name): compiler.actions(node, name)
            for node in drawing.nodes
            for name in node.actions()
        },
        names=compiler.names,
        labels={
            index: {"zh": edge.label.zh, "en": edge.label.en}
            for index, edge in enumerate(document.edges)
            if edge.label is not None
        },
    )


def condition_scope(context: Context, shape: Shape) -> Scope:
    """What the conditions of a flow see: the record, and who submitted it."""
    return context.scope(shape, variables=dict(VARIABLES))


class _Compiler:
    def __init__(self, document: FlowDocument, drawing: Drawing, context: Context, shape: Shape) -> None:
        self.document = document
        self.drawing = drawing
        self.context = context
        self.shape = shape
        self.names: dict[tuple[str, str], tuple[str, ...]] = {}

    def _scope(self) -> Scope:
        return condition_scope(self.context, self.shape)

    def when(self, start: StartParams) -> CheckedExpression | None:
        if start.when is None:
            return None
        pointer = f"{self.drawing.places[start.key]}/when"
        return self.context.expression(start.when, pointer, self._scope(), expect=t.BOOL)

    def conditions(self) -> dict[int, CheckedExpression]:
        found: dict[int, CheckedExpression] = {}
        for index, edge in enumerate(self.document.edges):
            if edge.when is None:
                continue
            pointer = f"{self.drawing.pointer}/edges/{index}/when"
            checked = self.context.expression(edge.when, pointer, self._scope(), expect=t.BOOL)
            if checked is not None:
                found[index] = checked
        return found

    def people(self, node: Node) -> tuple[Source, ...]:
        params: ApprovalParams = node.params
        pointer = self.drawing.places[node.key]
        for index, field in enumerate(params.write):
            self._field(field, f"{pointer}/write/{index}", node)
        for index, field in enumerate(params.hidden):
            self._field(field, f"{pointer}/hidden/{index}", node, hidden=True)
        sources = compile_entries(params.assignees, f"{pointer}/assignees", self._scope(), self.context)
        for index, source in enumerate(sources or ()):
            if source.expression is not None and source.expression.type.kind == "text":
                self.context.error(
                    "not_a_person",
                    f"{pointer}/assignees/{index}/expr",
                    text("审批人必须是用户，不能是邮箱地址。", "An approver is a user, not a mail address."),
                    text("请使用用户类字段。", "Use a field of type user."),
                )
        return sources or ()

    def _field(self, name: str, pointer: str, node: Node, *, hidden: bool = False) -> None:
        """Checks that `name` or `child.name` is a field of the form."""
        head, _, rest = name.partition(".")
        child = self.shape.child(head)
        owner = child if child is not None and rest else self.shape
        wanted = rest if owner is child else name
        if wanted in owner.names():
            if not hidden:
                self._writable(wanted, head if owner is child else None, pointer)
            return
        what = text(
            f"字段（节点“{named(node)}”，表单“{self.document.form}”）",
            f"field (node '{named_en(node)}', form '{self.document.form}')",
        )
        self.context.unknown("unknown_field", pointer, name, owner.names(), what)

    def _writable(self, name: str, child: str | None, pointer: str) -> None:
        """Refuses computed and system fields, which nobody can fill in."""
        form = self.context.compiled.get("form", {}).get(self.document.form)
        kind = form if form is None or child is None else form.children[child]
        field = kind.fields.get(name) if kind is not None else None
        if field is not None and (field.derived or field.system):
            self.context.error(
                "derived_field",
                pointer,
                text(
                    f"字段“{name}”由系统计算，审批人不能填写。",
                    f"The field '{name}' is computed; approvers cannot fill it in.",
                ),
                text("请从 write 中去掉它。", "Remove it from write."),
            )

    def actions(self, node: Node, name: str) -> tuple[Guarded, ...]:
        documents: tuple[Mapping[str, Any], ...] = tuple(node.actions()[name])
        pointer = f"{self.drawing.places[node.key]}/{name}"
        variables = {**self.context.variables, **VARIABLES}
        known = set(variables)
        ready = compile_actions(documents, ActionScope(self.context, pointer, self.shape, variables))
        self.names[node.key, name] = tuple(sorted(set(variables) - known))
        return ready
