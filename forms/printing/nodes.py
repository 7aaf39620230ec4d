"""The parts of a print template: as it is read, as it is compiled, and as it is filled for one record.

All three are trees of `Element` and `Words`; holes and blocks become expressions, and these become words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.connect.values import Label
from engine.expressions import CheckedExpression
from forms.compiled import Field


@dataclass(frozen=True, slots=True)
class Node:
    """Any part."""


@dataclass(frozen=True, slots=True)
class Words(Node):
    """Text as it is shown, not as it is written in HTML."""

    text: str


@dataclass(frozen=True, slots=True)
class Element(Node):
    """A tag with what is in it. `attributes` and `style` hold known names with proven values only."""

    tag: str
    children: tuple[Node, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    style: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counter(Node):
    """The number of the page, or how many there are."""

    of: Literal["page", "pages"]


@dataclass(frozen=True, slots=True)
class Hole(Node):
    """Read: `{{source}}`, which stands at letter `at` of the text. `inline`: only words fit here."""

    source: str
    at: int
    inline: bool


@dataclass(frozen=True, slots=True)
class Each(Node):
    """Read: `{{#each name}}…{{/each}}`."""

    name: str
    at: int
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    """Read: `{{#if source}}…{{else}}…{{/if}}`."""

    source: str
    at: int
    yes: tuple[Node, ...]
    no: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Value(Node):
    """Compiled: the value of an expression. `field` is the one it plainly names, which says how it is written."""

    expression: CheckedExpression
    field: Field | None
    labels: Mapping[str, Label] | None
    inline: bool


@dataclass(frozen=True, slots=True)
class Whole(Node):
    """Compiled: a field of several parts, such as a period or an address; `field` is the whole."""

    parts: tuple[Value, ...]
    field: Field


@dataclass(frozen=True, slots=True)
class Rows(Node):
    """Compiled: once for each row of a child table."""

    child: str
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """Compiled: `yes` where the condition is TRUE, else `no`."""

    condition: CheckedExpression
    yes: tuple[Node, ...]
    no: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Picture(Node):
    """Filled: a stored picture or signature."""

    file: str
    place: str
    name: str


BREAK = Element("br")


def words_of(nodes: Iterable[Node]) -> str:
    """The words among filled nodes; where a line ends there is a space."""
    return "".join(_words(nodes))


def _words(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Words):
            yield node.text
        elif isinstance(node, Element):
            yield " " if node == BREAK else words_of(node.children)


def size_of(nodes: Iterable[Node]) -> int:
    """How many parts there are."""
    return sum(1 + (size_of(node.children) if isinstance(node, Element) else 0) for node in nodes)
