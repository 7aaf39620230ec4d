"""Sums and means over the rows of a rollup: exact, and null rather than beyond the digits of the field."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.postgres.numbers import lifted
from engine.expressions.sql.sqlite.numbers import divided_whole
from engine.expressions.sql.sqlite_functions import HALF
from engine.storage.database import DialectName

_ANY_SIZE = 60
"""Digits that no sum reaches."""


def aggregate(agg: str, argument: exp.Expr, dialect: DialectName, digits: int) -> exp.Expr:
    """The SQL aggregate of a rollup whose values have at most `digits` digits.

    An empty sum is 0, a mean is rounded half away from zero.
    """
    if agg == "count":
        return exp.Count(this=exp.Star())
    if agg == "distinct":
        return exp.Count(this=exp.Distinct(expressions=[argument]))
    if agg == "avg":
        return _mean(argument, dialect)
    if agg == "sum":
        return _sum(argument, dialect, digits)
    return {"min": exp.Min, "max": exp.Max}[agg](this=argument)


def _sum(argument: exp.Expr, dialect: DialectName, digits: int) -> exp.Expr:
    if dialect == "sqlite":
        high, low = (b.call("COALESCE", half, b.whole(0)) for half in _halves(argument))
        return b.call("ff_wide_sum", high, low, b.whole(digits))
    total = b.call("COALESCE", exp.Sum(this=argument), b.whole(0))
    most = 10**digits - 1
    return b.case((b.between(total, b.whole(-most), b.whole(most)), total))


def _mean(argument: exp.Expr, dialect: DialectName) -> exp.Expr:
    count = exp.Count(this=argument.copy())
    if dialect == "sqlite":
        total = b.call("ff_wide_sum", *_halves(argument), b.whole(_ANY_SIZE))
        return b.call("ff_divide", total, count, b.whole(1))
    by = b.call("NULLIF", count, b.whole(0))
    mean = exp.Div(this=b.operand(lifted(exp.Sum(this=argument), 0)), expression=by, typed=True, safe=False)
    return b.call("ROUND", mean)


def _halves(argument: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """SUM on SQLite stops with an error beyond 64 bits; the sums of two halves stay far below."""
    by = b.whole(HALF)
    high, low = divided_whole(argument.copy(), by), b.binary(exp.Mod, argument.copy(), by)
    return exp.Sum(this=high), exp.Sum(this=low)
