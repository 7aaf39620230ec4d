"""The SQLite dialect put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.lowering import SCALED, Lowering, Sql
from engine.expressions.sql.sqlite.aggregates import SqliteAggregates
from engine.expressions.sql.sqlite.clocks import SqliteClocks
from engine.expressions.sql.sqlite.dates import SqliteDates
from engine.expressions.sql.sqlite.numbers import SqliteNumbers, int64
from engine.expressions.sql.sqlite.pieces import SqlitePieces, SqliteSpellings
from engine.expressions.sql.sqlite.shallow import shallow
from engine.expressions.sql.sqlite.texts import SqliteTexts
from engine.expressions.sql.sqlite.working import SqliteWorking
from engine.expressions.typed import Apply, Node


class SqliteLowering(Lowering):
    dialect = "sqlite"

    def rebuild(self) -> None:
        self.numbers = SqliteNumbers(self)
        self.dates = SqliteDates(self)
        self.clocks = SqliteClocks(self)
        self.working = SqliteWorking(self)
        self.texts = SqliteTexts(self)
        self.pieces = SqlitePieces(self)
        self.spellings = SqliteSpellings(self)
        self.aggregates = SqliteAggregates(self)

    def compared(self, sign: str, node: Apply, left: Sql, right: Sql) -> Sql:
        # A number has one representation, so equality is native even beyond 64 bits; order is not.
        if sign in {"=", "<>"} or node.arguments[0].type.kind not in SCALED or int64(*node.arguments):
            return super().compared(sign, node, left, right)
        return super().compared(sign, node, b.call("ff_compared", left, right), b.whole(0))

    def between(self, node: Apply, value: Sql, low: Sql, high: Sql) -> Sql:
        if node.arguments[0].type.kind not in SCALED or int64(*node.arguments):
            return b.between(value, low, high)
        above, below = self.compared(">=", node, value, low), self.compared("<=", node, value, high)
        return b.all_of([above, below])

    def named(self, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
        # A subquery without OFFSET would be flattened and the value computed each time it is named.
        name = self.fresh()
        inner = b.selected(value, name).limit(1, copy=False).offset(0, copy=False)
        return b.asked(body(exp.column(name, table=f"{name}t")), inner, f"{name}t")

    def shallow(self, made: Sql) -> Sql:
        return shallow(made, self.fresh)

    def among(self, value: Sql, items: Sequence[Sql]) -> Sql:
        return b.member(value, items)

    def as_int64(self, made: Sql) -> Sql:
        return made

    def in_variable(self, value: Sql, node: Node) -> Sql:
        bound = self.params.variable(node.name, node.type)  # type: ignore[attr-defined]
        items = exp.select(exp.column("value")).from_(b.call("JSON_EACH", bound))
        return exp.In(this=b.operand(value), query=exp.Subquery(this=items))

    def has(self, held: Sql, key: Sql) -> Sql:
        found = exp.select("1").from_(b.call("JSON_EACH", held))
        found = found.where(b.binary(exp.EQ, exp.column("value"), key))
        missing = b.any_of([b.is_null(held), b.is_null(key)])
        return b.case((missing, exp.Null()), otherwise=exp.Exists(this=found))

    def has_any_of(self, held: Sql, items: Sql) -> Sql:
        members = exp.select(exp.column("value")).from_(b.call("JSON_EACH", items))
        found = exp.select("1").from_(b.call("JSON_EACH", held))
        found = found.where(exp.In(this=exp.column("value"), query=exp.Subquery(this=members)))
        return b.case((b.is_null(held), exp.Null()), otherwise=exp.Exists(this=found))

    def has_any(self, held: Sql, other: Sql) -> Sql:
        return b.case((b.is_null(other), exp.Null()), otherwise=self.has_any_of(held, other))

    def no_choice(self, held: Sql) -> Sql:
        return b.binary(exp.EQ, held, b.word("[]"))
