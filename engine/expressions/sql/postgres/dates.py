"""Dates on PostgreSQL. Bounds are tested before anything is computed that the server would refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlglot import exp

from engine.expressions import calendar
from engine.expressions.sql import build as b
from engine.expressions.sql.forms import DateForms, Sql

SAFE_SECONDS = (
    int(datetime(2, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()),
)
"""Seconds since 1970 of the first safe moment and of the first one that is not safe any more."""

WHOLE_CALENDAR = 400_000_000_000
"""More seconds than there are from the first to the last moment."""


def whole_division(left: Sql, right: Sql) -> Sql:
    """Integer division toward zero."""
    return exp.Div(this=b.operand(left), expression=b.operand(right), typed=True, safe=False)


def day_literal(day: date) -> Sql:
    return b.cast(b.word(day.isoformat()), "DATE", "postgres")


def number_of(what: str, part: Sql) -> Sql:
    """A part of a date as an integer."""
    return b.cast(b.extract(what, part), "BIGINT", "postgres")


def clamped(count: Sql, most: int) -> Sql:
    """The count within bounds: the planner computes constants before the CASE that tests them is reached."""
    return b.call("LEAST", b.call("GREATEST", count, b.whole(-most)), b.whole(most))


def is_safe(local: Sql) -> Sql:
    """Whether a local time is away from the edges of the calendar."""
    first, last = day_literal(calendar.SAFE_FIRST), day_literal(calendar.SAFE_LAST)
    return b.between(b.cast(b.operand(local), "DATE", "postgres"), first, last)


def months_between(start: Sql, end: Sql) -> Sql:
    """Complete months, by calendar.date_difference."""
    years = b.multiply(b.subtract(number_of("YEAR", end), number_of("YEAR", start)), b.whole(12))
    months = b.add(years, b.subtract(number_of("MONTH", end), number_of("MONTH", start)))
    first, last = number_of("DAY", start), number_of("DAY", end)
    short = b.all_of([b.binary(exp.GT, months, b.whole(0)), b.binary(exp.LT, last, first)])
    over = b.all_of([b.binary(exp.LT, months, b.whole(0)), b.binary(exp.GT, last, first)])
    step = b.case((short, b.whole(-1)), (over, b.whole(1)), otherwise=b.whole(0))
    return b.add(months, step)


class PostgresDates(DateForms):
    def local(self, at: Sql) -> Sql:
        """The local time of a moment, and the moment of a local time."""
        return exp.AtTimeZone(this=b.operand(at), zone=self.lower.params.zone())

    def local_date(self, at: Sql) -> Sql:
        return b.cast(exp.Paren(this=self.local(at)), "DATE", "postgres")

    def part(self, name: str, day: Sql) -> Sql:
        return number_of(name.upper(), day)

    def made_date(self, year: Sql, month: Sql, day: Sql) -> Sql:
        def made(y: Sql, m: Sql, d: Sql) -> Sql:
            first = b.call("MAKE_DATE", *(b.cast(each, "INT", "postgres") for each in (y, m)), b.whole(1))
            found = b.add(first, b.cast(b.subtract(d, b.whole(1)), "INT", "postgres"))
            possible = b.all_of(
                [
                    b.between(y, b.whole(1), b.whole(9999)),
                    b.between(m, b.whole(1), b.whole(12)),
                    b.between(d, b.whole(1), b.whole(31)),
                ]
            )
            same_month = b.binary(exp.EQ, number_of("MONTH", found), m)
            return b.case((possible, b.case((same_month, found))))

        return self.lower.let_all((year, month, day), made)

    def added_to_date(self, unit: str, count: Sql, day: Sql) -> Sql:
        if unit in calendar.DAYS:
            start = day_literal(calendar.EPOCH_DAY)
            moved = b.multiply(count, b.whole(calendar.DAYS[unit]))
            number = b.add(b.subtract(day, start), moved)
            return self.lower.let(
                number,
                lambda k: b.case(
                    (
                        b.between(k, b.whole(0), b.whole(calendar.LAST_DAY_NUMBER)),
                        b.add(start, b.cast(k, "INT", "postgres")),
                    )
                ),
            )
        return self.lower.let_all((day, count), lambda d, n: self.months_added(unit, n, d))

    def months_added(self, unit: str, count: Sql, day: Sql) -> Sql:
        months = b.multiply(count, b.whole(calendar.MONTHS[unit]))
        now = b.add(b.multiply(number_of("YEAR", day), b.whole(12)), number_of("MONTH", day))
        index = b.add(b.subtract(now, b.whole(1)), months)
        harmless = clamped(months, calendar.LAST_MONTH)
        moved = b.add(day, b.multiply(harmless, b.interval("1", "MONTH")))
        inside = b.between(index, b.whole(calendar.FIRST_MONTH), b.whole(calendar.LAST_MONTH))
        return b.case((inside, b.cast(moved, "DATE", "postgres")))

    def added_to_moment(self, unit: str, count: Sql, at: Sql) -> Sql:
        if unit in calendar.SECONDS:
            return self.lower.let_all((count, at), lambda n, x: self.seconds_added(unit, n, x))
        return self.lower.let(self.local(at), lambda local: self.days_added(unit, count, local))

    def seconds_added(self, unit: str, count: Sql, at: Sql) -> Sql:
        seconds = b.multiply(count, b.whole(calendar.SECONDS[unit]))
        harmless = clamped(count, WHOLE_CALENDAR // calendar.SECONDS[unit])
        moved = b.add(at, b.multiply(harmless, b.interval("1", unit.upper())))
        return b.case((self.safe(at, seconds), moved))

    def days_added(self, unit: str, count: Sql, local: Sql) -> Sql:
        day = b.cast(local, "DATE", "postgres")
        clock = b.cast(local, "TIME", "postgres")

        def back(found: Sql) -> Sql:
            first, last = day_literal(calendar.SAFE_FIRST), day_literal(calendar.SAFE_LAST)
            return b.case((b.between(found, first, last), self.local(exp.Paren(this=b.add(found, clock)))))

        return self.lower.let(self.added_to_date(unit, count, day), back)

    def safe(self, at: Sql, seconds: Sql) -> Sql:
        """Whether the moment plus seconds stays between the safe years."""
        first, beyond = SAFE_SECONDS
        total = b.add(b.extract("EPOCH", at), seconds)
        return b.all_of([b.binary(exp.GTE, total, b.whole(first)), b.binary(exp.LT, total, b.whole(beyond))])

    def date_difference(self, unit: str, start: Sql, end: Sql) -> Sql:
        if unit in calendar.DAYS:
            days = b.cast(b.subtract(end, start), "BIGINT", "postgres")
            return days if unit == "day" else whole_division(days, b.whole(7))
        found = self.lower.let_all((start, end), months_between)
        return found if unit == "month" else whole_division(found, b.whole(calendar.MONTHS[unit]))

    def moment_difference(self, unit: str, start: Sql, end: Sql) -> Sql:
        return b.call("DIV", self.seconds(start, end), b.whole(calendar.SECONDS[unit]))

    def seconds(self, start: Sql, end: Sql) -> Sql:
        """Exact seconds between two moments, a numeric with 6 decimals."""
        return b.subtract(b.extract("EPOCH", end), b.extract("EPOCH", start))

    def start_of_date(self, unit: str, day: Sql) -> Sql:
        # Without the cast the date would turn into a moment of the session's zone.
        start = b.call("DATE_TRUNC", b.word(unit), b.cast(day, "TIMESTAMP", "postgres"))
        return b.cast(start, "DATE", "postgres")

    def start_of_moment(self, unit: str, at: Sql) -> Sql:
        def start(local: Sql) -> Sql:
            return b.case((is_safe(local), self.local(b.call("DATE_TRUNC", b.word(unit), local))))

        return self.lower.let(self.local(at), start)

    def shifted(self, at: Sql, by: Sql) -> Sql:
        return self.lower.let_all((at, by), self.moved)

    def moved(self, at: Sql, by: Sql) -> Sql:
        # interval * bigint goes through float8, so seconds and the rest are added apart.
        million, by = b.whole(1_000_000), b.cast(by, "BIGINT", "postgres")
        whole = b.multiply(whole_division(by, million), b.interval("1", "SECOND"))
        rest = b.multiply(b.binary(exp.Mod, by, million), b.interval("1", "MICROSECOND"))
        seconds = b.multiply(b.cast(by, "DECIMAL", "postgres"), exp.Literal.number("0.000001"))
        return b.case((self.safe(at, seconds), b.add(b.add(at, whole), rest)))

    def elapsed(self, start: Sql, end: Sql) -> Sql:
        return b.multiply(self.seconds(start, end), b.whole(1_000_000))
