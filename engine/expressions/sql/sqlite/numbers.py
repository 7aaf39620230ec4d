"""Numbers on SQLite. An int64 that overflows becomes a float there, so proof or a function it is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import SIGNS, NumberForms, Sql
from engine.expressions.sql.multiples import on_step, power_of
from engine.expressions.sql.sqlite_functions import WITHIN
from engine.expressions.typed import Apply, Node
from engine.expressions.types import INT64_DIGITS

_FUNCTIONS = {"+": "ff_add", "-": "ff_subtract", "*": "ff_multiply"}
_EXTREMES = {"MIN": "ff_smallest", "MAX": "ff_largest"}


def int64(*nodes: Node) -> bool:
    """Whether the digits of all these prove that they fit 64 bits."""
    return all(node.type.digits <= INT64_DIGITS for node in nodes)


def divided_whole(left: Sql, right: Sql) -> Sql:
    """Integer division toward zero."""
    return exp.Div(this=b.operand(left), expression=b.operand(right), typed=True, safe=True)


class SqliteNumbers(NumberForms):
    def arithmetic(self, sign: str, node: Apply, left: Sql, right: Sql) -> Sql:
        if int64(node, *node.arguments):
            return b.binary(SIGNS[sign], left, right)
        return b.call(_FUNCTIONS[sign], left, right)

    def divided(self, node: Apply, left: Sql, right: Sql) -> Sql:
        return b.call("ff_divide", left, right, b.whole(10**node.option))

    def remainder(self, node: Apply, left: Sql, right: Sql) -> Sql:
        if not int64(*node.arguments) or not b.small(right):
            return b.call("ff_remainder", left, right)
        floored = b.add(b.binary(exp.Mod, left, right), right)
        return b.binary(exp.Mod, floored, right)

    def rounded(self, node: Apply, value: Sql, *, unit: int, lift: int, mode: str) -> Sql:
        native = int64(node, *node.arguments) and len(str(unit)) <= INT64_DIGITS and b.small(value)
        if not native and isinstance(value, exp.Anonymous) and value.name == "ff_multiply" and mode == "half":
            return b.call("ff_product", *value.expressions, b.word(str(unit)))
        if not native:
            return b.call("ff_rounded", value, b.word(str(unit)), b.word(str(lift)), b.word(mode))
        extra = {"half": unit // 2, "up": unit - 1, "down": 0}[mode]
        moved = b.add(value, b.multiply(b.call("SIGN", value), b.whole(extra))) if extra else value
        made = divided_whole(moved, b.whole(unit))
        return made if lift == 1 else b.multiply(made, b.whole(lift))

    def scaled_up(self, value: Sql, shift: int, *, digits: int) -> Sql:
        by = b.whole(10**shift)
        return b.multiply(value, by) if digits <= INT64_DIGITS else b.call("ff_multiply", value, by)

    def bounded(self, value: Sql, limit: int, *, digits: int) -> Sql:
        if isinstance(value, exp.Anonymous) and value.name in WITHIN:
            return b.call(f"{value.name}_within", *value.expressions, b.whole(limit))
        if digits > INT64_DIGITS or not b.small(value):
            return b.call("ff_bounded", value, b.whole(limit))
        most = 10**limit - 1
        return b.case((b.between(value, b.whole(-most), b.whole(most)), value))

    def extreme(self, name: str, node: Apply, values: Sequence[Sql]) -> Sql:
        if len(values) == 1:
            return values[0]
        suffix = "" if node.type.numeric or node.type.kind == "duration" else "_text"
        return b.call(_EXTREMES[name] + suffix, *values)

    def stepped(self, node: Apply, value: Sql, *, unit: int, lift: int, up: bool) -> Sql:
        native = int64(node, *node.arguments) and len(str(unit)) <= INT64_DIGITS and b.small(value)
        if not native:
            whole = [b.word(str(each)) for each in (unit, lift)]
            return b.call("ff_stepped", value, *whole, b.whole(int(up)))
        made = on_step(value, unit, up=up)
        return made if unit == lift else divided_whole(made, b.whole(unit // lift))

    def powered(self, node: Apply, value: Sql, *, factors: int, most: int) -> Sql:
        if not int64(node, *node.arguments) or not b.small(value):
            return b.call("ff_power", value, b.whole(factors), b.word(str(most)))
        return b.case((b.between(value, b.whole(-most), b.whole(most)), power_of(value, factors)))

    def negated(self, node: Node, value: Sql) -> Sql:
        return b.negate(value) if int64(node) else b.call("ff_negate", value)

    def absolute(self, node: Node, value: Sql) -> Sql:
        return b.call("ABS", value) if int64(node) else b.call("ff_absolute", value)
