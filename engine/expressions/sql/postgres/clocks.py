"""Parts, ends and spellings of dates on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlglot import exp

from engine.expressions import calendar
from engine.expressions.sql import build as b
from engine.expressions.sql.forms import ClockForms, Sql
from engine.expressions.sql.postgres.dates import PostgresDates, clamped, day_literal, is_safe, number_of

PARTS = {"quarter": "QUARTER", "weekday": "ISODOW", "week": "WEEK"}
INTERVALS = {"hour": ("1", "HOUR"), "day": ("1", "DAY"), "week": ("7", "DAY")} | {
    unit: (str(months), "MONTH") for unit, months in calendar.MONTHS.items()
}
DAY = 86_400


class PostgresClocks(ClockForms):
    @property
    def dates(self) -> PostgresDates:
        return PostgresDates(self.lower)

    def day_part(self, name: str, day: Sql) -> Sql:
        return number_of(PARTS[name], day)

    def clock_part(self, name: str, at: Sql) -> Sql:
        # A cast would round the seconds.
        found = b.extract(name.upper(), exp.Paren(this=self.dates.local(at)))
        return b.cast(b.call("FLOOR", found), "BIGINT", "postgres")

    def end_of_date(self, unit: str, day: Sql) -> Sql:
        if unit == "day":
            return day
        start = b.call("DATE_TRUNC", b.word(unit), b.cast(day, "TIMESTAMP", "postgres"))
        following = b.add(start, b.interval(*INTERVALS[unit]))
        last = b.cast(exp.Paren(this=b.subtract(following, b.interval("1", "DAY"))), "DATE", "postgres")
        known = day_literal(date.max)
        return b.case((b.binary(exp.LTE, last, known), last)) if unit == "week" else last

    def end_of_moment(self, unit: str, at: Sql) -> Sql:
        def end(local: Sql) -> Sql:
            start = b.call("DATE_TRUNC", b.word(unit), local)
            following = self.dates.local(exp.Paren(this=b.add(start, b.interval(*INTERVALS[unit]))))
            return b.case((is_safe(local), b.subtract(following, b.interval("1", "MICROSECOND"))))

        return self.lower.let(self.dates.local(at), end)

    def made_moment(self, day: Sql, hour: Sql, minute: Sql, second: Sql) -> Sql:
        def made(d: Sql, h: Sql, m: Sql, s: Sql) -> Sql:
            clock = b.multiply(clamped(seconds_of(h, m, s), DAY), b.interval("1", "SECOND"))
            local = b.add(b.cast(d, "TIMESTAMP", "postgres"), clock)
            return b.case((possible(d, h, m, s, day_literal), self.dates.local(exp.Paren(this=local))))

        return self.lower.let_all((day, hour, minute, second), made)

    def whole_units(self, duration: Sql, micros: int) -> Sql:
        return b.call("DIV", b.cast(duration, "DECIMAL", "postgres"), b.whole(micros))

    def read_date(self, value: Sql) -> Sql:
        def read(written: Sql) -> Sql:
            year = b.call("LEFT", written, b.whole(4))
            month = b.call("SUBSTRING", written, b.word(calendar.WRITTEN_MONTH))
            day = b.call("SUBSTRING", written, b.word(calendar.WRITTEN_DAY))
            numbers = [b.cast(each, "BIGINT", "postgres") for each in (year, month, day)]
            is_date = exp.RegexpLike(
                this=b.operand(written), expression=b.word(f"^({calendar.WRITTEN_DATE})$")
            )
            return b.case((is_date, self.dates.made_date(*numbers)))

        return self.lower.let(value, read)


def seconds_of(hour: Sql, minute: Sql, second: Sql) -> Sql:
    """Seconds since midnight."""
    minutes = b.add(b.multiply(hour, b.whole(60)), minute)
    return b.add(b.multiply(minutes, b.whole(60)), second)


def possible(day: Sql, hour: Sql, minute: Sql, second: Sql, literal: Callable[[date], Sql]) -> Sql:
    """Whether there is such a local time, away from the edges of the calendar."""
    return b.all_of(
        [
            b.between(day, literal(calendar.SAFE_FIRST), literal(calendar.SAFE_LAST)),
            b.between(hour, b.whole(0), b.whole(23)),
            b.between(minute, b.whole(0), b.whole(59)),
            b.between(second, b.whole(0), b.whole(59)),
        ]
    )
