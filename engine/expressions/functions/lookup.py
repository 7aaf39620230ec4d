"""LOOKUP: a value of the first row by an order."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from engine.expressions.errors import ExpressionError
from engine.expressions.functions.over_rows import FILTER, OverRows, filter_of, row_field, rows_of
from engine.expressions.parameters import any_argument, text_argument
from engine.expressions.tree import Name, Text, Tree
from engine.expressions.typed import Aggregate, Node
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Checks, Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_ORDERED = {"number", "money", "text", "date", "datetime", "duration"}
_WORDS = ("asc", "desc")


class Lookup(OverRows):
    """`LOOKUP(lines.price, due, desc, gift = false)`; the word and the filter may each be left out.

    Rows without an order value come last in both directions; among equals the upper row comes first.
    """

    type = "LOOKUP"
    parameters = (
        any_argument("rows.field"),
        any_argument("order"),
        text_argument("asc|desc", optional=True),
        FILTER,
    )
    doc = text(
        "子表按某值排序后第一行的字段；方向可写 asc 或 desc，可带条件；排序值为空的行排在最后，相同时取上面的行。",
        "The field of the first row by an order, asc or desc; a filter may follow. Rows without an order "
        "value come last, among equals the upper row first.",
    )

    def check(self, site: Site) -> Node:
        site.count(2, 4)
        rows, inner = rows_of(site)
        value, order = row_field(site, inner), inner.node(site.trees[1])
        if order.type.kind not in _ORDERED:
            raise site.unfit(
                order, text("数字、日期、时长或文本", "a number, date, datetime, duration or text")
            )
        descending, condition = _direction(site, inner)
        where = filter_of(site, inner, condition) if condition is not None else None
        return Aggregate(
            value.type, self, rows, value, where, order=order, descending=descending, span=site.span
        )

    def gathered(self, node: Aggregate, writer: Writer, rows: str) -> str:
        return f"{writer.use(first_by)}({rows}, {node.descending})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.first(node)


def _direction(site: Site, inner: Checks) -> tuple[bool, Tree | None]:
    """Whether the order descends, and the condition, out of the arguments after the order."""
    rest = list(site.trees[2:])
    word = _word(rest[0], inner) if rest else None
    wrong = rest[0] if word is not None and word not in _WORDS else None
    if word is not None:
        rest.pop(0)
    if wrong is None and len(rest) > 1:
        wrong = rest[0]
    if wrong is not None:
        raise ExpressionError(
            "wrong_word",
            wrong.span,
            "LOOKUP 的方向应为 asc 或 desc。",
            "The direction of LOOKUP is asc or desc.",
            suggestion=text(f"写法：{site.usage()}", f"Write {site.usage()}."),
        )
    return word == "desc", rest[0] if rest else None


def _word(tree: Tree, inner: Checks) -> str | None:
    """A direction, in quotes or bare; a bare word that is a condition of the row stays one."""
    if isinstance(tree, Text):
        return tree.value.lower()
    if not isinstance(tree, Name) or len(tree.parts) > 1 or tree.parts[0].lower() not in _WORDS:
        return None
    field = inner.scope.shape.type_of(tree.parts[0])
    return None if field is not None and field.kind == "bool" else tree.parts[0].lower()


def first_by(pairs: list[tuple[Any, Any]], descending: bool) -> Any:  # noqa: FBT001 - called by position
    """The value of the first of (order, value) pairs; those without an order come after all others."""
    ordered = [pair for pair in pairs if pair[0] is not None]
    if not ordered:
        return pairs[0][1] if pairs else None
    # Both give the first among equals.
    return (max if descending else min)(ordered, key=itemgetter(0))[1]
