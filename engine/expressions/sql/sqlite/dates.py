"""Dates on SQLite are ISO texts; what its date functions get wrong is computed by ours."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import DateForms, Sql

_PARTS = {"year": (1, 4), "month": (6, 2), "day": (9, 2)}
_STARTS = {"month": (7, "-01"), "year": (4, "-01-01")}


class SqliteDates(DateForms):
    def local_date(self, at: Sql) -> Sql:
        return b.call("ff_local_date", at, self.lower.params.zone())

    def part(self, name: str, day: Sql) -> Sql:
        first, length = _PARTS[name]
        return b.cast(b.call("SUBSTR", day, b.whole(first), b.whole(length)), "INTEGER", "sqlite")

    def made_date(self, year: Sql, month: Sql, day: Sql) -> Sql:
        return b.call("ff_made_date", year, month, day)

    def added_to_date(self, unit: str, count: Sql, day: Sql) -> Sql:
        return b.call("ff_added_to_date", b.word(unit), count, day)

    def added_to_moment(self, unit: str, count: Sql, at: Sql) -> Sql:
        return b.call("ff_added_to_moment", b.word(unit), count, at, self.lower.params.zone())

    def date_difference(self, unit: str, start: Sql, end: Sql) -> Sql:
        if unit != "day":
            return b.call("ff_date_difference", b.word(unit), start, end)
        # Midnights are halves of Julian days, which floats hold exactly.
        days = b.subtract(b.call("JULIANDAY", end), b.call("JULIANDAY", start))
        return b.cast(days, "INTEGER", "sqlite")

    def moment_difference(self, unit: str, start: Sql, end: Sql) -> Sql:
        return b.call("ff_moment_difference", b.word(unit), start, end)

    def start_of_date(self, unit: str, day: Sql) -> Sql:
        if unit not in _STARTS:
            return b.call("ff_start_of_date", b.word(unit), day)
        length, rest = _STARTS[unit]
        return b.binary(exp.DPipe, b.call("SUBSTR", day, b.whole(1), b.whole(length)), b.word(rest))

    def start_of_moment(self, unit: str, at: Sql) -> Sql:
        return b.call("ff_start_of_moment", b.word(unit), at, self.lower.params.zone())

    def shifted(self, at: Sql, by: Sql) -> Sql:
        return b.call("ff_shifted", at, by)

    def elapsed(self, start: Sql, end: Sql) -> Sql:
        return b.call("ff_elapsed", start, end)
