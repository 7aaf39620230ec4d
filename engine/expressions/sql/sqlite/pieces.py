"""Pieces of texts on SQLite, and values as text and back: natively where that is one call."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.text_forms import LONGEST, PieceForms, SpellingForms


class SqlitePieces(PieceForms):
    def right(self, value: Sql, count: Sql) -> Sql:
        return b.call("ff_right", value, count)

    def middle(self, value: Sql, start: Sql, count: Sql) -> Sql:
        # A start below 1 becomes null; SUBSTR takes numbers modulo 2**32.
        first = b.call(
            "MIN", b.call("NULLIF", b.call("MAX", start, b.whole(0)), b.whole(0)), b.whole(LONGEST)
        )
        size = b.call("MIN", b.call("MAX", count, b.whole(0)), b.whole(LONGEST))
        return b.call("SUBSTR", value, first, size)

    def found(self, part: Sql, value: Sql, start: Sql | None = None) -> Sql:
        if start is not None:
            return b.call("ff_found", part, value, start)
        return b.call("NULLIF", b.call("INSTR", value, part), b.whole(0))

    def split_part(self, value: Sql, separator: Sql, place: Sql) -> Sql:
        return b.call("ff_split_part", value, separator, place)

    def ends_with(self, value: Sql, part: Sql) -> Sql:
        if not b.atomic(part):
            return b.call("ff_ends_with", value, part)
        length = b.call("LENGTH", part)
        return b.binary(exp.EQ, b.call("SUBSTR", value, b.negate(length), length), part)

    def substituted(self, value: Sql, old: Sql, new: Sql) -> Sql:
        return b.call("ff_substituted", value, old, new)

    def substituted_once(self, value: Sql, old: Sql, new: Sql, occurrence: Sql) -> Sql:
        return b.call("ff_substituted_once", value, old, new, occurrence)

    def replaced(self, value: Sql, start: Sql, count: Sql, new: Sql) -> Sql:
        return b.call("ff_replaced", value, start, count, new)

    def repeated(self, value: Sql, count: Sql) -> Sql:
        return b.call("ff_repeated", value, count)

    def padded(self, side: str, value: Sql, width: Sql, fill: Sql) -> Sql:
        return b.call(f"ff_padded_{side}", value, width, fill)

    def listed(self, separator: Sql, values: Sequence[Sql], *, ignore_empty: bool) -> Sql:
        return b.call("ff_joined_filled" if ignore_empty else "ff_joined_all", separator, *values)


class SqliteSpellings(SpellingForms):
    def proper(self, value: Sql) -> Sql:
        return b.call("ff_proper", value)

    def of_moment(self, at: Sql) -> Sql:
        return b.call("ff_spelled_moment", at, self.lower.params.zone())

    def of_duration(self, value: Sql) -> Sql:
        return b.call("ff_spelled_duration", value)

    def number_of(self, value: Sql) -> Sql:
        return b.call("ff_number_of_text", value)
