"""Sums on PostgreSQL: SUM of bigint is numeric already."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import AggregateForms, Sql
from engine.expressions.sql.postgres.numbers import lifted
from engine.expressions.typed import Aggregate, Node
from engine.expressions.types import MAX_SCALE


class PostgresAggregates(AggregateForms):
    def sortable(self, node: Node, value: Sql) -> Sql:
        return b.collate(value, "C") if node.type.kind == "text" else value

    def mean_of(self, node: Aggregate, value: Sql) -> Sql:
        scale = node.value.type.scale if node.value is not None else 0
        total = lifted(exp.Sum(this=b.take(value)), MAX_SCALE - scale)
        count = b.call("NULLIF", exp.Count(this=b.take(value)), b.whole(0))
        return b.call("ROUND", exp.Div(this=b.operand(total), expression=count, typed=True, safe=False))
