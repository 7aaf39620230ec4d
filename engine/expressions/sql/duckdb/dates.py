"""Dates on DuckDB, whose TIMESTAMP columns hold UTC."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from engine.expressions import calendar
from engine.expressions.sql import build as b
from engine.expressions.sql.duckdb.numbers import huge, whole_division
from engine.expressions.sql.forms import DateForms, Sql
from engine.expressions.sql.postgres.dates import SAFE_SECONDS, months_between

_MICRO = 1_000_000


def day_literal(day: date) -> Sql:
    return b.cast(b.word(day.isoformat()), "DATE", "duckdb")


def whole(value: Sql) -> Sql:
    return b.cast(value, "BIGINT", "duckdb")


def is_safe(local: Sql) -> Sql:
    """Whether a local time is away from the edges of the calendar."""
    first, last = day_literal(calendar.SAFE_FIRST), day_literal(calendar.SAFE_LAST)
    return b.between(b.cast(local, "DATE", "duckdb"), first, last)


def extracted(what: str, part: Sql) -> Sql:
    """EXTRACT as a whole number, which it is not where the part is null for sure: a DOUBLE then."""
    return whole(b.extract(what, part))


def within(value: Sql, most: int) -> Sql:
    """The number, or the nearest from 1 to `most`."""
    return whole(b.call("LEAST", b.call("GREATEST", value, b.whole(1)), b.whole(most)))


def micros(at: Sql) -> Sql:
    """Microseconds since 1970."""
    return b.call("EPOCH_US", at)


class DuckDates(DateForms):
    def local(self, at: Sql) -> Sql:
        """The local time of a moment."""
        return b.call("TIMEZONE", self.lower.params.zone(), b.call("TIMEZONE", b.word("UTC"), at))

    def from_local(self, local: Sql) -> Sql:
        """The moment of a local time."""
        return b.call("TIMEZONE", b.word("UTC"), b.call("TIMEZONE", self.lower.params.zone(), local))

    def local_date(self, at: Sql) -> Sql:
        return b.cast(self.local(at), "DATE", "duckdb")

    def part(self, name: str, day: Sql) -> Sql:
        return extracted(name.upper(), day)

    def made_date(self, year: Sql, month: Sql, day: Sql) -> Sql:
        def made(y: Sql, m: Sql, d: Sql) -> Sql:
            # MAKE_DATE stops with an error for a day that does not exist, and TRY around it is not reliable.
            # Constants are computed before the CASE is reached, so they must be harmless.
            year_in, month_in, day_in = (within(each, most) for each, most in ((y, 9999), (m, 12), (d, 31)))
            first = b.call("MAKE_DATE", year_in, month_in, b.whole(1))
            found = b.add(first, b.cast(b.subtract(day_in, b.whole(1)), "INT", "duckdb"))
            possible = b.all_of(
                [
                    b.between(y, b.whole(1), b.whole(9999)),
                    b.between(m, b.whole(1), b.whole(12)),
                    b.between(d, b.whole(1), b.whole(31)),
                ]
            )
            same_month = b.binary(exp.EQ, b.extract("MONTH", found), m)
            return b.case((possible, b.case((same_month, found))))

        return self.lower.let_all((year, month, day), made)

    def added_to_date(self, unit: str, count: Sql, day: Sql) -> Sql:
        if unit in calendar.DAYS:
            start = day_literal(calendar.EPOCH_DAY)
            moved = b.multiply(count, b.whole(calendar.DAYS[unit]))
            inside = (b.whole(0), b.whole(calendar.LAST_DAY_NUMBER))
            return self.lower.let(
                b.add(b.subtract(day, start), moved),
                lambda k: b.case((b.between(k, *inside), b.add(start, b.cast(k, "INT", "duckdb")))),
            )
        return self.lower.let_all((day, count), lambda d, n: self.months_added(unit, n, d))

    def months_added(self, unit: str, count: Sql, day: Sql) -> Sql:
        months = b.multiply(count, b.whole(calendar.MONTHS[unit]))
        now = b.add(b.multiply(b.extract("YEAR", day), b.whole(12)), b.extract("MONTH", day))
        index = b.add(b.subtract(now, b.whole(1)), months)
        inside = b.between(index, b.whole(calendar.FIRST_MONTH), b.whole(calendar.LAST_MONTH))
        moved = b.add(day, b.call("TO_MONTHS", b.cast(months, "INT", "duckdb")))
        return b.case((inside, b.cast(moved, "DATE", "duckdb")))

    def added_to_moment(self, unit: str, count: Sql, at: Sql) -> Sql:
        if unit in calendar.SECONDS:
            step = calendar.SECONDS[unit] * _MICRO
            return self.at(b.add(micros(at), b.multiply(huge(count), b.whole(step))))
        return self.lower.let(self.local(at), lambda local: self.days_added(unit, count, local))

    def days_added(self, unit: str, count: Sql, local: Sql) -> Sql:
        day = b.cast(local, "DATE", "duckdb")
        clock = b.cast(local, "TIME", "duckdb")

        def back(found: Sql) -> Sql:
            first, last = day_literal(calendar.SAFE_FIRST), day_literal(calendar.SAFE_LAST)
            return b.case((b.between(found, first, last), self.from_local(b.add(found, clock))))

        return self.lower.let(self.added_to_date(unit, count, day), back)

    def at(self, number: Sql) -> Sql:
        """The moment so many microseconds after 1970, null outside the safe years."""
        first, beyond = (seconds * _MICRO for seconds in SAFE_SECONDS)
        return self.lower.let(
            number,
            lambda k: b.case(
                (
                    b.between(k, b.whole(first), b.whole(beyond - 1)),
                    b.call("MAKE_TIMESTAMP", b.cast(k, "BIGINT", "duckdb")),
                )
            ),
        )

    def date_difference(self, unit: str, start: Sql, end: Sql) -> Sql:
        if unit in calendar.DAYS:
            days = b.subtract(end, start)
            return days if unit == "day" else whole_division(days, b.whole(7))
        found = self.lower.let_all((start, end), months_between)
        return found if unit == "month" else whole_division(found, b.whole(calendar.MONTHS[unit]))

    def moment_difference(self, unit: str, start: Sql, end: Sql) -> Sql:
        return whole_division(self.elapsed(start, end), b.whole(calendar.SECONDS[unit] * _MICRO))

    def start_of_date(self, unit: str, day: Sql) -> Sql:
        return b.cast(b.call("DATE_TRUNC", b.word(unit), day), "DATE", "duckdb")

    def start_of_moment(self, unit: str, at: Sql) -> Sql:
        def start(local: Sql) -> Sql:
            return b.case((is_safe(local), self.from_local(b.call("DATE_TRUNC", b.word(unit), local))))

        return self.lower.let(self.local(at), start)

    def shifted(self, at: Sql, by: Sql) -> Sql:
        return self.at(b.add(huge(micros(at)), by))

    def elapsed(self, start: Sql, end: Sql) -> Sql:
        return b.subtract(micros(end), micros(start))
