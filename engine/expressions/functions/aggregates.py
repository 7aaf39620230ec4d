"""Functions that make one value of the values of a child table: SUM COUNT DISTINCTCOUNT AVG MINOF MAXOF.

Nulls are skipped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.coerce import bounded
from engine.expressions.function import mismatch
from engine.expressions.functions.arithmetic import divided
from engine.expressions.functions.over_rows import OverRows, is_table
from engine.expressions.typed import Aggregate, Node, Rows
from engine.expressions.types import DURATION, MAX_SCALE, Type, cap, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Checks, Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_GROWTH = 9
"""Digits a sum may have more than its summands: up to 10**9 rows."""
_COUNT = number(12, 0)
_ORDERED = {"number", "money", "text", "date", "datetime", "duration"}
_DISTINCT = {*_ORDERED, "choice", "ref", "bool"}


class _OverAmounts(OverRows):
    """Of numbers, amounts and durations."""

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        if value is None or not (value.type.numeric or value.type.kind == "duration"):
            raise mismatch(
                site.trees[0].span,
                f"{self.type} 只能汇总数字或时长。",
                f"{self.type} needs numbers or durations.",
            )
        made = Aggregate(self.kind(value.type), self, rows, value, where, span=site.span)
        # A duration has the bound of its type everywhere; a number that of the language.
        return bounded(made, DURATION.digits if value.type.kind == "duration" else cap(made.type.scale))

    def kind(self, given: Type) -> Type:
        """The type of the result, before it is bounded."""
        raise NotImplementedError


class Sum(_OverAmounts):
    type = "SUM"
    doc = text(
        "子表字段之和，可带条件；没有行时为 0。",
        "The sum over a child table, 0 without rows; a filter may follow.",
    )

    def kind(self, given: Type) -> Type:
        return replace(given, digits=given.digits + _GROWTH)

    def gathered(self, node: Aggregate, writer: Writer, rows: str) -> str:
        return f"sum({rows})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.total(node)


class Count(OverRows):
    """COUNT(lines) counts rows, COUNT(lines.x) those where x is not null."""

    type = "COUNT"
    doc = text("子表的行数，可带条件。", "The number of rows; a filter may follow.")

    def row_value(self, site: Site, inner: Checks) -> Node | None:
        return None if is_table(site) else inner.node(site.trees[0])

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        return Aggregate(_COUNT, self, rows, value, where, span=site.span)

    def gathered(self, node: Aggregate, writer: Writer, rows: str) -> str:
        return f"len({rows})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.counted(node)


class DistinctCount(OverRows):
    type = "DISTINCTCOUNT"
    doc = text(
        "子表字段有几个不同的值，可带条件；空值不计。",
        "How many different values there are over a child table; nulls do not count, a filter may follow.",
    )

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        if value is None or value.type.kind not in _DISTINCT:
            raise mismatch(
                site.trees[0].span,
                f"{self.type} 需要单个值的字段。",
                f"{self.type} needs a field with a single value.",
            )
        return Aggregate(_COUNT, self, rows, value, where, span=site.span)

    def gathered(self, node: Aggregate, writer: Writer, rows: str) -> str:
        return f"len(set({rows}))"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.distinct(node)


class Avg(_OverAmounts):
    type = "AVG"
    doc = text("子表字段的平均值，6 位小数；没有值时为空。", "The mean with 6 decimals, null without values.")

    def kind(self, given: Type) -> Type:
        return replace(given, scale=MAX_SCALE, digits=given.digits - given.scale + MAX_SCALE)

    def gathered(self, node: Any, writer: Writer, rows: str) -> str:
        return f"{writer.use(mean)}({rows}, {10 ** (MAX_SCALE - node.value.type.scale)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.mean(node)


class _ExtremeOf(OverRows):
    largest: ClassVar[bool]

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        if value is None or value.type.kind not in _ORDERED:
            raise mismatch(
                site.trees[0].span,
                f"{self.type} 只能用于数字、日期、时长或文本。",
                f"{self.type} needs numbers, dates, datetimes, durations or texts.",
            )
        return Aggregate(value.type, self, rows, value, where, span=site.span)

    def gathered(self, node: Aggregate, writer: Writer, rows: str) -> str:
        return f"{'max' if self.largest else 'min'}({rows}, default=None)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.extreme(node, "MAX" if self.largest else "MIN")


class MinOf(_ExtremeOf):
    type = "MINOF"
    largest = False
    doc = text(
        "子表字段的最小值，可带条件；文本按字符编码。",
        "The smallest value over a child table, texts by code point; a filter may follow.",
    )


class MaxOf(_ExtremeOf):
    type = "MAXOF"
    largest = True
    doc = text(
        "子表字段的最大值，可带条件；文本按字符编码。",
        "The largest value over a child table, texts by code point; a filter may follow.",
    )


def mean(values: list[int], lift: int) -> int | None:
    """The mean of scaled integers times `lift`, rounded half away from zero."""
    return divided(sum(values) * lift, len(values))
