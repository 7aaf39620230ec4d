"""Working days on PostgreSQL: arithmetic on weeks and a binary search among the exceptions, as work_days.py."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions import calendar
from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql, WorkForms
from engine.expressions.sql.postgres.dates import day_literal, whole_division
from engine.expressions.work_days import WEEK


class PostgresWorking(WorkForms):
    def days_between(self, key: str, start: Sql, end: Sql) -> Sql:
        def counted(first: Sql, last: Sql) -> Sql:
            forward = b.case((b.binary(exp.GTE, last, first), b.whole(1)), otherwise=b.whole(0))
            ends = (b.add(last, forward), b.subtract(b.add(first, b.whole(1)), forward))
            found = self.lower.let_all(
                ends,
                lambda to, since: b.subtract(self.worked_before(key, to), self.worked_before(key, since)),
            )
            return b.case((b.all_of([self.known(key, first), self.known(key, last)]), found))

        return self.lower.let_all((self.number(start), self.number(end)), counted)

    def day_after(self, key: str, start: Sql, count: Sql) -> Sql:
        def found(first: Sql, days: Sql) -> Sql:
            ahead = b.case((b.binary(exp.GT, days, b.whole(0)), b.whole(1)), otherwise=b.whole(0))
            before = self.lower.let(b.add(first, ahead), lambda since: self.worked_before(key, since))
            index = b.subtract(b.add(before, days), ahead)
            number = b.case((b.binary(exp.EQ, days, b.whole(0)), first), otherwise=self.at(key, index))
            return b.case((self.known(key, first), self.lower.let(number, lambda n: self.day(key, n))))

        return self.lower.let_all((self.number(start), self.lower.as_int64(count)), found)

    def at(self, key: str, index: Sql) -> Sql:
        """The number of the working day that `index` working days come before."""

        def after(passed: Sql, i: Sql) -> Sql:
            place = b.subtract(i, self.element(key, "changes", passed))
            in_week = self.lower.let(place, lambda p: self.in_week(key, p))
            sooner = self.element(key, "exceptions", passed)
            return b.case((b.binary(exp.GTE, i, b.whole(0)), b.call("LEAST", in_week, sooner)))

        return self.lower.let(
            index, lambda i: self.lower.let(self.up_to(key, "totals", i), lambda passed: after(passed, i))
        )

    def in_week(self, key: str, place: Sql) -> Sql:
        length = self.length(key)
        weeks = b.multiply(self.division(place, length), b.whole(WEEK))
        return b.add(weeks, self.element(key, "weekdays", b.binary(exp.Mod, place, length)))

    def worked_before(self, key: str, number: Sql) -> Sql:
        """Working days before the day of this number."""
        weeks = b.multiply(self.division(number, b.whole(WEEK)), self.element(key, "before", b.whole(WEEK)))
        weekday = self.element(key, "before", b.binary(exp.Mod, number, b.whole(WEEK)))
        passed = self.up_to(key, "exceptions", b.subtract(number, b.whole(1)))
        return b.add(b.add(weeks, weekday), self.element(key, "changes", passed))

    def known(self, key: str, number: Sql) -> Sql:
        """Whether the calendar knows the day."""
        return b.between(number, self.part(key, "first"), self.part(key, "last"))

    def day(self, key: str, number: Sql) -> Sql:
        last = b.call("LEAST", self.part(key, "last"), b.whole(calendar.LAST_DAY_NUMBER))
        inside = b.between(number, self.part(key, "first"), last)
        return b.case((inside, self.date_of(number)))

    def part(self, key: str, name: str) -> Sql:
        return self.lower.params.calendar(key, name)

    def number(self, day: Sql) -> Sql:
        """The number of a day."""
        return b.cast(b.subtract(day, day_literal(calendar.EPOCH_DAY)), "BIGINT", "postgres")

    def date_of(self, number: Sql) -> Sql:
        return b.add(day_literal(calendar.EPOCH_DAY), b.cast(number, "INT", "postgres"))

    def element(self, key: str, name: str, index: Sql) -> Sql:
        """Element `index`, counted from 0, of a list of the calendar; null beyond its end."""
        column = exp.Paren(this=self.part(key, name))
        return exp.Bracket(this=column, expressions=[b.add(index, b.whole(1))], offset=1)

    def up_to(self, key: str, name: str, number: Sql) -> Sql:
        """How many elements of a sorted list are not above `number`."""
        return b.call("WIDTH_BUCKET", number, self.part(key, name))

    def length(self, key: str) -> Sql:
        return b.call("CARDINALITY", self.part(key, "weekdays"))

    def division(self, left: Sql, right: Sql) -> Sql:
        return whole_division(left, right)
