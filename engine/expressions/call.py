"""One call as a function sees it while it is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.expressions.coerce import convert, read_as
from engine.expressions.errors import ExpressionError, Span, did_you_mean
from engine.expressions.function import Function, Parameter, mismatch
from engine.expressions.parameters import BOOL_WANTED, WHOLE_WANTED
from engine.expressions.scope import Scope
from engine.expressions.tree import Tree
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import Type
from engine.findings import Text, text


class Checks(Protocol):
    """The checker, as far as functions use it."""

    @property
    def scope(self) -> Scope:
        """The names in reach."""

    @property
    def prefix(self) -> tuple[str, ...]:
        """The path of the child table whose rows are checked; empty outside of rows."""

    def node(self, tree: Tree) -> Node:
        """The typed form of a part."""

    def within(self, scope: Scope, prefix: tuple[str, ...]) -> Checks:
        """A checker for the rows of a child table; names may start with `prefix`."""


@dataclass(frozen=True, slots=True)
class Site:
    """A function or operator with its untyped arguments."""

    function: Function
    trees: tuple[Tree, ...]
    span: Span
    checks: Checks

    def apply(self, kind: Type, arguments: Sequence[Node], option: Any = None) -> Apply:
        """The typed call."""
        return Apply(kind, self.function, tuple(arguments), option, span=self.span)

    def nodes(self) -> list[Node]:
        """All arguments, typed, as they come."""
        return [self.checks.node(tree) for tree in self.trees]

    def declared(self) -> list[Node]:
        """The arguments, proven against the function's parameters; optional ones may be missing."""
        parameters = self.function.parameters
        self.count(sum(not p.optional for p in parameters), None if self._repeats() else len(parameters))
        return [self.fitting(tree, self.parameter(index)) for index, tree in enumerate(self.trees)]

    def parameter(self, index: int) -> Parameter:
        """The parameter that argument `index` belongs to; the last one may repeat."""
        return self.function.parameters[min(index, len(self.function.parameters) - 1)]

    def fitting(self, tree: Tree, parameter: Parameter) -> Node:
        """The typed argument. Raises ExpressionError when `parameter` does not accept its type."""
        node = self.checks.node(tree)
        if parameter.to is not None:
            node = read_as(node, parameter.to)
        if not parameter.accepts(node.type):
            raise self.unfit(node, parameter.wanted)
        if parameter.to is not None and node.type.kind != "list":
            return convert(node, parameter.to) if parameter.to.numeric else node
        return node

    def count(self, least: int, most: int | None) -> None:
        """Prove the number of arguments."""
        found = len(self.trees)
        if found >= least and (most is None or found <= most):
            return
        name, some = self.function.type.upper(), f"{least}" if most in {None, least} else f"{least}–{most}"
        raise ExpressionError(
            "wrong_arguments",
            self.span,
            f"{name} 需要{'至少' if most is None else ''} {some} 个参数，却有 {found} 个。",
            f"{name} takes {'at least ' if most is None else ''}{some} argument{'s' * (some != '1')}, not {found}.",
            suggestion=text(f"写法：{self.usage()}", f"Write {self.usage()}."),
        )

    def usage(self) -> str:
        """The call as the documentation shows it."""
        return usage(self.function)

    def unfit(self, node: Node, wanted: Text) -> ExpressionError:
        """The error for an argument of the wrong type."""
        name = self.function.type
        return mismatch(
            node.span,
            f"{name} 此处需要{wanted['zh']}，却是{node.type.label['zh']}。",
            f"{name} needs {wanted['en']} here, not {node.type.label['en']}.",
            suggestion=_advice(node, wanted),
        )

    def word(self, index: int, words: Sequence[str]) -> str:
        """A constant text argument that is one of `words`. Raises ExpressionError."""
        node = self.checks.node(self.trees[index])
        if isinstance(node, Constant) and isinstance(node.value, str) and node.value.lower() in words:
            return node.value.lower()
        raise ExpressionError(
            "wrong_word",
            node.span,
            f"{self.function.type} 此处应写：{'、'.join(words)}。",
            f"{self.function.type} takes one of these words here: {', '.join(words)}.",
            suggestion=self._word_meant(node, words),
        )

    def _word_meant(self, node: Node, words: Sequence[str]) -> Text:
        given = node.value if isinstance(node, Constant) and isinstance(node.value, str) else ""
        usual = text(f"写法：{self.usage()}", f"Write {self.usage()}.")
        return (did_you_mean(given, words, form='"{}"') if given else None) or usual

    def constant_whole(self, index: int, least: int, most: int) -> int:
        """A constant whole number. Raises ExpressionError."""
        node = self.checks.node(self.trees[index])
        good = isinstance(node, Constant) and node.type.numeric and node.type.scale == 0
        if isinstance(node, Constant) and good and node.value is not None and least <= node.value <= most:
            return int(node.value)
        raise ExpressionError(
            "constant_needed",
            node.span,
            f"此处需要 {least} 到 {most} 之间的固定整数。",
            f"Write a whole number from {least} to {most} here.",
        )

    def _repeats(self) -> bool:
        return bool(self.function.parameters) and self.function.parameters[-1].repeated


def _advice(node: Node, wanted: Text) -> Text | None:
    if wanted == WHOLE_WANTED and node.type.numeric:
        return text("请先取整，例如 ROUND(x)。", "Round it first, for example ROUND(x).")
    if wanted == BOOL_WANTED and isinstance(node, Constant):
        return text(
            '每个条件都要写全：x = "a" or x = "b"；或写 x in ["a", "b"]。',
            'Write each condition in full: x = "a" or x = "b"; or write x in ["a", "b"].',
        )
    return None


def usage(function: Function) -> str:
    """How a call is written: `LEFT(text, count)`."""
    names = []
    for parameter in function.parameters:
        name = f"{parameter.name}, …" if parameter.repeated else parameter.name
        names.append(f"[{name}]" if parameter.optional else name)
    return f"{function.type.upper()}({', '.join(names)})"
