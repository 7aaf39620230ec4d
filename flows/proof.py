"""The proof that a flow can always be finished properly, as findings."""

from __future__ import annotations

from collections.abc import Mapping

from engine.findings import Finding, error, text
from flows.findings import about, story_en, story_zh
from flows.graph import Graph
from flows.reduction import proven_sound
from flows.soundness import LIMIT, Trouble, explore


def soundness_findings(
    graph: Graph, places: Mapping[str, str], pointer: str, *, limit: int = LIMIT
) -> list[Finding]:
    """Errors for every way the flow could get stuck or end twice. The graph passed the shape checks."""
    if proven_sound(graph):
        return []
    found = explore(graph, limit=limit)
    findings = [_finding(trouble, graph, places) for trouble in found.troubles]
    if not findings and not found.complete:
        return [_not_proven(pointer, limit)]
    if not findings:
        findings += [
            _dead(graph, key, places) for key in graph.nodes if key not in found.visited | {graph.start}
        ]
    return findings


def _finding(trouble: Trouble, graph: Graph, places: Mapping[str, str]) -> Finding:
    key = trouble.nodes[0] if trouble.nodes else graph.start
    zh, en, fix_zh, fix_en = SENTENCES[trouble.kind]
    return about(
        graph.nodes[key],
        trouble.kind,
        places[key],
        f"{zh}（例如：{story_zh(trouble.story)} 之后）。",
        f"{en} (for example after: {story_en(trouble.story)}).",
        fix_zh=fix_zh,
        fix_en=fix_en,
    )


SENTENCES = {
    "deadlock": (
        "流程会卡死在节点{}",
        "The flow can get stuck at the node {}",
        "请让对应 parallel 的每条分支都通向该汇合；只是合并分支时请改用 exclusive。",
        "Lead every branch of its parallel split into this join; to merge alternatives, use exclusive.",
    ),
    "improper_completion": (
        "到达结束节点{}时，其他并行分支还没有结束",
        "The end {} can be reached while parallel branches are still open",
        "请在结束之前用 join 汇合所有并行分支。",
        "Join all parallel branches before the end.",
    ),
    "double_token": (
        "节点{}会被并行分支同时进入两次",
        "Parallel branches can enter the node {} twice at the same time",
        "请在该节点之前用 join 汇合并行分支。",
        "Join the parallel branches before this node.",
    ),
    "never_ends": (
        "从节点{}起流程再也无法结束",
        "From the node {} on the flow can never end",
        "请给这个循环一条通往结束节点的出口。",
        "Give this loop a way to an end.",
    ),
}


def _dead(graph: Graph, key: str, places: Mapping[str, str]) -> Finding:
    return about(
        graph.nodes[key],
        "dead_node",
        places[key],
        "节点{}永远不会被执行。",
        "The node {} can never become active.",
        fix_zh="请检查它前面的汇合与分支，或删除它。",
        fix_en="Check the joins and branches before it, or remove it.",
    )


def _not_proven(pointer: str, limit: int) -> Finding:
    return error(
        "not_proven",
        f"{pointer}/nodes",
        text(
            f"流程的并行结构过于交错，检查了 {limit} 种情况仍不能证明它总能正常结束。",
            f"The parallel parts are so tangled that {limit} situations do not prove that the flow always ends.",
        ),
        text(
            "请让每个 parallel 有自己的 join，并成对嵌套。",
            "Give every parallel split a join of its own, nested in pairs.",
        ),
    )
