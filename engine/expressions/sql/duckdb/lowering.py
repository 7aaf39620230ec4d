"""The DuckDB dialect put together."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.duckdb.aggregates import DuckAggregates
from engine.expressions.sql.duckdb.clocks import DuckClocks
from engine.expressions.sql.duckdb.dates import DuckDates
from engine.expressions.sql.duckdb.numbers import DuckNumbers
from engine.expressions.sql.duckdb.pieces import DuckPieces, DuckSpellings
from engine.expressions.sql.duckdb.texts import DuckTexts
from engine.expressions.sql.duckdb.working import DuckWorking
from engine.expressions.sql.lowering import Lowering, Sql
from engine.expressions.typed import Node

_ASKING = (exp.Select, exp.Any)
"""`= ANY(list)` is a subquery too."""


class DuckLowering(Lowering):
    dialect = "duckdb"

    def rebuild(self) -> None:
        self.numbers = DuckNumbers(self)
        self.dates = DuckDates(self)
        self.clocks = DuckClocks(self)
        self.working = DuckWorking(self)
        self.texts = DuckTexts(self)
        self.pieces = DuckPieces(self)
        self.spellings = DuckSpellings(self)
        self.aggregates = DuckAggregates(self)

    def named(self, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
        """A lambda over a list of one; a body with a subquery, which lambdas may not hold, asks a subquery."""
        name = self.fresh()
        made = body(exp.column(name))
        if made.find(*_ASKING) is None and value.find(*_ASKING) is None:
            function = exp.Lambda(this=made, expressions=[exp.to_identifier(name)])
            return first_of(b.call("LIST_TRANSFORM", listed(value), function))
        return b.asked(made, b.selected(value, name), f"{name}t")

    def as_int64(self, made: Sql) -> Sql:
        return b.cast(made, "BIGINT", "duckdb")

    def in_variable(self, value: Sql, node: Node) -> Sql:
        bound = self.params.variable(node.name, node.type)  # type: ignore[attr-defined]
        return exp.EQ(this=b.operand(value), expression=exp.Any(this=exp.Paren(this=bound)))

    def has(self, held: Sql, key: Sql) -> Sql:
        return b.call("LIST_CONTAINS", held, key)

    def has_any_of(self, held: Sql, items: Sql) -> Sql:
        return b.case((b.negation(b.is_null(held)), b.call("LIST_HAS_ANY", held, items)))

    def has_any(self, held: Sql, other: Sql) -> Sql:
        missing = b.any_of([b.is_null(held), b.is_null(other)])
        return b.case((b.negation(missing), b.call("LIST_HAS_ANY", held, other)))

    def no_choice(self, held: Sql) -> Sql:
        return b.binary(exp.EQ, b.call("LEN", held), b.whole(0))


def first_of(items: Sql) -> Sql:
    return b.call("LIST_EXTRACT", items, b.whole(1))


def listed(value: Sql) -> Sql:
    """A list of the value alone; the value of an earlier lambda is taken as the list it comes from."""
    if isinstance(value, exp.Anonymous) and value.name == "LIST_EXTRACT":
        return b.take(value.expressions[0])
    return b.call("LIST_VALUE", value)
