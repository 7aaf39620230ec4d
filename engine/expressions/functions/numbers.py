"""Numbers: ABS ROUND ROUNDUP ROUNDDOWN MOD, and MIN MAX of several values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.coerce import align, in_range, numeric_join, together
from engine.expressions.function import Example, Function, mismatch
from engine.expressions.parameters import any_argument, number_argument, whole_argument
from engine.expressions.typed import Node
from engine.expressions.types import MAX_SCALE, UNIT_DIGITS
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class Abs(Function):
    type = "ABS"
    parameters = (number_argument("number"),)
    doc = text("绝对值。", "Without its sign.")
    examples = (Example("ABS(-2.5)", "2.5"),)

    def check(self, site: Site) -> Node:
        (value,) = site.declared()
        return site.apply(value.type, [value])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"abs({arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.absolute(node, arguments[0])


class _Rounding(Function):
    """`option` is (unit, lift): the scaled integer is divided by unit, rounded, multiplied by lift."""

    mode: ClassVar[str]
    parameters = (number_argument("number"), whole_argument("decimals", optional=True))

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        value = site.fitting(site.trees[0], self.parameters[0])
        decimals = site.constant_whole(1, -UNIT_DIGITS, MAX_SCALE) if len(site.trees) > 1 else 0
        given = value.type
        if decimals >= given.scale:
            return value
        scale = max(decimals, 0)
        shift = given.scale - decimals
        # Rounding may carry into one digit more; what is below the rounded place comes back as zeros.
        digits = max(given.digits - given.scale, -decimals, 0) + scale + 1
        kind = replace(given, scale=scale, digits=digits)
        return in_range(site.apply(kind, [value], (10**shift, 10 ** max(-decimals, 0))))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        unit, lift = node.option
        held = writer.temporary()
        above, below = {
            "half": (f"({held} + {unit // 2}) // {unit}", f"-(({unit // 2} - {held}) // {unit})"),
            "up": (f"-(-{held} // {unit})", f"{held} // {unit}"),
            "down": (f"{held} // {unit}", f"-(-{held} // {unit})"),
        }[self.mode]
        made = f"({above} if ({held} := {arguments[0]}) >= 0 else {below})"
        return made if lift == 1 else f"({made} * {lift})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        unit, lift = node.option
        return lower.numbers.rounded(node, arguments[0], unit=unit, lift=lift, mode=self.mode)


class Round(_Rounding):
    type = "ROUND"
    mode = "half"
    doc = text(
        "四舍五入到若干位小数（固定值，可为负）。", "Rounded half up to so many decimals, a fixed number."
    )
    examples = (
        Example("ROUND(2.345, 2)", "2.35"),
        Example("ROUND(-2.5)", "-3"),
        Example("ROUND(1250, -2)", "1300"),
    )


class RoundUp(_Rounding):
    type = "ROUNDUP"
    mode = "up"
    doc = text("向远离零的方向舍入。", "Rounded away from zero.")
    examples = (Example("ROUNDUP(2.301, 2)", "2.31"),)


class RoundDown(_Rounding):
    type = "ROUNDDOWN"
    mode = "down"
    doc = text("向零的方向舍去。", "Rounded toward zero.")
    examples: ClassVar[tuple[Example, ...]] = (Example("ROUNDDOWN(-2.399, 2)", "-2.39"),)


class Mod(Function):
    type = "MOD"
    partial = True
    parameters = (number_argument("number"), number_argument("divisor"))
    doc = text(
        "余数，符号随除数；除以零为空。",
        "The remainder, with the sign of the divisor; null when divided by zero.",
    )
    examples = (Example("MOD(-7, 3)", "2"), Example("MOD(5, 0)", "null"))

    def check(self, site: Site) -> Node:
        left, right = align(site.declared())
        joined = numeric_join([left, right])
        kind = replace(joined, kind=left.type.kind, currency=left.type.currency, digits=right.type.digits)
        return site.apply(kind, [left, right])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(remainder)}({arguments[0]}, {arguments[1]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.remainder(node, *arguments)


class _Extreme(Function):
    """Nulls are skipped, as Excel skips blanks; null only when every argument is."""

    strict = False
    parameters = (any_argument("value", repeated=True),)
    pick: ClassVar[Callable[..., Any]]

    def check(self, site: Site) -> Node:
        kind, values = together(site.declared())
        if kind.kind not in {"number", "money", "date", "datetime", "duration"}:
            raise mismatch(
                site.span,
                f"{self.type} 不能用于{kind.label['zh']}。",
                f"{self.type} takes numbers, dates or datetimes, not {kind.label['en']}.",
            )
        return site.apply(kind, values)

    def nullable(self, *arguments: bool) -> bool:
        return all(arguments)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        values = ", ".join(writer.value(each) for each in node.arguments)
        return f"{writer.use(type(self).pick)}({values})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.extreme(self.type, node, arguments)


def smallest(*values: Any) -> Any:
    """The smallest value that is not None."""
    return min((value for value in values if value is not None), default=None)


def largest(*values: Any) -> Any:
    """The largest value that is not None."""
    return max((value for value in values if value is not None), default=None)


class Min(_Extreme):
    type = "MIN"
    pick = staticmethod(smallest)
    doc = text("最小值，忽略空值。", "The smallest of several values; nulls are skipped.")
    examples = (Example("MIN(3, 1.5, null)", "1.5"),)


class Max(_Extreme):
    type = "MAX"
    pick = staticmethod(largest)
    doc = text("最大值，忽略空值。", "The largest of several values; nulls are skipped.")
    examples = (Example("MAX(3, 1.5, null)", "3.0"),)


def remainder(value: int, divisor: int) -> int | None:
    """The floored remainder; None when the divisor is zero."""
    return value % divisor if divisor else None
