"""Conversions the checker inserts: another scale, the declared range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.expressions.function import Function
from engine.expressions.typed import Apply
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


def round_half_up(value: int, given: int, wanted: int) -> int:
    """A scaled integer brought from one scale to another; halves go away from zero."""
    if wanted >= given:
        lift: int = 10 ** (wanted - given)
        return value * lift
    unit: int = 10 ** (given - wanted)
    half = unit // 2
    return (value + half) // unit if value >= 0 else -((half - value) // unit)


class Rescale(Function):
    """`option` is the scale the operand has; the node's type says the scale it gets."""

    type = "rescale"
    doc = text("换算小数位，四舍五入。", "Another number of decimals, half up.")

    def python(self, node: Apply, writer: Writer, *arguments: str) -> str:
        (value,) = arguments
        shift = node.option - node.type.scale
        if shift < 0:
            return f"({value} * {10**-shift})"
        unit, half = 10**shift, 10**shift // 2
        held = writer.temporary()
        return (
            f"(({held} + {half}) // {unit} if ({held} := {value}) >= 0 else -(({half} - {held}) // {unit}))"
        )

    def sql(self, node: Apply, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        shift = node.option - node.type.scale
        if shift < 0:
            return lower.numbers.scaled_up(arguments[0], -shift, digits=node.type.digits)
        return lower.numbers.scaled_down(node, arguments[0], shift)


class Range(Function):
    """Null unless the scaled integer has no more digits than the node's type."""

    type = "range"
    doc = text("超出数值范围时为空。", "Null outside the declared range.")
    partial = True

    def python(self, node: Apply, writer: Writer, *arguments: str) -> str:
        held, limit = writer.temporary(), 10**node.type.digits
        return f"({held} if -{limit} < ({held} := {arguments[0]}) < {limit} else None)"

    def sql(self, node: Apply, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.bounded(arguments[0], node.type.digits, digits=node.arguments[0].type.digits)


RESCALE = Rescale()
RANGE = Range()
