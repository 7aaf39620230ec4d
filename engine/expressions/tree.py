"""The tree that both spellings give. Spans are places in the text and do not count in comparisons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.expressions.errors import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Tree:
    """Any part of an expression."""

    span: Span = field(default=NOWHERE, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Number(Tree):
    """A decimal literal: value scaled by 10**scale."""

    value: int
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Text(Tree):
    value: str


@dataclass(frozen=True, slots=True)
class Boolean(Tree):
    value: bool


@dataclass(frozen=True, slots=True)
class Null(Tree):
    pass


@dataclass(frozen=True, slots=True)
class Name(Tree):
    """A field, a path along references, or a `$variable` (first part with the $). `places` are the spans of
    the parts; none where nobody wrote them.
    """

    parts: tuple[str, ...]
    places: tuple[Span, ...] = field(default=(), compare=False)

    def place(self, index: int) -> Span:
        """Where a part stands; the whole name when that is not known."""
        return self.places[index] if self.places else self.span


@dataclass(frozen=True, slots=True)
class Items(Tree):
    """The list on the right of `in`."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Operation(Tree):
    """An operator with its operands: and or not = <> < <= > >= + - * / & neg in between has."""

    operator: str
    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Call(Tree):
    """A function, named in upper case; `named` is where its name stands."""

    function: str
    arguments: tuple[Tree, ...]
    named: Span = field(default=NOWHERE, compare=False)


Source = str | dict[str, Any] | bool
"""What a definition may write where an expression is expected: text, a JSON condition, a constant."""


def children(tree: Tree) -> tuple[Tree, ...]:
    """The direct parts."""
    if isinstance(tree, Operation):
        return tree.operands
    if isinstance(tree, Call):
        return tree.arguments
    if isinstance(tree, Items):
        return tree.items
    return ()
