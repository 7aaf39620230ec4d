"""Working days and working hours by a calendar of the app."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.expressions.coerce import convert
from engine.expressions.errors import ExpressionError, did_you_mean
from engine.expressions.function import Example, Function
from engine.expressions.functions.arithmetic import divided
from engine.expressions.functions.moments import as_date, moment
from engine.expressions.parameters import (
    DATETIME_WANTED,
    datetime_argument,
    moment_argument,
    number_argument,
    text_argument,
    whole_argument,
)
from engine.expressions.typed import Constant, Node
from engine.expressions.types import DATE, DATETIME, MAX_SCALE, number
from engine.expressions.work_days import day_of, number_of, working_day_after, working_days_between
from engine.expressions.working_time import WorkCalendar, add_working_time, days_of, working_time
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

Calendars = Mapping[str, WorkCalendar]
_DAYS = number(7, 0)
_HOURS = number(13, MAX_SCALE)
UNIT = 3_600_000_000 // 10**MAX_SCALE
"""Microseconds of the last decimal of an hour."""
_CALENDAR = text_argument("calendar", optional=True)


def calendar_key(site: Site, index: int, *, needed: bool = False) -> str:
    """The calendar that argument `index` names, '' for the app's default. Raises ExpressionError."""
    known = site.checks.scope.calendars
    names = [name for name in known if name]
    if index >= len(site.trees):
        if needed and "" not in known:
            raise ExpressionError(
                "calendar_needed",
                site.span,
                f"{site.function.type} 需要工作日历，而应用没有默认的。",
                f"{site.function.type} needs a working calendar, and the app has no default one.",
                suggestion=text(
                    "请写出日历的键，或在 app.json 中设置 calendar。",
                    "Name a calendar as last argument, or set calendar in app.json.",
                ),
            )
        return ""
    node = site.checks.node(site.trees[index])
    if isinstance(node, Constant) and isinstance(node.value, str) and node.value in names:
        return node.value
    named = str(node.value) if isinstance(node, Constant) else ""
    raise ExpressionError(
        "unknown_calendar",
        node.span,
        f"没有工作日历“{named}”。" if named else "工作日历须为固定的键。",
        f"There is no working calendar '{named}'."
        if named
        else "A working calendar is named by a fixed key.",
        suggestion=did_you_mean(named, names, form='"{}"')
        or text(f"可选：{'、'.join(names)}。", f"There are: {', '.join(names)}.")
        if names
        else text("请先定义工作日历。", "Define a calendar first."),
    )


