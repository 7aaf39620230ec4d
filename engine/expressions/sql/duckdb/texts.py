"""Texts on DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase

from sqlglot import exp

from engine.expressions import letters
from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql, TextForms

_LONGEST = 100_000_000
_MOST_DIGITS = 30


class DuckTexts(TextForms):
    def left(self, value: Sql, count: Sql) -> Sql:
        def cut(size: Sql) -> Sql:
            zero, most = b.whole(0), b.whole(_LONGEST)
            low = (b.binary(exp.LT, size, zero), zero)
            high = (b.binary(exp.GT, size, most), most)
            return b.call("LEFT", value, b.cast(b.case(low, high, otherwise=size), "BIGINT", "duckdb"))

        return self.lower.let(count, cut)

    def letters(self, name: str, value: Sql) -> Sql:
        """TRANSLATE by our table, only for texts that hold letters with case beyond ASCII."""
        table = letters.UPPER if name == "UPPER" else letters.LOWER
        before, after = letters.spelled(table)
        constant = self.lower.params.constant

        def changed(x: Sql) -> Sql:
            other = b.call("REGEXP_MATCHES", x, constant(letters.pattern(table)))
            translated = b.call("TRANSLATE", x, constant(before), constant(after))
            small, large = b.word(ascii_lowercase), b.word(ascii_uppercase)
            ascii_only = (small, large) if name == "UPPER" else (large, small)
            # UPPER and LOWER of DuckDB know other letters than our table does.
            return b.case((other, translated), otherwise=b.call("TRANSLATE", x, *ascii_only))

        return self.lower.let(value, changed)

    def trimmed(self, value: Sql, blanks: str) -> Sql:
        return b.call("TRIM", value, self.lower.params.constant(blanks))

    def joined(self, parts: Sequence[Sql], limit: int) -> Sql:
        made = b.call("CONCAT", *parts)
        fits = b.whole(limit)
        return self.lower.let(made, lambda x: b.case((b.binary(exp.LTE, b.call("LENGTH", x), fits), x)))

    def contains(self, value: Sql, part: Sql) -> Sql:
        return b.call("CONTAINS", value, part)

    def starts_with(self, value: Sql, part: Sql) -> Sql:
        return b.call("STARTS_WITH", value, part)

    def of_date(self, value: Sql) -> Sql:
        return b.cast(value, "TEXT", "duckdb")

    def of_number(self, value: Sql, scale: int, *, plain: bool) -> Sql:
        if scale == 0:
            return b.cast(value, "TEXT", "duckdb")
        exact = b.cast(value, f"DECIMAL({_MOST_DIGITS}, 0)", "duckdb")
        unit = exp.Literal.number("0." + "1".rjust(scale, "0"))
        spelled = b.cast(b.multiply(exact, unit), "TEXT", "duckdb")
        if not plain:
            return spelled
        return b.call("RTRIM", b.call("RTRIM", spelled, b.word("0")), b.word("."))
