"""Working days on SQLite: our functions, given the calendar as text."""

from __future__ import annotations

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql, WorkForms


class SqliteWorking(WorkForms):
    def days_between(self, key: str, start: Sql, end: Sql) -> Sql:
        return b.call("ff_working_days_between", self.lower.params.calendar(key, "spelled"), start, end)

    def day_after(self, key: str, start: Sql, count: Sql) -> Sql:
        return b.call("ff_working_day_after", self.lower.params.calendar(key, "spelled"), start, count)
