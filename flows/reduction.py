"""Proves soundness of nested graphs without exploring them: parts with one way in and out shrink to an edge.

Each rule keeps soundness as it is: equal edges from a one-token node, or from a split to a join, are one;
a loop at one node goes; a one-token node goes when every token enters it from a one-token node or leaves it
by one edge, and before a join only when it has one way in. What shrinks to a single edge from start to end
is sound. A rejection that cancels a region gives the same marking as never having entered it, so it is moved
before the split first.
"""

from __future__ import annotations

from collections import Counter

from flows.graph import Graph

FINAL = "\0final"


def proven_sound(graph: Graph) -> bool:
    """Whether `graph` reduces to one edge; False says only that this method cannot tell."""
    if graph.regions.unmatched or any(node not in graph.regions.nodes for node in graph.nodes):
        return False
    return _Reduction(graph).run()


class _Reduction:
    def __init__(self, graph: Graph) -> None:
        self.start = graph.start
        self.kinds: dict[str, str] = {key: str(node.tokens) for key, node in graph.nodes.items()} | {
            FINAL: "passes"
        }
        self.edges: Counter[tuple[str, str]] = Counter()
        before = {split: f"\0{split}" for _, split in graph.regions.leaves.values()}
        for split, entry in before.items():
            self.kinds[entry] = "passes"
            self.edges[entry, split] += 1
        for edge in graph.edges:
            target = FINAL if edge.target == graph.start else before.get(edge.target, edge.target)
            left = graph.regions.leaves.get(edge.index)
            self.edges[before[left[1]] if left else edge.source, target] += 1
        for key, node in graph.nodes.items():
            if node.exits.most == 0:
                self.edges[key, FINAL] += 1

    def run(self) -> bool:
        while self._merge() or self._unfold() or self._eliminate():
            pass
        return dict(self.edges) == {(self.start, FINAL): 1}

    def _merge(self) -> bool:
        """Equal edges of which only one is taken, or all at once towards a join, become one."""
        for (source, target), count in self.edges.items():
            source_kind, target_kind = self.kinds[source], self.kinds[target]
            if count > 1 and (source_kind == "passes" or (source_kind, target_kind) == ("splits", "joins")):
                self.edges[source, target] = 1
                return True
        for node, kind in self.kinds.items():
            if kind == "passes" and self.edges.get((node, node)) and len(self._after(node)) > 1:
                del self.edges[node, node]
                return True
        return False

    def _unfold(self) -> bool:
        """A split with one way out, or a join with one way in, only passes its token on."""
        for node, kind in self.kinds.items():
            ways = self._after(node) if kind == "splits" else self._before(node)
            if kind != "passes" and sum(self.edges[way] for way in ways) == 1:
                self.kinds[node] = "passes"
                return True
        return False

    def _eliminate(self) -> bool:
        for node, kind in self.kinds.items():
            if kind != "passes" or node in {self.start, FINAL} or self.edges.get((node, node)):
                continue
            before, after = self._before(node), self._after(node)
            narrow = len(after) == 1 or all(self.kinds[source] == "passes" for source, _ in before)
            # alternatives that enter a join by one edge must not become several edges it waits for
            alone = sum(self.edges[way] for way in before) == 1
            waits = any(self.kinds[target] == "joins" for _, target in after)
            if before and after and narrow and (alone or not waits):
                self._bypass(node, before, after)
                return True
        return False

    def _bypass(self, node: str, before: list[tuple[str, str]], after: list[tuple[str, str]]) -> None:
        for source, _ in before:
            for _, target in after:
                self.edges[source, target] += self.edges[source, node]
        for way in (*before, *after):
            del self.edges[way]
        del self.kinds[node]

    def _before(self, node: str) -> list[tuple[str, str]]:
        return [way for way in self.edges if way[1] == node]

    def _after(self, node: str) -> list[tuple[str, str]]:
        return [way for way in self.edges if way[0] == node]
