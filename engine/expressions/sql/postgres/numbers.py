"""Numbers on PostgreSQL: bigint where proven, else numeric, whose + - * are exact at any size."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import SIGNS, NumberForms, Sql
from engine.expressions.sql.multiples import on_step, power_of
from engine.expressions.typed import Apply
from engine.expressions.types import INT64_DIGITS

_GUARD = 30
"""Decimals of a quotient before it is rounded: a divisor has at most 21 digits, so no half is mistaken."""


def numeric(value: Sql) -> Sql:
    return b.cast(value, "DECIMAL", "postgres")


def fraction(unit: int) -> Sql:
    """1 / unit, a power of ten, as an exact literal."""
    return exp.Literal.number(f"0.{'1'.rjust(len(str(unit)) - 1, '0')}" if unit > 1 else "1")


def lifted(value: Sql, power: int) -> Sql:
    """value * 10**power with decimals enough that a quotient of it can be rounded once."""
    return b.multiply(numeric(value), exp.Literal.number(f"{10**power}.{'0' * _GUARD}"))


class PostgresNumbers(NumberForms):
    def arithmetic(self, sign: str, node: Apply, left: Sql, right: Sql) -> Sql:
        if node.type.digits > INT64_DIGITS:
            left = numeric(left)
        return b.binary(SIGNS[sign], left, right)

    def divided(self, node: Apply, left: Sql, right: Sql) -> Sql:
        quotient = exp.Div(
            this=lifted(left, node.option),
            expression=b.call("NULLIF", right, b.whole(0)),
            typed=True,
            safe=False,
        )
        return b.call("ROUND", quotient)

    def remainder(self, node: Apply, left: Sql, right: Sql) -> Sql:
        divisor = b.call("NULLIF", right, b.whole(0))
        return self.lower.let(divisor, lambda by: self.floored(left, by))

    def floored(self, left: Sql, by: Sql) -> Sql:
        return b.call("MOD", b.add(b.call("MOD", left, by), by), by)

    def rounded(self, node: Apply, value: Sql, *, unit: int, lift: int, mode: str) -> Sql:
        made = self.to_whole(value, unit, mode)
        return made if lift == 1 else b.multiply(made, b.whole(lift))

    def to_whole(self, value: Sql, unit: int, mode: str) -> Sql:
        if mode != "up":
            scaled = b.multiply(numeric(value), fraction(unit))
            return b.call("ROUND" if mode == "half" else "TRUNC", scaled)
        return self.lower.let(
            value, lambda x: b.call("TRUNC", b.multiply(self.pushed(x, unit), fraction(unit)))
        )

    def pushed(self, value: Sql, unit: int) -> Sql:
        """Away from zero by just less than a unit."""
        return b.add(numeric(value), b.multiply(b.call("SIGN", numeric(value)), b.whole(unit - 1)))

    def scaled_up(self, value: Sql, shift: int, *, digits: int) -> Sql:
        return b.multiply(value if digits <= INT64_DIGITS else numeric(value), b.whole(10**shift))

    def bounded(self, value: Sql, limit: int, *, digits: int) -> Sql:
        most = 10**limit - 1
        return self.lower.let(value, lambda x: b.case((b.between(x, b.whole(-most), b.whole(most)), x)))

    def stepped(self, node: Apply, value: Sql, *, unit: int, lift: int, up: bool) -> Sql:
        def stepped(x: Sql) -> Sql:
            made = on_step(x, unit, up=up)
            return made if unit == lift else self.to_whole(made, unit // lift, "down")

        return self.lower.let(value, stepped)

    def powered(self, node: Apply, value: Sql, *, factors: int, most: int) -> Sql:
        def powered(x: Sql) -> Sql:
            first = x if node.type.digits <= INT64_DIGITS else numeric(x)
            made = power_of(first, factors)
            return b.case((b.between(x, b.whole(-most), b.whole(most)), made))

        return self.lower.let(value, powered)

    def extreme(self, name: str, node: Apply, values: Sequence[Sql]) -> Sql:
        return b.call({"MIN": "LEAST", "MAX": "GREATEST"}[name], *values)
