"""Checks of the shape of a flow: pure, over its nodes and edges, each remark with its node and a fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.findings import Finding, error, text
from flows.findings import about
from flows.graph import Edge, Graph
from flows.nodes.node import Node
from flows.reach import reachable


@dataclass(frozen=True, slots=True)
class Drawing:
    """A flow before it is known to be a graph. `places` are the pointers of nodes by key."""

    key: str
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    places: Mapping[str, str]
    pointer: str

    def by_key(self) -> dict[str, Node]:
        """The nodes by key."""
        return {node.key: node for node in self.nodes}

    def edge_pointer(self, edge: Edge) -> str:
        """Where `edge` stands in the document."""
        return f"{self.pointer}/edges/{edge.index}"


def basic_findings(drawing: Drawing) -> list[Finding]:
    """What keeps the drawing from being a graph at all."""
    return [*_doubles(drawing), *_dangling(drawing), *_starts(drawing)]


def _doubles(drawing: Drawing) -> Iterator[Finding]:
    keys = [node.key for node in drawing.nodes]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield error(
                "duplicate_node",
                f"{drawing.pointer}/nodes/{index}/key",
                text(f"有两个节点都叫“{key}”。", f"Two nodes have the key '{key}'."),
                text("请给其中一个换一个键。", "Give one of them another key."),
            )


def _dangling(drawing: Drawing) -> Iterator[Finding]:
    known = set(drawing.by_key())
    for edge in drawing.edges:
        for part, name in (("from", edge.source), ("to", edge.target)):
            if name not in known:
                yield error(
                    "unknown_node",
                    f"{drawing.edge_pointer(edge)}/{part}",
                    text(f"没有名为“{name}”的节点。", f"There is no node named '{name}'."),
                    text("请改为已有节点的键，或补上该节点。", "Name an existing node, or add this one."),
                )


def _starts(drawing: Drawing) -> Iterator[Finding]:
    starts = [node.key for node in drawing.nodes if node.type == "start"]
    if len(starts) != 1:
        yield error(
            "one_start",
            f"{drawing.pointer}/nodes",
            text(
                f"流程必须恰好有一个开始节点，现有 {len(starts)} 个。",
                f"A flow has exactly one start; this one has {len(starts)}.",
            ),
            text("请只保留一个开始节点。", "Keep one node of type start."),
        )
    if not any(node.type == "end" for node in drawing.nodes):
        yield error(
            "no_end",
            f"{drawing.pointer}/nodes",
            text("流程没有结束节点。", "The flow has no end."),
            text("请添加结束节点。", "Add a node of type end."),
        )


def shape_findings(drawing: Drawing, graph: Graph) -> list[Finding]:
    """Wrong ways out, unreachable nodes, dead ends and loops nobody can stop."""
    found: list[Finding] = []
    for node in drawing.nodes:
        found += _exits(drawing, graph, node)
    return [
        *found,
        *_unreachable(drawing, graph),
        *_joins(drawing, graph),
        *(_endless(drawing, graph) if not found else ()),
    ]


def _exits(drawing: Drawing, graph: Graph, node: Node) -> Iterator[Finding]:
    outs, pointer = graph.outs(node.key), drawing.places[node.key]
    if node.exits.on:
        yield from _decisions(drawing, graph, node)
        return
    for edge in outs:
        yield from _edge_words(drawing, node, edge)
    if len(outs) < node.exits.least:
        code = "dead_end" if not outs else "split_with_one_way"
        if code == "dead_end":
            yield _dead_end(node, pointer)
        else:
            yield about(
                node,
                code,
                pointer,
                "并行节点{}至少要有两条出口。",
                "The split {} needs at least two ways out.",
                fix_zh="请补上另一条分支，或改用普通连线。",
                fix_en="Add another branch, or connect the nodes directly.",
            )
    if node.exits.most is not None and len(outs) > node.exits.most:
        yield about(
            node,
            "too_many_ways_out",
            pointer,
            f"节点{{}}最多只能有 {node.exits.most} 条出口，现有 {len(outs)} 条。",
            f"The node {{}} may have {node.exits.most} way(s) out and has {len(outs)}.",
            fix_zh="请用分支节点（exclusive 或 parallel）分流。",
            fix_en="Put an exclusive or a parallel node behind it.",
        )


def _dead_end(node: Node, pointer: str) -> Finding:
    return about(
        node,
        "dead_end",
        pointer,
        "节点{}没有出口，流程会停在这里。",
        "The node {} has no way out; the flow would stop there.",
        fix_zh="请把它连到后续节点或结束节点。",
        fix_en="Connect it to a next node or to an end.",
    )


def _decisions(drawing: Drawing, graph: Graph, node: Node) -> Iterator[Finding]:
    outs, pointer = graph.outs(node.key), drawing.places[node.key]
    if not outs:
        yield _dead_end(node, pointer)
        return
    words = {"approve": "同意", "reject": "驳回"}
    for decision in node.exits.on:
        count = sum(edge.on == decision for edge in outs)
        if count == 0:
            yield about(
                node,
                f"{decision}_edge_missing",
                pointer,
                f"审批节点{{}}缺少“{words.get(decision, decision)}”出口。",
                f"The approval {{}} has no edge for '{decision}'.",
                fix_zh=f'请添加一条 "on": "{decision}" 的连线。',
                fix_en=f'Add an edge with "on": "{decision}".',
            )
        elif count > 1:
            yield about(
                node,
                "decision_twice",
                pointer,
                f"审批节点{{}}有 {count} 条“{words.get(decision, decision)}”出口。",
                f"The approval {{}} has {count} edges for '{decision}'.",
                fix_zh="请只保留一条；需要分流时在其后加分支节点。",
                fix_en="Keep one; to branch, put an exclusive node behind it.",
            )
    for edge in outs:
        if edge.on not in node.exits.on or edge.conditional or edge.default:
            yield about(
                node,
                "edge_without_decision",
                drawing.edge_pointer(edge),
                "审批节点{}的每条出口都要写明 on 为 approve 或 reject，且不能带条件。",
                "Every edge out of the approval {} says on approve or on reject, and has no condition.",
                fix_zh="请补上 on；条件请放到其后的分支节点。",
                fix_en="Add on; put conditions at an exclusive node behind it.",
            )


def _edge_words(drawing: Drawing, node: Node, edge: Edge) -> Iterator[Finding]:
    if edge.on is not None:
        yield about(
            node,
            "decision_not_expected",
            f"{drawing.edge_pointer(edge)}/on",
            "节点{}不是审批节点，它的出口不能写 on。",
            "The node {} is no approval; its edges have no on.",
            fix_zh="请删除 on。",
            fix_en="Remove on.",
        )
    if (edge.conditional or edge.default) and not node.exits.conditions:
        yield about(
            node,
            "condition_not_expected",
            drawing.edge_pointer(edge),
            "只有排他分支的出口可以带条件，而节点{}不是。",
            "Only edges of an exclusive branch have conditions, and {} is none.",
            fix_zh="请把条件放到 exclusive 节点的出口上。",
            fix_en="Move the condition to an edge of an exclusive node.",
        )


def _unreachable(drawing: Drawing, graph: Graph) -> Iterator[Finding]:
    seen = reachable([graph.start], {node: graph.next(node) for node in graph.nodes})
    for node in drawing.nodes:
        if node.key not in seen:
            yield about(
                node,
                "unreachable_node",
                drawing.places[node.key],
                "从开始节点走不到节点{}。",
                "The node {} cannot be reached from the start.",
                fix_zh="请把它连入流程，或删除它。",
                fix_en="Connect it, or remove it.",
            )


def _joins(drawing: Drawing, graph: Graph) -> Iterator[Finding]:
    for key in sorted(graph.regions.unmatched):
        yield about(
            graph.nodes[key],
            "join_without_split",
            drawing.places[key],
            "汇合节点{}之前没有与之对应的并行节点，它会一直等待。",
            "The join {} has no parallel split before it; it would wait for ever.",
            fix_zh="请在前面添加 parallel 节点；若只是合并分支，请改用 exclusive。",
            fix_en="Add a parallel node before it; to merge alternatives, use exclusive instead.",
        )


def _endless(drawing: Drawing, graph: Graph) -> Iterator[Finding]:
    """Loops through automatic nodes only."""
    automatic = {
        key: [target for target in graph.next(key) if not graph.nodes[target].waits]
        for key, node in graph.nodes.items()
        if not node.waits
    }
    for node in drawing.nodes:
        if node.key in automatic and node.key in reachable(automatic[node.key], automatic):
            yield about(
                node,
                "endless_loop",
                drawing.places[node.key],
                "节点{}处在一个没有人工环节的循环里，流程会无休止地空转。",
                "The node {} lies on a loop without any person in it; the flow would spin for ever.",
                fix_zh="请在循环里加入审批节点，或断开循环。",
                fix_en="Put an approval into the loop, or break it.",
            )
            return
