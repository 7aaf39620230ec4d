"""Parts that occur more than once in an expression, so that the generated code computes them once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator

from engine.expressions.typed import Aggregate, Apply, Constant, Field, Node, Variable, inside, parts, walk

Marks = dict[int, int]
"""id(node) -> a number that equal parts share; only parts that occur more than once are there."""


def repeated(node: Node) -> Marks:
    """The parts worth keeping. One that only ever occurs inside a larger repeated one is not."""
    leaves = [leaf for each in walk(node) if (leaf := _leaf(each)) is not None]
    if len(set(leaves)) == len(leaves):
        return {}
    marks = Marking()
    marks.mark(node)
    seen: Counter[int] = Counter()
    marks.count(node, seen)
    return {key: mark for key, mark in marks.of.items() if seen[mark] > 1}


def _leaf(node: Node) -> Hashable | None:
    match node:
        case Field():
            return (node.root, node.path)
        case Variable():
            return node.name
        case Aggregate():
            return (node.rows.root, node.rows.path, "rows")
        case _:
            return None


class Marking:
    """Gives equal parts equal numbers, from the leaves up, so that no tree is hashed twice."""

    def __init__(self) -> None:
        self.of: Marks = {}
        self._numbers: dict[Hashable, int] = {}

    def mark(self, node: Node) -> int:
        """The number of a part; those below it get theirs too."""
        below = tuple(self.mark(each) for each in _below(node))
        number = self._numbers.setdefault(_shape(node, below), len(self._numbers))
        if not isinstance(node, Constant):
            self.of[id(node)] = number
        return number

    def count(self, node: Node, seen: Counter[int]) -> None:
        """Counts each part, what lies below equal parts once."""
        if isinstance(node, Constant):
            return
        number = self.of[id(node)]
        seen[number] += 1
        if seen[number] == 1:
            for each in _below(node):
                self.count(each, seen)


def _below(node: Node) -> Iterator[Node]:
    yield from parts(node)
    if isinstance(node, Aggregate):
        yield from inside(node)


def _shape(node: Node, below: tuple[int, ...]) -> Hashable:
    """What makes a part itself, the parts below given by their numbers."""
    kind = node.type
    size = (kind.kind, kind.scale, kind.digits)
    match node:
        case Apply():
            # An option is a literal or a settled object; by its repr unequal ones never look equal.
            return (id(node.function), size, repr(node.option), below)
        case Constant():
            return (size, repr(node.value))
        case Aggregate():
            return node
        case _:
            return _leaf(node)
