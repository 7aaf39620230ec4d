"""A proven expression: what it reads, what it yields, and its compiled Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from engine.expressions.canonical import canonical
from engine.expressions.condition import condition_of_tree
from engine.expressions.functions.logic import IsBlank
from engine.expressions.generate import Evaluate, compiled
from engine.expressions.interpret import Program
from engine.expressions.spelling import text_of
from engine.expressions.tree import Source, Tree
from engine.expressions.typed import (
    OLD,
    PARENT,
    RECORD,
    ROW,
    Aggregate,
    Apply,
    Field,
    Node,
    Variable,
    inside,
    parts,
    walk,
)
from engine.expressions.types import Type

Path = tuple[str, ...]


class CheckedExpression:
    """An expression proven against a scope.

    `dependencies` are the paths it reads: ("customer", "region"), ("lines", "amount"), ("parent", "kind"),
    ("row", "qty"), ("$order", "total"); `old.amount` counts as ("amount",). Spans of `node` and of errors
    are places in `spelling`. `referring` are the forms whose records it counts because they refer to one it
    reads. `evaluate(record, env)` gives the value in memory form, `holds(record, env)` whether a condition
    is TRUE; both are compiled at first use.
    """

    def __init__(self, source: Source | Tree, tree: Tree, node: Node) -> None:
        self.source = source
        self.spelling: str = source if isinstance(source, str) else text_of(tree)
        self.tree = tree
        self.node = node
        self.type: Type = node.type
        self.dependencies: frozenset[Path] = frozenset(_dependencies(node, {RECORD: (), PARENT: (PARENT,)}))
        everything = list(walk(node))
        self.variables: frozenset[str] = frozenset(_variables(everything))
        self.not_pushable: tuple[str, ...] = tuple(dict.fromkeys(_in_memory(everything)))
        self.referring: frozenset[str] = frozenset(
            each.rows.of for each in everything if isinstance(each, Aggregate) and each.rows.of
        )
        self.volatile: bool = any(isinstance(n, Apply) and n.function.volatile for n in everything)
        self.evaluate: Evaluate = self._first("evaluate", holds=False)
        self.holds: Callable[..., bool] = self._first("holds", holds=True)

    @property
    def pushable(self) -> bool:
        """Whether SQL can compute it."""
        return not self.not_pushable

    def text(self) -> str:
        """The text spelling."""
        return text_of(self.tree)

    def to_json_condition(self) -> dict[str, Any] | bool:
        """The JSON spelling; what it has no words for becomes {"expr": text}."""
        return condition_of_tree(self.tree)

    def canonical(self) -> dict[str, Any]:
        """The whole expression as JSON, for another evaluator."""
        return self._canonical

    @cached_property
    def _canonical(self) -> dict[str, Any]:
        return canonical(self)

    @cached_property
    def program(self) -> Program:
        """The tree as the tracing evaluator walks it."""
        return Program(self.node)

    def _first(self, name: str, *, holds: bool) -> Evaluate:
        """Compiles when called and puts the compiled function in its own place."""

        def compile_and_run(record: Any, env: Any = None) -> Any:
            function = compiled(self.node, holds=holds)
            setattr(self, name, function)
            return function(record, env)

        return compile_and_run

    def __repr__(self) -> str:
        return f"<CheckedExpression {self.text()!r} -> {self.type.label['en']}>"


def _dependencies(node: Node, roots: dict[str, Path]) -> Iterator[Path]:
    """`roots` says where RECORD and PARENT of this level are, seen from the expression's record."""
    if isinstance(node, Field):
        yield (*_start(node.root, roots), *node.path)
    for part in parts(node):
        yield from _dependencies(part, roots)
    if isinstance(node, Aggregate):
        start = _start(node.rows.root, roots)
        above, below = (*start, *node.rows.path[:-1]), (*start, *node.rows.path)
        found = {
            path for part in inside(node) for path in _dependencies(part, {RECORD: below, PARENT: above})
        }
        yield from found
        if not any(path[: len(below)] == below for path in found):
            yield below


def _start(root: str, roots: dict[str, Path]) -> Path:
    if root == OLD:
        return ()
    return roots.get(root, (root,))


def _variables(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Variable):
            yield node.name
        elif isinstance(node, Field) and node.root.startswith("$"):
            yield node.root[1:]


def _in_memory(nodes: list[Node]) -> Iterator[str]:
    # A place has a column for each of its parts; these only tell whether it is there.
    asked = {
        id(each)
        for node in nodes
        if isinstance(node, Apply) and isinstance(node.function, IsBlank)
        for each in node.arguments
    }
    for node in nodes:
        if isinstance(node, Apply | Aggregate) and node.function.in_memory:
            yield node.function.type
        root = (
            node.root
            if isinstance(node, Field)
            else node.rows.root
            if isinstance(node, Aggregate)
            else RECORD
        )
        if root in {OLD, ROW}:
            yield root
        elif root.startswith("$") and isinstance(node, Field):
            yield ".".join((root, *node.path))
        elif isinstance(node, Field) and node.type.kind == "geo" and id(node) not in asked:
            yield ".".join(node.path)
