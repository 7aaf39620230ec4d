"""Parts of a date, and of the local time of a datetime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions import calendar
from engine.expressions.function import Example, Function
from engine.expressions.functions.moments import as_date, moment
from engine.expressions.parameters import DATETIME_WANTED, datetime_argument, moment_argument
from engine.expressions.typed import Node
from engine.expressions.types import number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class _DayPart(Function):
    """A number that follows from the day."""

    parameters = (moment_argument("date"),)
    result = number(2, 0)
    part: ClassVar[str]

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        return site.apply(self.result, [as_date(moment(site, 0))])

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.clocks.day_part(self.part, arguments[0])


class Quarter(_DayPart):
    type = "QUARTER"
    part = "quarter"
    doc = text("季度，1 到 4。", "The quarter, 1 to 4.")
    examples = (Example('QUARTER("2026-05-20")', "2"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"(({arguments[0]}.month + 2) // 3)"


class Weekday(_DayPart):
    type = "WEEKDAY"
    part = "weekday"
    doc = text("星期几，1 为星期一，7 为星期日。", "The day of the week, 1 is Monday and 7 Sunday.")
    examples = (Example('WEEKDAY("2026-03-01")', "7"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}.isoweekday()"


class IsoWeek(_DayPart):
    type = "ISOWEEK"
    part = "week"
    doc = text(
        "ISO 周数，1 到 53；含当年首个星期四的一周为第 1 周。",
        "The ISO week, 1 to 53; week 1 has the first Thursday of the year.",
    )
    examples = (Example('ISOWEEK("2027-01-03")', "53"), Example('ISOWEEK("2026-01-01")', "1"))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}.isocalendar()[1]"


class _ClockPart(Function):
    """A number that follows from the local time."""

    parameters = (datetime_argument("datetime"),)
    result = number(2, 0)

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        at = moment(site, 0)
        if at.type.kind != "datetime":
            raise site.unfit(at, DATETIME_WANTED)
        return site.apply(self.result, [at])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.to_local)}({arguments[0]}, e.tz).{self.type.lower()}"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.clocks.clock_part(self.type.lower(), arguments[0])


class Hour(_ClockPart):
    type = "HOUR"
    doc = text("应用时区的小时，0 到 23。", "The hour in the app's time zone, 0 to 23.")
    examples = (Example('HOUR("2026-03-01T20:15:30Z")', "4"),)


class Minute(_ClockPart):
    type = "MINUTE"
    doc = text("应用时区的分钟，0 到 59。", "The minute in the app's time zone, 0 to 59.")
    examples = (Example('MINUTE("2026-03-01T20:15:30Z")', "15"),)


class Second(_ClockPart):
    type = "SECOND"
    doc = text("秒，0 到 59，不计小数。", "The second, 0 to 59, without its fraction.")
    examples = (Example('SECOND("2026-03-01T20:15:30.9Z")', "30"),)
