"""Dates and datetimes out of numbers and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.expressions import calendar
from engine.expressions.function import Example, Function
from engine.expressions.functions.moments import as_date, date_of, moment
from engine.expressions.parameters import text_argument, whole_argument
from engine.expressions.typed import Constant, Node
from engine.expressions.types import DATE, DATETIME, INTEGER
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_FROM_NUMBERS = 5
"""Arguments from which on a call begins with year, month and day; with fewer it begins with a date."""


class MadeMoment(Function):
    """The typed call always has a date, an hour, a minute and a second."""

    type = "DATETIME"
    result = DATETIME
    partial = True
    parameters = (
        whole_argument("year"),
        whole_argument("month"),
        whole_argument("day"),
        whole_argument("hour"),
        whole_argument("minute"),
        whole_argument("second", optional=True),
    )
    doc = text(
        "由年、月、日、时、分 [秒] 组成应用时区的日期时间；也可写 DATETIME(日期) 表示当日零点，或"
        " DATETIME(日期, 时, 分 [, 秒])。不存在的日期或时间为空。",
        "A datetime of year, month, day, hour, minute [and second] in the app's time zone; DATETIME(date) is its"
        " midnight, DATETIME(date, hour, minute [, second]) a time on it. Null when there is no such day or time.",
    )
    examples = (
        Example("DATETIME(2026, 3, 1, 9, 30)", "2026-03-01T01:30:00Z"),
        Example('DATETIME("2026-03-01", 9, 30, 15)', "2026-03-01T01:30:15Z"),
        Example('DATETIME("2026-03-01")', "2026-02-28T16:00:00Z"),
        Example("DATETIME(2026, 3, 1, 24, 0)", "null"),
    )

    def check(self, site: Site) -> Node:
        site.count(1, len(self.parameters))
        given = len(site.trees)
        if given >= _FROM_NUMBERS:
            day, clock = self.date_of_numbers(site), range(3, given)
        else:
            if given == 2:
                # a date and an hour: say what is missing
                site.count(3, len(self.parameters))
            day, clock = as_date(moment(site, 0)), range(1, given)
        numbers = [site.fitting(site.trees[index], self.parameters[3]) for index in clock]
        noughts = [Constant(INTEGER, 0, span=site.span)] * (3 - len(numbers))
        return site.apply(DATETIME, [day, *numbers, *noughts])

    def date_of_numbers(self, site: Site) -> Node:
        node = site.checks.node(site.trees[0])
        if node.type.kind in {"date", "datetime"}:
            raise site.unfit(node, self.parameters[0].wanted)
        numbers = [site.fitting(tree, self.parameters[0]) for tree in site.trees[:3]]
        return date_of(numbers, site.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.made_moment)}({', '.join(arguments)}, e.tz)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.clocks.made_moment(*arguments)


class DateValue(Function):
    type = "DATEVALUE"
    result = DATE
    partial = True
    parameters = (text_argument("text"),)
    doc = text(
        "把文本读成日期：2026-03-01、2026/3/1、2026.3.1、2026年3月1日 或 20260301；其他为空。",
        "A text read as a date: 2026-03-01, 2026/3/1, 2026.3.1, 2026年3月1日 or 20260301; null for others.",
    )
    examples = (
        Example('DATEVALUE("2026年3月1日")', "2026-03-01"),
        Example('DATEVALUE("2026/2/30")', "null"),
        Example('DATEVALUE("1/3/2026")', "null"),
    )

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.read_date)}({arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.clocks.read_date(arguments[0])
