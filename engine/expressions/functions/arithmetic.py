"""+ - * / and the minus sign. Numbers are exact; days and durations add to dates and moments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.coerce import align, bounded, in_range, numeric_join, read_as, same_currency, to_scale
from engine.expressions.function import Function, mismatch
from engine.expressions.functions import moments
from engine.expressions.generate import Code
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import DURATION, INT64_DIGITS, MAX_SCALE, Type
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class _Arithmetic(Function):
    """Exact integer arithmetic on operands of one scale."""

    sign: ClassVar[str]

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"({arguments[0]} {self.sign} {arguments[1]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.arithmetic(self.sign, node, *arguments)

    def check(self, site: Site) -> Node:
        left, right = _read_moments(*site.nodes())
        found = self.numbers(site, left, right) if left.type.numeric and right.type.numeric else None
        found = found or self.moments(site, left, right)
        if found is None:
            raise self.refused(site, left, right)
        return found

    def numbers(self, site: Site, left: Node, right: Node) -> Node:
        joined = numeric_join([left, right])
        kind = replace(joined, digits=joined.digits + 1)
        return in_range(site.apply(kind, align([left, right])))

    def moments(self, site: Site, left: Node, right: Node) -> Node | None:
        return None

    def refused(self, site: Site, left: Node, right: Node) -> Exception:
        kinds = {left.type.kind, right.type.kind}
        advice = None
        if kinds & {"text", "choice"} and self.sign == "+":
            advice = text("连接文本请用 &。", "To join texts use &.")
        elif "null" in kinds:
            advice = text("空值请用 COALESCE(x, 0)。", "For a missing number use COALESCE(x, 0).")
        elif kinds == {"datetime", "number"}:
            advice = text('请用 DATEADD("day", 1, x)。', 'Use DATEADD("day", 1, x).')
        elif kinds == {"datetime", "date"}:
            advice = text("请用 TODATE(x) 取日期。", "Use TODATE(x) for the date of a datetime.")
        return mismatch(
            site.span,
            f"不能计算 {left.type.label['zh']} {self.sign} {right.type.label['zh']}。",
            f"{left.type.label['en']} {self.sign} {right.type.label['en']} cannot be computed.",
            suggestion=advice,
        )


class Add(_Arithmetic):
    type = "+"
    sign = "+"
    doc = text("相加；日期加天数，日期时间加时长。", "Sum; a date plus days, a datetime plus a duration.")

    def moments(self, site: Site, left: Node, right: Node) -> Node | None:
        if right.type.kind in {"date", "datetime"}:
            left, right = right, left
        if left.type.kind == "date" and _whole(right):
            return moments.days_added(left, right, site.span)
        if left.type.kind == "datetime" and right.type.kind == "duration":
            return Apply(left.type, moments.SHIFTED, (left, right), span=site.span)
        if left.type.kind == right.type.kind == "duration":
            return _durations(site, left, right)
        return None


class Subtract(_Arithmetic):
    type = "-"
    sign = "-"
    doc = text("相减；两个日期相差的天数。", "Difference; of two dates in days.")

    def moments(self, site: Site, left: Node, right: Node) -> Node | None:
        match left.type.kind, right.type.kind:
            case "date", "date":
                return moments.days_between(right, left, site.span)
            case "datetime", "datetime":
                return Apply(DURATION, moments.ELAPSED, (right, left), span=site.span)
            case "datetime", "duration":
                return Apply(left.type, moments.SHIFTED, (left, negated(right)), span=site.span)
            case "duration", "duration":
                return _durations(site, left, right)
            case "date", _ if _whole(right):
                return moments.days_added(left, negated(right), site.span)
            case _:
                return None


class Multiply(_Arithmetic):
    type = "*"
    sign = "*"
    doc = text("相乘，最多保留 6 位小数。", "Product, at most 6 decimals.")

    def numbers(self, site: Site, left: Node, right: Node) -> Node:
        if left.type.kind == right.type.kind == "money":
            raise mismatch(site.span, "金额不能相乘。", "Two amounts of money cannot be multiplied.")
        kind = Type(
            "money" if "money" in {left.type.kind, right.type.kind} else "number",
            scale=left.type.scale + right.type.scale,
            digits=left.type.digits + right.type.digits,
            currency=left.type.currency or right.type.currency,
        )
        exact = site.apply(kind, [left, right])
        return in_range(to_scale(exact, min(kind.scale, MAX_SCALE)))


class Divide(_Arithmetic):
    """`option` is the power of ten that brings the dividend to 6 decimals."""

    type = "/"
    sign = "/"
    partial = True
    doc = text("相除，保留 6 位小数；除以零为空。", "Quotient with 6 decimals; null when divided by zero.")

    def numbers(self, site: Site, left: Node, right: Node) -> Node:
        money = left.type.kind == "money"
        if money and right.type.kind == "money":
            same_currency([left, right])
            money = False
        whole = left.type.digits - left.type.scale + right.type.scale
        kind = Type(
            "money" if money else "number",
            scale=MAX_SCALE,
            digits=max(whole + MAX_SCALE, 1),
            currency=left.type.currency if money else None,
        )
        shift = MAX_SCALE + right.type.scale - left.type.scale
        return in_range(site.apply(kind, [left, right], shift))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        lift, by = 10**node.option, _fixed_divisor(node)
        if by and lift % by == 0:
            return f"({arguments[0]} * {lift // by})"
        lifted = f"{arguments[0]} * {lift}" if node.option else arguments[0]
        if by:
            held = writer.temporary()
            above, below = f"(2 * {held} + {by}) // {2 * by}", f"-(({by} - 2 * {held}) // {2 * by})"
            return f"({above} if ({held} := {lifted}) >= 0 else {below})"
        return f"{writer.use(divided)}({lifted}, {arguments[1]})"

    def guarded(self, node: Any, writer: Writer, *arguments: str) -> Code | None:
        return Code((), self.python(node, writer, *arguments)) if _fixed_divisor(node) else None

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.divided(node, *arguments)


class Negate(Function):
    type = "neg"
    doc = text("负号。", "Minus sign.")

    def check(self, site: Site) -> Node:
        (operand,) = site.nodes()
        if not operand.type.numeric and operand.type.kind != "duration":
            raise site.unfit(operand, text("数字", "a number"))
        return negated(operand)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"(-{arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.numbers.negated(node, arguments[0])


NEGATE = Negate()


def negated(node: Node) -> Node:
    """Minus `node`."""
    if isinstance(node, Constant) and node.value is not None:
        return replace(node, value=-node.value)
    return Apply(node.type, NEGATE, (node,), span=node.span)


def _fixed_divisor(node: Apply) -> int | None:
    """A divisor that is written out and positive."""
    divisor = node.arguments[1]
    fixed = isinstance(divisor, Constant) and divisor.value is not None and divisor.value > 0
    return divisor.value if isinstance(divisor, Constant) and fixed else None


def divided(dividend: int, divisor: int) -> int | None:
    """The quotient rounded half away from zero; None when the divisor is zero."""
    if divisor == 0:
        return None
    size, by = abs(dividend), abs(divisor)
    quotient = (2 * size + by) // (2 * by)
    return quotient if (dividend >= 0) == (divisor > 0) else -quotient


def _read_moments(left: Node, right: Node) -> tuple[Node, Node]:
    """A text literal beside a date or datetime is one too."""
    if right.type.kind in {"date", "datetime"}:
        left = read_as(left, right.type)
    elif left.type.kind in {"date", "datetime"}:
        right = read_as(right, left.type)
    return left, right


def _whole(node: Node) -> bool:
    return node.type.numeric and node.type.scale == 0 and node.type.digits <= INT64_DIGITS


def _durations(site: Site, left: Node, right: Node) -> Node:
    return bounded(site.apply(replace(DURATION, digits=INT64_DIGITS + 1), [left, right]), INT64_DIGITS)
