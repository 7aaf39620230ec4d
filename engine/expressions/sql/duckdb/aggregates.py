"""Sums on DuckDB: SUM of BIGINT is HUGEINT; AVG would be DOUBLE."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.duckdb.numbers import huge, quotient
from engine.expressions.sql.forms import AggregateForms, Sql
from engine.expressions.typed import Aggregate
from engine.expressions.types import MAX_SCALE


class DuckAggregates(AggregateForms):
    def mean_of(self, node: Aggregate, value: Sql) -> Sql:
        scale = node.value.type.scale if node.value is not None else 0
        total = b.multiply(huge(exp.Sum(this=b.take(value))), b.whole(10 ** (MAX_SCALE - scale)))
        return quotient(total, huge(exp.Count(this=b.take(value))))
