"""Texts on SQLite, whose own UPPER and LIKE know ASCII only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql, TextForms

_LONGEST = 100_000_000
"""SUBSTR takes a length modulo 2**32."""


class SqliteTexts(TextForms):
    def left(self, value: Sql, count: Sql) -> Sql:
        size = b.call("MIN", b.call("MAX", count, b.whole(0)), b.whole(_LONGEST))
        return b.call("SUBSTR", value, b.whole(1), size)

    def letters(self, name: str, value: Sql) -> Sql:
        return b.call(f"ff_{name.lower()}", value)

    def trimmed(self, value: Sql, blanks: str) -> Sql:
        return b.call("TRIM", value, self.lower.params.constant(blanks))

    def joined(self, parts: Sequence[Sql], limit: int) -> Sql:
        filled = [b.call("COALESCE", part, b.word("")) for part in parts]
        made = filled[0]
        for part in filled[1:]:
            made = exp.DPipe(this=made, expression=part)
        return b.call("ff_limited", made)

    def contains(self, value: Sql, part: Sql) -> Sql:
        return b.binary(exp.GT, b.call("INSTR", value, part), b.whole(0))

    def starts_with(self, value: Sql, part: Sql) -> Sql:
        if not b.atomic(part):
            return b.call("ff_starts_with", value, part)
        return b.binary(exp.EQ, b.call("SUBSTR", value, b.whole(1), b.call("LENGTH", part)), part)

    def of_date(self, value: Sql) -> Sql:
        return value

    def of_number(self, value: Sql, scale: int, *, plain: bool) -> Sql:
        if scale == 0:
            return b.cast(value, "TEXT", "sqlite")
        return b.call("ff_plain" if plain else "ff_decimal", value, b.whole(scale))
