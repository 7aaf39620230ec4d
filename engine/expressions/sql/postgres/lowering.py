"""The PostgreSQL dialect put together."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.lowering import Lowering, Sql
from engine.expressions.sql.postgres.aggregates import PostgresAggregates
from engine.expressions.sql.postgres.clocks import PostgresClocks
from engine.expressions.sql.postgres.dates import PostgresDates
from engine.expressions.sql.postgres.numbers import PostgresNumbers
from engine.expressions.sql.postgres.pieces import PostgresPieces, PostgresSpellings
from engine.expressions.sql.postgres.texts import PostgresTexts
from engine.expressions.sql.postgres.working import PostgresWorking
from engine.expressions.typed import Apply, Node


class PostgresLowering(Lowering):
    dialect = "postgres"

    def rebuild(self) -> None:
        self.numbers = PostgresNumbers(self)
        self.dates = PostgresDates(self)
        self.clocks = PostgresClocks(self)
        self.working = PostgresWorking(self)
        self.texts = PostgresTexts(self)
        self.pieces = PostgresPieces(self)
        self.spellings = PostgresSpellings(self)
        self.aggregates = PostgresAggregates(self)

    def compared(self, sign: str, node: Apply, left: Sql, right: Sql) -> Sql:
        if sign not in {"=", "<>"} and node.arguments[0].type.textual:
            left = b.collate(left, "C")
        return super().compared(sign, node, left, right)

    def between(self, node: Apply, value: Sql, low: Sql, high: Sql) -> Sql:
        if node.arguments[0].type.textual:
            value = b.collate(value, "C")
        return super().between(node, value, low, high)

    def named(self, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
        # Without OFFSET the planner pulls the subquery up and computes the value each time it is named.
        name = self.fresh()
        inner = b.selected(value, name).offset(0, copy=False)
        return b.asked(body(exp.column(name, table=f"{name}t")), inner, f"{name}t")

    def as_int64(self, made: Sql) -> Sql:
        return b.cast(made, "BIGINT", "postgres")

    def in_variable(self, value: Sql, node: Node) -> Sql:
        bound = self.params.variable(node.name, node.type)  # type: ignore[attr-defined]
        return exp.EQ(this=b.operand(value), expression=exp.Any(this=exp.Paren(this=bound)))

    def has(self, held: Sql, key: Sql) -> Sql:
        # A GIN index serves @>.
        return b.binary(exp.ArrayContainsAll, held, b.call("TO_JSONB", key))

    def has_any_of(self, held: Sql, items: Sql) -> Sql:
        return b.call("JSONB_EXISTS_ANY", held, items)

    def has_any(self, held: Sql, other: Sql) -> Sql:
        members = exp.Array(
            expressions=[exp.Select(expressions=[b.call("JSONB_ARRAY_ELEMENTS_TEXT", other)])]
        )
        return b.case((b.is_null(other), exp.Null()), otherwise=b.call("JSONB_EXISTS_ANY", held, members))

    def no_choice(self, held: Sql) -> Sql:
        return b.binary(exp.EQ, held, b.cast(b.word("[]"), "JSONB", "postgres"))
