"""Why an expression gave what it gave: the value of every part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.expressions.canonical import value_json
from engine.expressions.checked import CheckedExpression
from engine.expressions.generate import compiled
from engine.expressions.scaling import RANGE, RESCALE
from engine.expressions.scope import Env
from engine.expressions.typed import Aggregate, Apply, Constant, Node, parts
from engine.expressions.types import Type


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an expression as written, its type, its value in memory form, and the parts below it.

    Literals are left out; an aggregate over child rows is one part.
    """

    text: str
    type: Type
    value: Any
    parts: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        """The part as it leaves over REST."""
        below = [part.as_json() for part in self.parts]
        return {"text": self.text, "value": value_json(self.value, self.type), "parts": below}


def trace(checked: CheckedExpression, record: Any, env: Env) -> Part:
    """The values of all parts on one record. Slower than `evaluate`: every part is compiled by itself."""
    return _traced(checked, checked.node, record, env)


def _traced(checked: CheckedExpression, node: Node, record: Any, env: Env) -> Part:
    start, end = node.span
    below = tuple(
        _traced(checked, each, record, env) for each in _written(node) if not isinstance(each, Constant)
    )
    value = node.value if isinstance(node, Constant) else compiled(node)(record, env)
    return Part(checked.spelling[start:end].strip(), node.type, value, below)


def _written(node: Node) -> list[Node]:
    """The parts below, past conversions that nobody wrote."""
    if isinstance(node, Aggregate):
        return []
    return [_unconverted(each) for each in parts(node)]


def _unconverted(node: Node) -> Node:
    while isinstance(node, Apply) and node.function in {RESCALE, RANGE}:
        (node,) = node.arguments
    return node
