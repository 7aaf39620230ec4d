"""POWER SQRT EXP LN LOG10. A small fixed power is a product, which every database computes; the rest is in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions import decimals
from engine.expressions.coerce import in_range, to_scale
from engine.expressions.function import Example, Function
from engine.expressions.parameters import number_argument, plain_number_argument
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import MAX_SCALE, UNIT_DIGITS, Type, cap, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_MOST_FACTORS = 10
_MOST_DECIMALS = 18
"""Decimals of an exact product: with 15 digits before the point it fits the 128 bits of DuckDB."""


class Power(Function):
    """`option` is (power, most): a product of so many factors, null when |number| is above most."""

    type = "POWER"
    partial = True
    parameters = (plain_number_argument("number"), plain_number_argument("power"))
    doc = text(
        "乘方。固定的 0 到 10 次幂由数据库计算，其余（小数、负数、字段作指数）只在内存中计算，保留 6 位小数；"
        "负数开方、零的负次幂为空。",
        "To a power. A fixed whole one from 0 to 10 is computed by the databases too, any other in memory, "
        "with 6 decimals. Null for a root of a number below zero and a negative power of zero.",
    )
    examples = (
        Example("POWER(1.05, 3)", "1.157625"),
        Example("POWER(2, 0.5)", "1.414214"),
        Example("POWER(2, -2)", "0.250000"),
        Example("POWER(-8, 0.5)", "null"),
    )

    def check(self, site: Site) -> Node:
        value, power = site.declared()
        factors = _factors(value.type, power)
        if factors is None:
            return Apply(number(cap(MAX_SCALE), MAX_SCALE), ANY_POWER, (value, power), span=site.span)
        if factors == 1:
            return value
        scale = factors * value.type.scale
        kind = number(min(max(factors * value.type.digits, 1), UNIT_DIGITS + scale), scale)
        most = _largest_base(factors, UNIT_DIGITS + scale, value.type.digits)
        made = Apply(kind, self, (value,), (factors, most), span=site.span)
        return in_range(to_scale(made, min(scale, MAX_SCALE)))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        if node.option is None:
            pairs = zip(arguments, node.arguments, strict=True)
            given = ", ".join(f"{value}, {each.type.scale}" for value, each in pairs)
            return f"{writer.use(decimals.general_power)}({given})"
        factors, most = node.option
        held = writer.temporary()
        return f"({held} ** {factors} if -{most} <= ({held} := {arguments[0]}) <= {most} else None)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        factors, most = node.option
        return lower.numbers.powered(node, arguments[0], factors=factors, most=most)


class AnyPower(Power):
    """Any number to any power; it has no option."""

    variant = "any"
    in_memory = True


ANY_POWER = AnyPower()


def _factors(base: Type, power: Node) -> int | None:
    """How many factors the product has; None when it is not one, or not exactly."""
    if not isinstance(power, Constant) or power.value is None:
        return None
    count, rest = divmod(power.value, 10**power.type.scale)
    if rest or not 0 <= count <= _MOST_FACTORS or count * base.scale > _MOST_DECIMALS:
        return None
    return int(count)


def _largest_base(factors: int, digits: int, own_digits: int) -> int:
    """The largest number of `own_digits` whose product of so many factors stays below 10**digits."""
    most: int = 10**own_digits - 1
    if factors == 0 or most**factors < 10**digits:
        return most
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**factors < 10**digits else (low, middle - 1)
    return low


class _InMemory(Function):
    """A function of one number, computed by `compute(value, scale)`; its result has 6 decimals."""

    in_memory = True
    partial = True
    parameters = (number_argument("number"),)
    compute: ClassVar[Callable[..., int | None]]

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(type(self).compute)}({arguments[0]}, {node.arguments[0].type.scale})"


class Sqrt(_InMemory):
    type = "SQRT"
    result = number(8 + MAX_SCALE, MAX_SCALE)
    compute = staticmethod(decimals.square_root)
    doc = text("平方根，6 位小数；负数为空。", "The square root with 6 decimals; null below zero.")
    examples = (Example("SQRT(2)", "1.414214"), Example("SQRT(-1)", "null"))


class Exp(_InMemory):
    type = "EXP"
    result = number(cap(MAX_SCALE), MAX_SCALE)
    parameters = (plain_number_argument("number"),)
    compute = staticmethod(decimals.exponential)
    doc = text("e 的乘方，6 位小数；超出范围为空。", "e to a power, with 6 decimals; null beyond the range.")
    examples = (Example("EXP(1)", "2.718282"), Example("EXP(0)", "1.000000"))


class Ln(_InMemory):
    type = "LN"
    result = number(2 + MAX_SCALE, MAX_SCALE)
    compute = staticmethod(decimals.natural_logarithm)
    doc = text(
        "自然对数，6 位小数；零和负数为空。",
        "The natural logarithm with 6 decimals; null at zero and below.",
    )
    examples = (Example("LN(10)", "2.302585"), Example("LN(0)", "null"))


class Log10(_InMemory):
    type = "LOG10"
    result = number(2 + MAX_SCALE, MAX_SCALE)
    compute = staticmethod(decimals.common_logarithm)
    doc = text(
        "以 10 为底的对数，6 位小数；零和负数为空。",
        "The logarithm to base 10 with 6 decimals; null at zero and below.",
    )
    examples = (Example("LOG10(1000)", "3.000000"), Example("LOG10(-1)", "null"))
