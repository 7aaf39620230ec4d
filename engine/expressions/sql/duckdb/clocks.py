"""Parts, ends and spellings of dates on DuckDB."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from engine.expressions import calendar
from engine.expressions.sql import build as b
from engine.expressions.sql.duckdb.dates import DuckDates, day_literal, extracted, is_safe, whole
from engine.expressions.sql.duckdb.numbers import whole_division
from engine.expressions.sql.forms import ClockForms, Sql
from engine.expressions.sql.postgres.clocks import DAY, INTERVALS, PARTS, possible, seconds_of
from engine.expressions.sql.postgres.dates import clamped


class DuckClocks(ClockForms):
    @property
    def dates(self) -> DuckDates:
        return DuckDates(self.lower)

    def day_part(self, name: str, day: Sql) -> Sql:
        return extracted(PARTS[name], day)

    def clock_part(self, name: str, at: Sql) -> Sql:
        return extracted(name.upper(), self.dates.local(at))

    def end_of_date(self, unit: str, day: Sql) -> Sql:
        if unit == "day":
            return day
        start = b.cast(b.call("DATE_TRUNC", b.word(unit), day), "TIMESTAMP", "duckdb")
        following = b.add(start, b.interval(*INTERVALS[unit]))
        last = b.cast(b.subtract(following, b.interval("1", "DAY")), "DATE", "duckdb")
        return b.case((b.binary(exp.LTE, last, day_literal(date.max)), last)) if unit == "week" else last

    def end_of_moment(self, unit: str, at: Sql) -> Sql:
        def end(local: Sql) -> Sql:
            start = b.call("DATE_TRUNC", b.word(unit), local)
            following = self.dates.from_local(b.add(start, b.interval(*INTERVALS[unit])))
            return b.case((is_safe(local), b.subtract(following, b.interval("1", "MICROSECOND"))))

        return self.lower.let(self.dates.local(at), end)

    def made_moment(self, day: Sql, hour: Sql, minute: Sql, second: Sql) -> Sql:
        def made(d: Sql, h: Sql, m: Sql, s: Sql) -> Sql:
            clock = b.call("TO_SECONDS", clamped(seconds_of(h, m, s), DAY))
            local = b.add(b.cast(d, "TIMESTAMP", "duckdb"), clock)
            return b.case((possible(d, h, m, s, day_literal), self.dates.from_local(local)))

        return self.lower.let_all((day, hour, minute, second), made)

    def whole_units(self, duration: Sql, micros: int) -> Sql:
        return whole_division(duration, b.whole(micros))

    def read_date(self, value: Sql) -> Sql:
        def read(written: Sql) -> Sql:
            year = b.call("LEFT", written, b.whole(4))
            month = b.call("REGEXP_EXTRACT", written, b.word(calendar.WRITTEN_MONTH), b.whole(1))
            day = b.call("REGEXP_EXTRACT", written, b.word(calendar.WRITTEN_DAY), b.whole(1))
            # A text that is no date must not stop the query, whatever is computed before the CASE.
            numbers = [
                exp.TryCast(this=b.take(each), to=exp.DataType.build("BIGINT")) for each in (year, month, day)
            ]
            is_date = b.call("REGEXP_FULL_MATCH", written, b.word(calendar.WRITTEN_DATE))
            return b.case((is_date, self.dates.made_date(*(whole(each) for each in numbers))))

        return self.lower.let(value, read)
