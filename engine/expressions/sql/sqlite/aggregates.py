"""Sums on SQLite: its SUM stops with an error beyond int64."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import AggregateForms, Sql
from engine.expressions.sql.sqlite.numbers import divided_whole, int64
from engine.expressions.sql.sqlite_functions import HALF
from engine.expressions.typed import Aggregate, Node
from engine.expressions.types import INT64_DIGITS, MAX_SCALE

_GROWTH = 9
_EVERYTHING = 60
"""Digits no sum of the language reaches; its range is checked apart."""


class SqliteAggregates(AggregateForms):
    def sum_of(self, node: Aggregate, value: Sql) -> Sql:
        digits = node.value.type.digits if node.value is not None else 0
        if digits + _GROWTH <= INT64_DIGITS:
            return exp.Sum(this=b.take(value))
        if digits > INT64_DIGITS or not b.small(value):
            return b.call("ff_sum", value)
        high = exp.Sum(this=divided_whole(value, b.whole(HALF)))
        low = exp.Sum(this=b.binary(exp.Mod, value, b.whole(HALF)))
        return b.call("ff_wide_sum", high, low, b.whole(_EVERYTHING))

    def mean_of(self, node: Aggregate, value: Sql) -> Sql:
        scale = node.value.type.scale if node.value is not None else 0
        lift = b.whole(10 ** (MAX_SCALE - scale))
        return b.call("ff_divide", self.sum_of(node, value), exp.Count(this=b.take(value)), lift)

    def sortable(self, node: Node, value: Sql) -> Sql:
        return value if not node.type.numeric or int64(node) else b.call("ff_sortable", value)

    def extreme_of(self, node: Aggregate, name: str, value: Sql) -> Sql:
        return b.call(name, value) if not node.type.numeric or int64(node) else b.call(f"ff_{name}", value)
