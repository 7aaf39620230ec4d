"""Months from a date, ages, and durations as whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions import calendar
from engine.expressions.function import Example, Function, Parameter
from engine.expressions.functions.moments import DATE_ADD, DATE_DIFF, as_date, days_between, moment
from engine.expressions.functions.now import TODAY
from engine.expressions.functions.period_edges import END_OF
from engine.expressions.parameters import (
    DATETIME_WANTED,
    duration_argument,
    moment_argument,
    whole_argument,
)
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import DATE, DURATION, INT64_DIGITS, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_YEARS = number(4, 0)


class EDate(Function):
    """Becomes a DATEADD."""

    type = "EDATE"
    partial = True
    parameters = (moment_argument("date"), whole_argument("months"))
    doc = text(
        "若干个月之后（负数为之前）的同一天；月末取较短月份的最后一天。",
        "The same day so many months later, earlier when negative; the last day of a shorter month stands in.",
    )
    examples = (
        Example('EDATE("2026-01-31", 1)', "2026-02-28"),
        Example('EDATE("2026-03-31", -1)', "2026-02-28"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 2)
        at = moment(site, 0)
        count = site.fitting(site.trees[1], self.parameters[1])
        return Apply(at.type, DATE_ADD, (count, at), "month", span=site.span)


class EOMonth(Function):
    """Becomes the ENDOF of a DATEADD."""

    type = "EOMONTH"
    result = DATE
    partial = True
    parameters = (moment_argument("date"), whole_argument("months", optional=True))
    doc = text(
        "若干个月之后（负数为之前，可省略）那个月的最后一天。",
        "The last day of the month so many months later, earlier when negative; 0 when left out.",
    )
    examples = (
        Example('EOMONTH("2026-01-15", 1)', "2026-02-28"),
        Example('EOMONTH("2024-02-01")', "2024-02-29"),
    )

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        day = as_date(moment(site, 0))
        if len(site.trees) == len(self.parameters):
            count = site.fitting(site.trees[1], self.parameters[1])
            day = Apply(DATE, DATE_ADD, (count, day), "month", span=site.span)
        return Apply(DATE, END_OF, (day,), "month", span=site.span)


class DaysUntil(Function):
    """Becomes the difference to TODAY."""

    type = "DAYSUNTIL"
    volatile = True
    parameters = (moment_argument("date"),)
    doc = text("从今天到该日期还有几天，过去为负。", "Days from today to the date; negative when it is past.")
    examples = (Example("DAYSUNTIL(TODAY() + 30)", "30"),)

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        today = Apply(DATE, TODAY, (), span=site.span)
        return days_between(today, as_date(moment(site, 0)), site.span)


class Age(Function):
    """Becomes a DATEDIFF in years."""

    type = "AGE"
    parameters = (moment_argument("date"), moment_argument("at", optional=True))
    doc = text(
        "到某日（默认今天）满几周岁；2 月 29 日出生的在平年 3 月 1 日长一岁。",
        "Complete years up to a day, today when left out; who is born on 29 February is a year older on 1 March.",
    )
    examples = (
        Example('AGE("1990-03-02", "2026-03-01")', "35"),
        Example('AGE("1990-03-02", "2026-03-02")', "36"),
    )

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        start = as_date(moment(site, 0))
        given = len(site.trees) == len(self.parameters)
        end = as_date(moment(site, 1)) if given else Apply(DATE, TODAY, (), span=site.span)
        return Apply(_YEARS, DATE_DIFF, (start, end), "year", span=site.span)


class _Whole(Function):
    """Whole units of a duration, or of the time between two datetimes, which becomes a DATEDIFF."""

    parameters: ClassVar[tuple[Parameter, ...]] = (
        duration_argument("duration"),
        moment_argument("to", optional=True),
    )
    unit: ClassVar[str]
    micros: ClassVar[int]

    def check(self, site: Site) -> Node:
        site.count(1, len(self.parameters))
        if len(site.trees) == 1:
            node = site.checks.node(site.trees[0])
            if isinstance(node, Constant) and node.value is None:
                node = Constant(DURATION, None, span=node.span)
            if node.type.kind != "duration":
                raise site.unfit(node, self.parameters[0].wanted)
            digits = INT64_DIGITS + 1 - len(str(self.micros))
            return site.apply(number(digits + 1, 0), [node])
        start, end = moment(site, 0), moment(site, 1)
        for each in (start, end):
            if each.type.kind != "datetime":
                raise site.unfit(each, DATETIME_WANTED)
        return Apply(number(12, 0), DATE_DIFF, (start, end), self.unit, span=site.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.truncated)}({arguments[0]}, {self.micros})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.clocks.whole_units(arguments[0], self.micros)


class Minutes(_Whole):
    type = "MINUTES"
    unit = "minute"
    micros = 60_000_000
    doc = text(
        "时长或两个日期时间之间满几分钟。", "Complete minutes of a duration, or from one datetime to another."
    )
    examples = (
        Example('MINUTES("2026-03-01T09:00:00Z", "2026-03-01T10:30:59Z")', "90"),
        Example("MINUTES(DATETIME(2026, 3, 2, 0, 0) - DATETIME(2026, 3, 1, 0, 0))", "1440"),
    )


class Hours(_Whole):
    type = "HOURS"
    unit = "hour"
    micros = 3_600_000_000
    doc = text(
        "时长或两个日期时间之间满几小时。", "Complete hours of a duration, or from one datetime to another."
    )
    examples = (Example('HOURS("2026-03-01T09:00:00Z", "2026-03-01T10:59:00Z")', "1"),)


class Days(_Whole):
    """Of a duration only: between datetimes DATEDIFF counts dates, which is another thing."""

    type = "DAYS"
    unit = "day"
    micros = 86_400_000_000
    parameters = (duration_argument("duration"),)
    doc = text("时长满几个 24 小时。", "Complete spans of 24 hours of a duration.")
    examples = (Example("DAYS(DATETIME(2026, 3, 4, 1, 0) - DATETIME(2026, 3, 1, 2, 0))", "2"),)