class NetworkDays(Function):
    """`option` is the key of the calendar."""

    type = "NETWORKDAYS"
    result = _DAYS
    partial = True
    by_calendar = True
    parameters = (moment_argument("start"), moment_argument("end"), _CALENDAR)
    doc = text(
        "两个日期之间的工作日数，含首尾，倒序为负；按所写的或应用默认的工作日历，没有默认时为周一至周五。",
        "Working days between two dates, both counted, negative backward; by the calendar named or the app's"
        " default one, Monday to Friday when there is none.",
    )
    examples = (
        Example('NETWORKDAYS("2026-03-02", "2026-03-08")', "5"),
        Example('NETWORKDAYS("2026-02-09", "2026-03-01", "cn_5x9")', "11"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 3)
        days = [as_date(moment(site, index)) for index in range(2)]
        return site.apply(_DAYS, days, calendar_key(site, 2))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(network_days)}(e.calendars, {node.option!r}, {', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.working.days_between(node.option, *arguments)


class WorkDay(Function):
    """`option` is the key of the calendar."""

    type = "WORKDAY"
    result = DATE
    partial = True
    by_calendar = True
    parameters = (moment_argument("start"), whole_argument("days"), _CALENDAR)
    doc = text(
        "起始日之后第几个工作日，负数为之前，0 为起始日本身；工作日历同 NETWORKDAYS。",
        "The working day so many after a date, before it when negative, the date itself for 0; calendars as in"
        " NETWORKDAYS.",
    )
    examples = (
        Example('WORKDAY("2026-03-06", 1)', "2026-03-09"),
        Example('WORKDAY("2026-02-13", 1, "cn_5x9")', "2026-02-14"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 3)
        start = as_date(moment(site, 0))
        count = site.fitting(site.trees[1], self.parameters[1])
        return site.apply(DATE, [start, count], calendar_key(site, 2))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(work_day)}(e.calendars, {node.option!r}, {', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.working.day_after(node.option, *arguments)


class WorkHours(Function):
    """`option` is the key of the calendar."""

    type = "WORKHOURS"
    work = 6_000
    result = _HOURS
    partial = True
    by_calendar = True
    in_memory = True
    parameters = (datetime_argument("start"), datetime_argument("end"), _CALENDAR)
    doc = text(
        "两个日期时间之间的工作小时数，六位小数，倒序为负；超过十年为空。",
        "Working hours from one datetime to another with six decimals, negative backward; null over ten years.",
    )
    examples = (
        Example('WORKHOURS(DATETIME(2026, 3, 6, 16, 0), DATETIME(2026, 3, 9, 11, 0), "cn_5x9")', "4.000000"),
        Example('WORKHOURS(DATETIME(2026, 3, 6, 16, 0), DATETIME(2026, 3, 9, 11, 30), "24x7")', "67.500000"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 3)
        ends = [_datetime(site, index) for index in range(2)]
        return site.apply(_HOURS, ends, calendar_key(site, 2, needed=True))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(work_hours)}(e.calendars, {node.option!r}, {', '.join(arguments)})"


class AddWorkHours(Function):
    """`option` is the key of the calendar."""

    type = "ADDWORKHOURS"
    work = 6_000
    result = DATETIME
    partial = True
    by_calendar = True
    in_memory = True
    parameters = (datetime_argument("start"), number_argument("hours"), _CALENDAR)
    doc = text(
        "若干工作小时之后（负数为之前）的时刻；恰在下班时结束的，当天到期。",
        "The moment so many working hours later, earlier when negative; what ends exactly at closing time is due"
        " that day.",
    )
    examples = (
        Example('ADDWORKHOURS(DATETIME(2026, 3, 13, 16, 30), 4, "cn_5x9")', "2026-03-16T03:30:00Z"),
        Example('ADDWORKHOURS(DATETIME(2026, 3, 19, 10, 0), 8, "cn_5x9")', "2026-03-19T10:00:00Z"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 3)
        hours = convert(site.fitting(site.trees[1], self.parameters[1]), _HOURS)
        return site.apply(DATETIME, [_datetime(site, 0), hours], calendar_key(site, 2, needed=True))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(work_hours_later)}(e.calendars, {node.option!r}, {', '.join(arguments)})"


def network_days(calendars: Calendars, key: str, start: date, end: date) -> int | None:
    """Working days by the calendar `key`; None when it is gone or does not know them."""
    days = days_of(calendars, key)
    return None if days is None else working_days_between(days, number_of(start), number_of(end))


def work_day(calendars: Calendars, key: str, start: date, count: int) -> date | None:
    """The working day so many after `start` by the calendar `key`."""
    days = days_of(calendars, key)
    found = None if days is None else working_day_after(days, number_of(start), count)
    return None if found is None else day_of(found)


def work_hours(calendars: Calendars, key: str, start: datetime, end: datetime) -> int | None:
    """Working hours by the calendar `key`, scaled."""
    calendar = calendars.get(key)
    worked = None if calendar is None else working_time(calendar, start, end)
    return None if worked is None else divided(worked, UNIT)


def work_hours_later(calendars: Calendars, key: str, start: datetime, hours: int) -> datetime | None:
    """The moment when so many scaled hours have been worked by the calendar `key`."""
    calendar = calendars.get(key)
    return None if calendar is None else add_working_time(calendar, start, hours * UNIT)


def _datetime(site: Site, index: int) -> Node:
    node = moment(site, index)
    if node.type.kind != "datetime":
        raise site.unfit(node, DATETIME_WANTED)
    return node
