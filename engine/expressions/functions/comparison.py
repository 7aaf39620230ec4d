"""= <> < <= > >= and between. Null on either side gives null; numbers are brought to one scale first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.coerce import align, as_stored, read_as, same_currency
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Function, mismatch
from engine.expressions.tree import Null, Text, Tree
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import BOOL
from engine.findings import Text as Sentence
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_ORDERED = {"number", "money", "text", "date", "datetime", "duration"}


def comparable(nodes: list[Node], *, ordered: bool) -> list[Node]:
    """The operands, literals read as what they stand beside and spelled as it is stored, numbers at one scale.

    Raises ExpressionError when they cannot be compared.
    """
    lead = min(nodes, key=_literal)
    _prove_unit(lead, nodes)
    read = [as_stored(read_as(node, lead.type), lead.type) for node in nodes]
    if all(node.type.numeric for node in read):
        same_currency(read)
        return align(read)
    for node in read:
        _prove_pair(lead, node, ordered=ordered, alone=len(read) > 2)
    return read


def _prove_unit(lead: Node, nodes: list[Node]) -> None:
    """A stored duration counts seconds, as it is written; a difference of moments is expected in days by some
    and in hours by others. Raises ExpressionError.
    """
    bare = next((n for n in nodes if isinstance(n, Constant) and n.type.numeric and n.value), None)
    if lead.type.kind == "duration" and isinstance(lead, Apply) and bare is not None:
        raise mismatch(
            bare.span,
            "与时长比较的数字没有单位。",
            "A number beside a duration has no unit.",
            suggestion=text(
                "请写 DAYS(x)、HOURS(x) 或 MINUTES(x) 再比较。", "Compare DAYS(x), HOURS(x) or MINUTES(x)."
            ),
        )


def _literal(node: Node) -> int:
    """How much the type of a part follows its neighbours: not at all, as a literal, as a literal text."""
    return 0 if not isinstance(node, Constant) else 2 if node.type.kind == "text" else 1


def _prove_pair(left: Node, right: Node, *, ordered: bool, alone: bool) -> None:
    """`alone`: among several, only the odd one is pointed at."""
    one, two = left.type, right.type
    same = one.kind == two.kind or (one.textual and two.textual)
    foreign = one.kind == two.kind == "ref" and one.form != two.form
    single = one.kind not in {"choices", "list", "null"}
    # Keys and ids have no order that means anything; text does, by code point.
    in_order = not ordered or {one.kind, two.kind} <= _ORDERED
    if same and single and in_order and not foreign:
        return
    raise mismatch(
        right.span if alone else (left.span[0], max(left.span[1], right.span[1])),
        f"不能比较{one.label['zh']}和{two.label['zh']}{'的大小' if same and not in_order else ''}。",
        f"{one.label['en']} and {two.label['en']} cannot be {'ordered' if same and not in_order else 'compared'}.",
        suggestion=_advice({one.kind, two.kind}),
    )


def _advice(kinds: set[str]) -> Sentence | None:
    if "choices" in kinds:
        return text('多选请用 HAS(x, "key")。', 'For several choices use HAS(x, "key").')
    if kinds == {"date", "datetime"}:
        return text("请用 TODATE(x) 取日期。", "Use TODATE(x) for the date of a datetime.")
    if "list" in kinds:
        return text("列表请用 in。", "With a list use in.")
    if "number" in kinds and kinds & {"date", "datetime"}:
        return text('日期写成带引号的文本："2026-03-01"。', 'A date is a text in quotes: "2026-03-01".')
    if "bool" in kinds:
        return text("真假值请直接写，或写 = true、= false。", "Write it alone, or = true, = false.")
    return None


def refuse_null(trees: tuple[Tree, ...], operator: str) -> None:
    """`x = null` and `x = ""` never hold; say how to ask for a blank. Raises ExpressionError."""
    for index, tree in enumerate(trees):
        if isinstance(tree, Null) or (isinstance(tree, Text) and tree.value == ""):
            wanted = "not ISBLANK(x)" if operator == "<>" else "ISBLANK(x)"
            raise ExpressionError(
                "null_comparison",
                (trees[0].span[0], trees[-1].span[1]) if index else tree.span,
                "与空值比较永远不成立。",
                "A comparison with null never holds.",
                suggestion=text(f"请用 {wanted}。", f"Use {wanted}."),
            )


class _Comparison(Function):
    """`sign` is the Python operator, `type` the SQL one."""

    sign: ClassVar[str]
    ordered: ClassVar[bool] = True

    def check(self, site: Site) -> Node:
        refuse_null(site.trees, self.type)
        return site.apply(BOOL, comparable(site.nodes(), ordered=self.ordered))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"({arguments[0]} {self.sign} {arguments[1]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.compared(self.type, node, *arguments)


class Equal(_Comparison):
    type = "="
    sign = "=="
    ordered = False
    doc = text("相等。", "Equal.")

    def truth(self, node: Any, writer: Writer) -> str | None:
        left, right = node.arguments
        # None equals no value, so one constant side spares the guard of the other.
        if isinstance(right, Constant) and right.value is not None:
            return f"({writer.value(left)} == {writer.value(right)})"
        return None


class NotEqual(_Comparison):
    type = "<>"
    sign = "!="
    ordered = False
    doc = text("不相等。", "Not equal.")


class Less(_Comparison):
    type = "<"
    sign = "<"
    doc = text("小于。", "Less than.")


class LessOrEqual(_Comparison):
    type = "<="
    sign = "<="
    doc = text("小于或等于。", "Less than or equal.")


class Greater(_Comparison):
    type = ">"
    sign = ">"
    doc = text("大于。", "Greater than.")


class GreaterOrEqual(_Comparison):
    type = ">="
    sign = ">="
    doc = text("大于或等于。", "Greater than or equal.")


class Between(Function):
    """x >= low and x <= high, three-valued like these."""

    type = "between"
    strict = False
    doc = text("在两个值之间（含两端）。", "Between two values, both included.")

    def check(self, site: Site) -> Node:
        refuse_null(site.trees, self.type)
        arguments = comparable(site.nodes(), ordered=True)
        fixed = all(isinstance(each, Constant) for each in arguments[1:])
        return (BETWEEN_FIXED if fixed else self)._applied(site, arguments)

    def _applied(self, site: Site, arguments: list[Node]) -> Node:
        made = site.apply(BOOL, arguments)
        return type(made)(BOOL, self, made.arguments, span=made.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        values = ", ".join(writer.value(each) for each in node.arguments)
        return f"{writer.use(lies_between)}({values})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.between(node, *arguments)


class BetweenFixed(Between):
    """Between two literals, which are never null."""

    type = "between_fixed"
    strict = True

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        value, low, high = arguments
        return f"({low} <= {value} <= {high})"


BETWEEN_FIXED = BetweenFixed()


def lies_between(value: Any, low: Any, high: Any) -> bool | None:
    """Three-valued `low <= value <= high`."""
    if value is None:
        return None
    above = None if low is None else value >= low
    below = None if high is None else value <= high
    if above is False or below is False:
        return False
    return None if above is None or below is None else True
