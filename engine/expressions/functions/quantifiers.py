"""Whether there are such rows: ANY ALL, and HAS of a child table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.functions.over_rows import FILTER, OverRows, listed
from engine.expressions.parameters import any_argument, condition_argument
from engine.expressions.typed import Aggregate, Node, Rows
from engine.expressions.types import BOOL
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Checks, Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class Quantifier(OverRows):
    """A row counts when its condition is TRUE."""

    result = BOOL
    parameters = (any_argument("rows"), condition_argument("filter"))
    every: ClassVar[bool] = False

    def check(self, site: Site) -> Node:
        site.count(sum(not each.optional for each in self.parameters), 2)
        return super().check(site)

    def row_value(self, site: Site, inner: Checks) -> Node | None:
        return None

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        return Aggregate(BOOL, self, rows, None, where, span=site.span)

    def wanted(self, node: Aggregate, writer: Writer) -> str:
        return listed(node, writer, opposite=self.every, first=True)

    def gathered(self, node: Aggregate, writer: Writer, rows: str) -> str:
        return f"(not {rows})" if self.every else f"bool({rows})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.exists(node, opposite=self.every)


class Any_(Quantifier):  # noqa: N801 - ANY, which typing has taken
    type = "ANY"
    doc = text("子表中是否有满足条件的行。", "Whether a row fulfils the condition.")


class All_(Quantifier):  # noqa: N801
    type = "ALL"
    every = True
    doc = text(
        "子表各行是否都满足条件；没有行时成立。",
        "Whether every row fulfils the condition; true without rows.",
    )


class HasRows(Quantifier):
    """HAS(lines), HAS(lines, filter)."""

    type = "has_rows"
    parameters = (any_argument("rows"), FILTER)
    doc = text("子表中是否有（满足条件的）行。", "Whether there are rows, or rows that fulfil the condition.")


HAS_ROWS = HasRows()
