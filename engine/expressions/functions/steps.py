"""Numbers brought to a step, a sign, a span: FLOOR CEILING INT TRUNC SIGN CLAMP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp

from engine.expressions.coerce import in_range, to_scale, together
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Example, Function, Parameter, mismatch
from engine.expressions.functions.numbers import RoundDown
from engine.expressions.parameters import any_argument, number_argument
from engine.expressions.sql import build as b
from engine.expressions.typed import Constant, Node
from engine.expressions.types import number
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class _Stepping(Function):
    """`option` is (unit, lift): the number is brought to a multiple of unit, of which each counts as lift."""

    up: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = (
        number_argument("number"),
        replace(number_argument("step"), optional=True),
    )

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        value = site.fitting(site.trees[0], self.parameters[0])
        step = constant_step(site, 1) if len(site.trees) > 1 else Constant(number(1, 0), 1)
        if value.type.scale <= step.type.scale and step.value == 1:
            return value
        return self.stepped(site, value, step)

    def stepped(self, site: Site, value: Node, step: Constant) -> Node:
        """The call on numbers of one scale; the result has the decimals of the step."""
        whole = max(value.type.digits - value.type.scale, step.type.digits - step.type.scale, 0)
        # A number just below a step may be carried one digit further.
        kind = replace(value.type, scale=step.type.scale, digits=whole + 1 + step.type.scale)
        aligned = to_scale(value, max(value.type.scale, step.type.scale))
        unit = step.value * 10 ** (aligned.type.scale - step.type.scale)
        return in_range(site.apply(kind, [aligned], (unit, step.value)))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        unit, lift = node.option
        made = f"-(-{arguments[0]} // {unit})" if self.up else f"{arguments[0]} // {unit}"
        return f"({made} * {lift})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        unit, lift = node.option
        return lower.numbers.stepped(node, arguments[0], unit=unit, lift=lift, up=self.up)


class Floor(_Stepping):
    type = "FLOOR"
    doc = text(
        "不大于它的最大倍数；步长是固定的正数，省略时为 1。",
        "The largest multiple of the step that is not above it; the step is a fixed number, 1 by default.",
    )
    examples = (
        Example("FLOOR(17.35, 0.5)", "17.0"),
        Example("FLOOR(-2.5)", "-3"),
        Example("FLOOR(1250, 500)", "1000"),
    )


class Ceiling(_Stepping):
    type = "CEILING"
    up = True
    doc = text(
        "不小于它的最小倍数；步长是固定的正数，省略时为 1。",
        "The smallest multiple of the step that is not below it; the step is a fixed number, 1 by default.",
    )
    examples = (
        Example("CEILING(17.35, 0.5)", "17.5"),
        Example("CEILING(-2.5)", "-2"),
        Example("CEILING(1250, 500)", "1500"),
    )


class Int(_Stepping):
    type = "INT"
    parameters = (number_argument("number"),)
    doc = text("向下取整，负数也向下。", "The whole number at or below it.")
    examples = (Example("INT(2.9)", "2"), Example("INT(-2.1)", "-3"))

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        return super().check(site)


class Trunc(RoundDown):
    type = "TRUNC"
    doc = text(
        "截去多余的小数；小数位数是固定值，省略时取整。",
        "Decimals cut off, toward zero; how many stay is a fixed number, none by default.",
    )
    examples = (Example("TRUNC(-2.399, 2)", "-2.39"), Example("TRUNC(-2.9)", "-2"))


class Sign(Function):
    type = "SIGN"
    result = number(1, 0)
    parameters = (number_argument("number"),)
    doc = text("正数为 1，零为 0，负数为 -1。", "1 above zero, 0 at zero, -1 below.")
    examples = (Example("SIGN(-2.5)", "-1"), Example("SIGN(0)", "0"))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(sign_of)}({arguments[0]})"

    def sqlite(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return self.sql(node, lower, *arguments) if b.small(arguments[0]) else b.call("ff_sign", *arguments)

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        (value,) = node.arguments
        pair = replace(node, arguments=(value, value))
        one, zero = lower.params.constant(1), b.whole(0)

        def signed(x: exp.Expr) -> exp.Expr:
            return b.case(
                (lower.compared(">", pair, x, zero), one),
                (lower.compared("<", pair, x, zero), lower.params.constant(-1)),
                (lower.compared("=", pair, x, zero), lower.params.constant(0)),
            )

        return lower.let(arguments[0], signed)


class Clamp(Function):
    """The result lies between the bounds, so its digits are theirs."""

    type = "CLAMP"
    partial = True
    parameters = (any_argument("value"), any_argument("low"), any_argument("high"))
    doc = text(
        "限制在下限与上限之间；下限高于上限时为空。",
        "The value, not below low and not above high; null when low is above high.",
    )
    examples = (
        Example("CLAMP(130, 0, 100)", "100"),
        Example("CLAMP(-3, 0, 100)", "0"),
        Example("CLAMP(5, 10, 1)", "null"),
    )

    def check(self, site: Site) -> Node:
        site.count(3, 3)
        kind, values = together(site.declared())
        if kind.kind not in {"number", "money", "date", "datetime", "duration"}:
            raise mismatch(
                site.span,
                f"{self.type} 不能用于{kind.label['zh']}。",
                f"{self.type} takes numbers, dates or datetimes, not {kind.label['en']}.",
            )
        if kind.numeric:
            kind = replace(kind, digits=max(each.type.digits for each in values[1:]))
        return site.apply(kind, values)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(clamped)}({', '.join(arguments)})"

    def sqlite(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        if all(b.small(each) for each in arguments):
            return self.sql(node, lower, *arguments)
        scaled = node.type.numeric or node.type.kind == "duration"
        return b.call("ff_clamped" if scaled else "ff_clamped_text", *arguments)

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        def held(x: exp.Expr, low: exp.Expr, high: exp.Expr) -> exp.Expr:
            below = (lower.compared("<", node, x, low), low)
            above = (lower.compared(">", node, x, high), high)
            inside = b.case(below, above, otherwise=x)
            return b.case((lower.compared("<=", node, low, high), inside))

        return lower.let_all(arguments, held)


def sign_of(value: int) -> int:
    """1, 0 or -1."""
    return (value > 0) - (value < 0)


def clamped(value: Any, low: Any, high: Any) -> Any:
    """`value` brought between the bounds; None when they contradict each other."""
    if low > high:
        return None
    return low if value < low else min(value, high)


def constant_step(site: Site, index: int) -> Constant:
    """A constant number above zero. Raises ExpressionError."""
    node = site.checks.node(site.trees[index])
    if isinstance(node, Constant) and node.type.numeric and node.value is not None and node.value > 0:
        return node
    raise ExpressionError(
        "constant_needed",
        node.span,
        "步长应为大于零的固定数字。",
        "The step is a fixed number above zero.",
        suggestion=text(
            "步长会变时请写 ROUNDDOWN(x / step) * step。",
            "For a step that varies write ROUNDDOWN(x / step) * step.",
        ),
    )
