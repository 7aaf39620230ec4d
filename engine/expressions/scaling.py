"""Conversions the checker inserts: another scale, the declared range, the first day of a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.expressions.calendar import start_of_date
from engine.expressions.function import Function
from engine.expressions.generate import Code
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

    def guarded(self, node: Apply, writer: Writer, *arguments: str) -> Code:
        held, limit = writer.temporary(), 10**node.type.digits
        return Code((f"not -{limit} < ({held} := {arguments[0]}) < {limit}",), held)

    def sql(self, node: Apply, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.bounded(arguments[0], node.type.digits, digits=node.arguments[0].type.digits)


class Grain(Function):
    """`option` is the grain: the day that stands for the month or quarter of a date."""

    type = "grain"
    doc = text("所在月或季的第一天。", "The first day of its month or quarter.")

    def python(self, node: Apply, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(start_of_date)}({node.option!r}, {arguments[0]})"

    def sql(self, node: Apply, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.dates.start_of_date(node.option, arguments[0])


GRAIN = Grain()
RESCALE = Rescale()
RANGE = Range()
