"""Dates and moments: NOW and TODAY are in now.py, everything that computes with them is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.expressions import calendar
from engine.expressions.coerce import convert, read_as
from engine.expressions.errors import Span
from engine.expressions.function import Example, Function
from engine.expressions.parameters import (
    DATETIME_WANTED,
    MOMENT_WANTED,
    moment_argument,
    text_argument,
    whole_argument,
)
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import DATE, DATETIME, INTEGER, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_DAY_COUNT = number(7, 0)


def moment(site: Site, index: int) -> Node:
    """Argument `index` as a date or datetime; a literal that looks like one is read as one."""
    node = site.checks.node(site.trees[index])
    if isinstance(node, Constant) and node.type.kind in {"text", "null"}:
        is_date = node.value is None or len(node.value) <= len("2026-03-01")
        node = read_as(node, DATE if is_date else DATETIME)
    if node.type.kind not in {"date", "datetime"}:
        raise site.unfit(node, MOMENT_WANTED)
    return node


def as_date(node: Node) -> Node:
    """The date of a moment in the app's zone; a date as it is."""
    return node if node.type.kind == "date" else Apply(DATE, TO_DATE, (node,), span=node.span)


class ToDate(Function):
    type = "TODATE"
    result = DATE
    parameters = (moment_argument("datetime"),)
    doc = text("日期时间在应用时区的日期。", "The date of a datetime in the app's time zone.")
    examples = (Example('TODATE("2026-03-01T20:00:00Z")', "2026-03-02"),)

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        return as_date(moment(site, 0))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.local_date)}({arguments[0]}, e.tz)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.dates.local_date(arguments[0])


class MadeDate(Function):
    type = "DATE"
    result = DATE
    partial = True
    parameters = (whole_argument("year"), whole_argument("month"), whole_argument("day"))
    doc = text(
        "由年、月、日组成日期；不存在的日期为空。",
        "A date of year, month and day; null when there is no such day.",
    )
    examples = (Example("DATE(2026, 2, 28)", "2026-02-28"), Example("DATE(2026, 2, 30)", "null"))

    def check(self, site: Site) -> Node:
        return date_of(site.declared(), site.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.made_date)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.dates.made_date(*arguments)


class _Part(Function):
    """A part of a date, or of a datetime in the app's zone."""

    parameters = (moment_argument("date"),)

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        return site.apply(number(4, 0), [as_date(moment(site, 0))])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}.{self.type.lower()}"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.dates.part(self.type.lower(), arguments[0])


class Year(_Part):
    type = "YEAR"
    doc = text("年份。", "The year.")
    examples = (Example('YEAR("2026-03-01")', "2026"),)


class Month(_Part):
    type = "MONTH"
    doc = text("月份，1 到 12。", "The month, 1 to 12.")
    examples = (Example('MONTH("2026-03-01")', "3"),)


class Day(_Part):
    type = "DAY"
    doc = text("几号，1 到 31。", "The day of the month, 1 to 31.")
    examples = (Example('DAY("2026-03-01")', "1"),)


class DateAdd(Function):
    """`option` is the unit."""

    type = "DATEADD"
    partial = True
    parameters = (text_argument("unit"), whole_argument("count"), moment_argument("date"))
    doc = text(
        "日期或日期时间加若干单位；月末取较短月份的最后一天。",
        "A date or datetime moved by a count of units; the last day of a shorter month stands in.",
    )
    examples = (
        Example('DATEADD("day", 3, "2026-02-27")', "2026-03-02"),
        Example('DATEADD("month", 1, "2026-01-31")', "2026-02-28"),
    )

    def check(self, site: Site) -> Node:
        site.count(3, 3)
        at = moment(site, 2)
        units = calendar.DATE_UNITS if at.type.kind == "date" else calendar.UNITS
        count = site.fitting(site.trees[1], self.parameters[1])
        return site.apply(at.type, [count, at], site.word(0, units))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        count, at = arguments
        if node.type.kind == "date":
            return f"{writer.use(calendar.added_to_date)}({node.option!r}, {count}, {at})"
        return f"{writer.use(calendar.added_to_moment)}({node.option!r}, {count}, {at}, e.tz)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        count, at = arguments
        if node.type.kind == "date":
            return lower.dates.added_to_date(node.option, count, at)
        return lower.dates.added_to_moment(node.option, count, at)


class DateDiff(Function):
    """`option` is the unit."""

    type = "DATEDIFF"
    parameters = (text_argument("unit"), moment_argument("from"), moment_argument("to"))
    doc = text(
        "从前者到后者的完整单位数；日、周、月、年按应用时区的日期计。",
        "Complete units from one to the other; days and longer count dates in the app's time zone.",
    )
    examples = (
        Example('DATEDIFF("day", "2026-03-01", "2026-03-31")', "30"),
        Example('DATEDIFF("month", "2026-01-31", "2026-02-28")', "0"),
    )

    def check(self, site: Site) -> Node:
        site.count(3, 3)
        unit = site.word(0, calendar.UNITS)
        start, end = moment(site, 1), moment(site, 2)
        if unit in calendar.DATE_UNITS:
            return site.apply(_DAY_COUNT, [as_date(start), as_date(end)], unit)
        for node in (start, end):
            if node.type.kind != "datetime":
                raise site.unfit(node, DATETIME_WANTED)
        return site.apply(number(12, 0), [start, end], unit)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        on_dates = node.arguments[0].type.kind == "date"
        if on_dates and node.option == "day":
            start, end = arguments
            return f"({end} - {start}).days"
        function = calendar.date_difference if on_dates else calendar.moment_difference
        return f"{writer.use(function)}({node.option!r}, {', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        if node.arguments[0].type.kind == "date":
            return lower.dates.date_difference(node.option, *arguments)
        return lower.dates.moment_difference(node.option, *arguments)


class Shifted(Function):
    """A datetime plus a duration in microseconds."""

    type = "shifted"
    partial = True
    doc = text("日期时间加时长。", "A datetime plus a duration.")

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.shifted)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.dates.shifted(*arguments)


class Elapsed(Function):
    """The duration from one datetime to another."""

    type = "elapsed"
    doc = text("两个日期时间相差的时长。", "The duration between two datetimes.")

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.elapsed)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.dates.elapsed(*arguments)


TO_DATE = ToDate()
MADE_DATE = MadeDate()
DATE_ADD = DateAdd()
DATE_DIFF = DateDiff()
SHIFTED = Shifted()
ELAPSED = Elapsed()


def date_of(numbers: list[Node], span: Span) -> Node:
    """The date of year, month and day; settled now when they are constants."""
    fixed = [each.value for each in numbers if isinstance(each, Constant)]
    if len(fixed) == len(numbers) and None not in fixed:
        return Constant(DATE, calendar.made_date(*fixed), span=span)
    return Apply(DATE, MADE_DATE, tuple(numbers), span=span)


def days_added(at: Node, count: Node, span: Span) -> Node:
    """`at + count` on dates."""
    return Apply(DATE, DATE_ADD, (convert(count, INTEGER), at), "day", span=span)


def days_between(start: Node, end: Node, span: Span) -> Node:
    """`end - start` on dates."""
    return Apply(_DAY_COUNT, DATE_DIFF, (start, end), "day", span=span)
