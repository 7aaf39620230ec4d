"""Numbers on DuckDB: BIGINT where proven, else HUGEINT. Its decimal division gives DOUBLE and is not used."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import SIGNS, NumberForms, Sql
from engine.expressions.sql.multiples import on_step, power_of
from engine.expressions.typed import Apply
from engine.expressions.types import INT64_DIGITS, UNIT_DIGITS

HUGE_DIGITS = 38


def huge(value: Sql) -> Sql:
    return b.cast(value, "INT128", "duckdb")


def whole_division(left: Sql, right: Sql) -> Sql:
    """Integer division toward zero; null by zero."""
    return b.binary(exp.IntDiv, left, right)


def quotient(dividend: Sql, divisor: Sql) -> Sql:
    """dividend / divisor rounded half away from zero, null by zero; the dividend must be huge."""
    half = b.multiply(b.call("SIGN", dividend), b.call("ABS", divisor))
    return whole_division(
        b.add(b.multiply(dividend, b.whole(2)), half),
        b.multiply(b.call("NULLIF", divisor, b.whole(0)), b.whole(2)),
    )


class DuckNumbers(NumberForms):
    def arithmetic(self, sign: str, node: Apply, left: Sql, right: Sql) -> Sql:
        if node.type.digits <= INT64_DIGITS:
            return b.binary(SIGNS[sign], left, right)
        if node.type.digits <= HUGE_DIGITS:
            return b.binary(SIGNS[sign], huge(left), right)
        return self.lower.let_all((left, right), lambda x, y: self.guarded_product(node, x, y))

    def guarded_product(self, node: Apply, left: Sql, right: Sql) -> Sql:
        """The product, null when it leaves the range of the language and might leave HUGEINT."""
        limit = b.whole(2 * 10 ** (UNIT_DIGITS + node.type.scale))
        most = whole_division(limit, b.call("GREATEST", b.call("ABS", left), b.whole(1)))
        fits = b.binary(exp.LTE, b.call("ABS", right), most)
        return b.case((fits, b.multiply(huge(left), right)))

    def divided(self, node: Apply, left: Sql, right: Sql) -> Sql:
        lift = b.whole(10**node.option)
        return self.lower.let_all((left, right), lambda x, y: quotient(b.multiply(huge(x), lift), huge(y)))

    def remainder(self, node: Apply, left: Sql, right: Sql) -> Sql:
        def floored(x: Sql, y: Sql) -> Sql:
            divisor = huge(b.call("NULLIF", y, b.whole(0)))
            return b.binary(exp.Mod, b.add(b.binary(exp.Mod, huge(x), divisor), divisor), divisor)

        return self.lower.let_all((left, right), floored)

    def rounded(self, node: Apply, value: Sql, *, unit: int, lift: int, mode: str) -> Sql:
        extra = {"half": unit // 2, "up": unit - 1, "down": 0}[mode]
        wide = node.arguments[0].type.digits > INT64_DIGITS or len(str(unit)) > INT64_DIGITS

        def divided(x: Sql) -> Sql:
            held = huge(x) if wide else x
            moved = b.add(held, b.multiply(b.call("SIGN", x), b.whole(extra))) if extra else held
            made = whole_division(moved, b.whole(unit))
            return made if lift == 1 else b.multiply(huge(made), b.whole(lift))

        return self.lower.let(value, divided)

    def scaled_up(self, value: Sql, shift: int, *, digits: int) -> Sql:
        return b.multiply(value if digits <= INT64_DIGITS else huge(value), b.whole(10**shift))

    def bounded(self, value: Sql, limit: int, *, digits: int) -> Sql:
        most = 10**limit - 1
        return self.lower.let(value, lambda x: b.case((b.between(x, b.whole(-most), b.whole(most)), x)))

    def stepped(self, node: Apply, value: Sql, *, unit: int, lift: int, up: bool) -> Sql:
        def stepped(x: Sql) -> Sql:
            made = on_step(huge(x), unit, up=up)
            return made if unit == lift else whole_division(made, b.whole(unit // lift))

        return self.lower.let(value, stepped)

    def powered(self, node: Apply, value: Sql, *, factors: int, most: int) -> Sql:
        def powered(x: Sql) -> Sql:
            first = x if node.type.digits <= INT64_DIGITS else huge(x)
            made = power_of(first, factors)
            return b.case((b.between(x, b.whole(-most), b.whole(most)), made))

        return self.lower.let(value, powered)

    def extreme(self, name: str, node: Apply, values: Sequence[Sql]) -> Sql:
        return b.call({"MIN": "LEAST", "MAX": "GREATEST"}[name], *values)
