"""The checked tree: every part has a type, names are resolved, conversions stand as parts of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.expressions.errors import NOWHERE, Span
from engine.expressions.types import Type

if TYPE_CHECKING:
    from engine.expressions.function import Function

RECORD, OLD, PARENT, ROW = "record", "old", "parent", "row"
"""Where a path starts; beside these a `$name`, a variable that holds the id of a record."""


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of a checked expression."""

    type: Type
    span: Span = field(default=NOWHERE, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A value in memory form. A naive datetime is a local time in the app's zone; lists are tuples."""

    value: Any


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A path along references; `forms` are the targets of its hops."""

    root: str
    path: tuple[str, ...]
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """A `$name`, without the $."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A function or operator on its operands; `option` is what was settled at check (a scale, a unit)."""

    function: Function
    arguments: tuple[Node, ...]
    option: Any = None


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a child table: `path` leads from `root` along references to it, its key last. With `of` they
    are no child rows but records of that form, which refer to the one before the last name.
    """

    root: str
    path: tuple[str, ...]
    forms: tuple[str, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """A function over rows. Inside `value`, `where` and `order` RECORD is the row, PARENT its record."""

    function: Function
    rows: Rows
    value: Node | None = None
    where: Node | None = None
    order: Node | None = None
    descending: bool = False


def parts(node: Node) -> tuple[Node, ...]:
    """The direct parts that see the same record; the inside of an Aggregate is not among them."""
    return node.arguments if isinstance(node, Apply) else ()


def inside(node: Aggregate) -> tuple[Node, ...]:
    """The parts that see a child row."""
    return tuple(each for each in (node.value, node.where, node.order) if each is not None)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, rows included."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(inside(each) if isinstance(each, Aggregate) else parts(each))
