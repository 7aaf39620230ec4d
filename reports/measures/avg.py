"""Mean of numbers and money, exact to six decimals."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp

from engine.expressions import Type
from engine.expressions import types as t
from reports.measures.measure import Aggregate, Dialect

SCALE = 6


class Avg(Aggregate):
    """Sum divided by count in integers, half away from zero. Never AVG(), which is a float."""

    type: ClassVar[str] = "avg"

    @classmethod
    def result(cls, argument: Type | None) -> Type | None:
        if argument is None or argument.kind not in ("number", "money"):
            return None
        return t.money(argument.currency, scale=SCALE) if argument.kind == "money" else t.number(18, SCALE)

    @classmethod
    def lower(cls, argument: exp.Expr, of: Type, dialect: Dialect) -> exp.Expr:
        count = exp.Count(this=argument.copy(), big_int=True)
        total = exp.Mul(this=exp.Sum(this=argument), expression=exp.Literal.number(10 ** (SCALE - of.scale)))
        doubled = exp.Mul(this=exp.Abs(this=exp.paren(total.copy())), expression=exp.Literal.number(2))
        whole = _quotient(
            exp.paren(exp.Add(this=doubled, expression=count)),
            exp.Nullif(
                this=exp.Mul(this=count.copy(), expression=exp.Literal.number(2)),
                expression=exp.Literal.number(0),
            ),
            dialect,
        )
        return exp.Mul(this=exp.Sign(this=total), expression=exp.paren(whole))


def _quotient(number: exp.Expr, by: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Division of integers, both positive, without remainder. SQLite's operator already is one."""
    if dialect == "postgres":
        return exp.Anonymous(this="DIV", expressions=[number, by])
    if dialect == "sqlite":
        return exp.Div(this=number, expression=by, typed=True)
    return exp.IntDiv(this=number, expression=by)
