"""Parts, ends and spellings of dates on SQLite."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import ClockForms, Sql
from engine.expressions.sql.sqlite.numbers import divided_whole


class SqliteClocks(ClockForms):
    def day_part(self, name: str, day: Sql) -> Sql:
        if name == "quarter":
            return divided_whole(b.add(self.lower.dates.part("month", day), b.whole(2)), b.whole(3))
        if name == "weekday":
            sunday_first = b.cast(b.call("STRFTIME", b.word("%w"), day), "INTEGER", "sqlite")
            return b.add(b.binary(exp.Mod, b.add(sunday_first, b.whole(6)), b.whole(7)), b.whole(1))
        return b.call("ff_iso_week", day)

    def clock_part(self, name: str, at: Sql) -> Sql:
        return b.call("ff_clock_part", b.word(name), at, self.lower.params.zone())

    def end_of_date(self, unit: str, day: Sql) -> Sql:
        return day if unit == "day" else b.call("ff_end_of_date", b.word(unit), day)

    def end_of_moment(self, unit: str, at: Sql) -> Sql:
        return b.call("ff_end_of_moment", b.word(unit), at, self.lower.params.zone())

    def made_moment(self, day: Sql, hour: Sql, minute: Sql, second: Sql) -> Sql:
        return b.call("ff_made_moment", day, hour, minute, second, self.lower.params.zone())

    def whole_units(self, duration: Sql, micros: int) -> Sql:
        return divided_whole(duration, b.whole(micros))

    def read_date(self, value: Sql) -> Sql:
        return b.call("ff_read_date", value)
