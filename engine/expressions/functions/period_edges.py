"""The start and the end of the period that a date or a datetime lies in. `option` is the unit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions import calendar
from engine.expressions.function import Example, Function
from engine.expressions.functions.moments import moment
from engine.expressions.parameters import moment_argument, text_argument
from engine.expressions.typed import Node
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class _PeriodEdge(Function):
    """Of a date a date; of a datetime a datetime, the period being that of the app's zone."""

    partial = True
    parameters = (text_argument("unit"), moment_argument("date"))
    of_date: ClassVar[Callable[..., Any]]
    of_moment: ClassVar[Callable[..., Any]]

    def check(self, site: Site) -> Node:
        site.count(2, 2)
        at = moment(site, 1)
        units = calendar.DATE_UNITS if at.type.kind == "date" else ("hour", *calendar.DATE_UNITS)
        return site.apply(at.type, [at], site.word(0, units))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        if node.type.kind == "date":
            return f"{writer.use(type(self).of_date)}({node.option!r}, {arguments[0]})"
        return f"{writer.use(type(self).of_moment)}({node.option!r}, {arguments[0]}, e.tz)"

    @abstractmethod
    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr: ...


class StartOf(_PeriodEdge):
    type = "STARTOF"
    of_date = calendar.start_of_date
    of_moment = calendar.start_of_moment
    doc = text(
        "所在年、季、月、周（周一起）、日、小时的开始，按应用时区。",
        "The start of its year, quarter, month, week (Monday), day or hour in the app's time zone.",
    )
    examples = (Example('STARTOF("quarter", "2026-05-20")', "2026-04-01"),)

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        if node.type.kind == "date":
            return lower.dates.start_of_date(node.option, arguments[0])
        return lower.dates.start_of_moment(node.option, arguments[0])


class EndOf(_PeriodEdge):
    type = "ENDOF"
    of_date = calendar.end_of_date
    of_moment = calendar.end_of_moment
    doc = text(
        "所在年、季、月、周（至周日）、日、小时的结束：日期为最后一天，日期时间为最后一微秒，按应用时区。",
        "The end of its year, quarter, month, week (Sunday), day or hour: of a date the last day, of a datetime"
        " the last microsecond in the app's time zone.",
    )
    examples = (
        Example('ENDOF("quarter", "2026-05-20")', "2026-06-30"),
        Example('ENDOF("day", "2026-03-01T20:00:00Z")', "2026-03-02T15:59:59.999999Z"),
    )

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        if node.type.kind == "date":
            return lower.clocks.end_of_date(node.option, arguments[0])
        return lower.clocks.end_of_moment(node.option, arguments[0])


END_OF = EndOf()
