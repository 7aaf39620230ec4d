"""What an expression may cost at worst: functions that take long on long texts cannot be piled up."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from engine.expressions.errors import ExpressionError
from engine.expressions.typed import Aggregate, Apply, Node, walk
from engine.findings import text

MAX_WORK = 40_000
"""Microseconds of all slow functions together, each on the longest operands it takes."""


@runtime_checkable
class Weighed(Protocol):
    """A function whose work depends on what stands in the call."""

    def work_of(self, node: Node) -> int:
        """Microseconds of this call at worst."""


def prove_work(node: Node) -> None:
    """Refuse an expression whose slow functions add up to too much. Raises ExpressionError."""
    total = 0
    for each in walk(node):
        if not isinstance(each, Apply | Aggregate):
            continue
        total += _work_of(each)
        if total > MAX_WORK:
            raise _too_slow(each)


def _work_of(node: Apply | Aggregate) -> int:
    function = node.function
    if function.work and isinstance(function, Weighed):
        return function.work_of(node)
    return function.work


def _too_slow(node: Apply | Aggregate) -> ExpressionError:
    name = node.function.type
    return ExpressionError(
        "too_slow",
        node.span,
        f"{name} 等较慢的函数用得太多。",
        f"{name} and other slow functions are used too often.",
        suggestion=text(
            "请把中间结果存入公式字段再引用。", "Store what they give in formula fields and use these."
        ),
    )
