"""NOW and TODAY: one moment for a whole evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.expressions import calendar
from engine.expressions.function import Function
from engine.expressions.types import DATE, DATETIME
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class Now(Function):
    type = "NOW"
    doc = text("当前时刻。", "The present moment.")
    result = DATETIME
    volatile = True

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return "e.now"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.params.now()


class Today(Function):
    type = "TODAY"
    doc = text("应用所在时区的今天。", "Today in the app's time zone.")
    result = DATE
    volatile = True

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(calendar.local_date)}(e.now, e.tz)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.params.today()


NOW = Now()
TODAY = Today()
