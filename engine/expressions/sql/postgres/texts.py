"""Texts on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.expressions import letters
from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql, TextForms
from engine.expressions.sql.postgres.numbers import fraction, numeric

_LONGEST = 100_000_000


class PostgresTexts(TextForms):
    def length(self, value: Sql) -> Sql:
        return b.cast(b.call("LENGTH", value), "BIGINT", "postgres")

    def left(self, value: Sql, count: Sql) -> Sql:
        def cut(size: Sql) -> Sql:
            zero, most = b.whole(0), b.whole(_LONGEST)
            low = (b.binary(exp.LT, size, zero), zero)
            high = (b.binary(exp.GT, size, most), most)
            return b.call("LEFT", value, b.cast(b.case(low, high, otherwise=size), "INT", "postgres"))

        return self.lower.let(count, cut)

    def letters(self, name: str, value: Sql) -> Sql:
        """ASCII by the server; TRANSLATE, which is slow, only for texts that hold other letters with case."""
        table = letters.UPPER if name == "UPPER" else letters.LOWER
        before, after = letters.spelled(table)
        constant = self.lower.params.constant

        def changed(x: Sql) -> Sql:
            other = exp.RegexpLike(this=b.collate(x, "C"), expression=constant(letters.pattern(table)))
            translated = b.call("TRANSLATE", x, constant(before), constant(after))
            return b.case((other, translated), otherwise=b.call(name, b.collate(x, "C")))

        return self.lower.let(value, changed)

    def trimmed(self, value: Sql, blanks: str) -> Sql:
        return b.call("BTRIM", value, self.lower.params.constant(blanks))

    def joined(self, parts: Sequence[Sql], limit: int) -> Sql:
        made = b.call("CONCAT", *parts)
        fits = b.whole(limit)
        return self.lower.let(made, lambda x: b.case((b.binary(exp.LTE, b.call("LENGTH", x), fits), x)))

    def contains(self, value: Sql, part: Sql) -> Sql:
        return b.binary(exp.GT, b.call("STRPOS", value, part), b.whole(0))

    def starts_with(self, value: Sql, part: Sql) -> Sql:
        return b.call("STARTS_WITH", value, part)

    def of_date(self, value: Sql) -> Sql:
        return b.call("TO_CHAR", value, b.word("YYYY-MM-DD"))

    def of_number(self, value: Sql, scale: int, *, plain: bool) -> Sql:
        if scale == 0:
            return b.cast(value, "TEXT", "postgres")
        number = b.multiply(numeric(value), fraction(10**scale))
        return b.cast(b.call("TRIM_SCALE", number) if plain else number, "TEXT", "postgres")
