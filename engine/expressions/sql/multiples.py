"""Multiples and powers as the databases compute them alike: by a remainder and by factors written out."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions.sql import build as b

Sql = exp.Expr


def on_step(value: Sql, unit: int, *, up: bool) -> Sql:
    """The multiple of `unit` at or below a value, with `up` at or above; % keeps the sign of the value."""
    by = b.whole(unit)
    rest = b.binary(exp.Mod, value, by)
    if up:
        return b.add(value, b.binary(exp.Mod, b.subtract(by, rest), by))
    return b.subtract(value, b.binary(exp.Mod, b.add(rest, by), by))


def power_of(value: Sql, factors: int) -> Sql:
    """value * value * …; the value must be small."""
    if factors == 0:
        return b.whole(1)
    made = b.operand(value)
    for _ in range(factors - 1):
        made = exp.Mul(this=b.take(made), expression=b.operand(value))
    return made
