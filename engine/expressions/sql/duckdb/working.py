"""Working days on DuckDB: as on PostgreSQL, but exceptions are counted one by one."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions import calendar
from engine.expressions.sql import build as b
from engine.expressions.sql.duckdb.dates import day_literal
from engine.expressions.sql.duckdb.numbers import whole_division
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.postgres.working import PostgresWorking


class DuckWorking(PostgresWorking):
    def number(self, day: Sql) -> Sql:
        return b.cast(b.subtract(day, day_literal(calendar.EPOCH_DAY)), "BIGINT", "duckdb")

    def date_of(self, number: Sql) -> Sql:
        return b.add(day_literal(calendar.EPOCH_DAY), b.cast(number, "INT", "duckdb"))

    def element(self, key: str, name: str, index: Sql) -> Sql:
        return b.call("LIST_EXTRACT", self.part(key, name), b.add(index, b.whole(1)))

    def up_to(self, key: str, name: str, number: Sql) -> Sql:
        each = self.lower.fresh()
        below = b.binary(exp.LTE, exp.column(each), number)
        kept = exp.Lambda(this=below, expressions=[exp.to_identifier(each)])
        return b.call("LEN", b.call("LIST_FILTER", self.part(key, name), kept))

    def length(self, key: str) -> Sql:
        return b.call("LEN", self.part(key, "weekdays"))

    def division(self, left: Sql, right: Sql) -> Sql:
        return whole_division(left, right)
