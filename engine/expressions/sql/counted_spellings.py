"""Values as text and back where the database computes them itself: PostgreSQL and DuckDB say nearly the same."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from sqlglot import exp

from engine.expressions import letters
from engine.expressions.functions.spelled import (
    LONGEST_NUMBER,
    MICROSECONDS,
    PLAIN_SIGNS,
    WIDE_SIGNS,
)
from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.text_forms import SpellingForms, joined
from engine.expressions.types import MAX_SCALE, UNIT_DIGITS


class CountedSpellings(SpellingForms):
    """Needs the database's division, its test of a number's signs and its rounding of the last place."""

    trim: ClassVar[str]

    @abstractmethod
    def quotient(self, left: Sql, right: Sql) -> Sql:
        """Integer division of what is not negative."""

    @abstractmethod
    def is_number(self, plain: Sql) -> Sql:
        """Whether a text is written as a number."""

    @abstractmethod
    def rounded(self, digits: Sql) -> Sql:
        """Digits with one place too many as a number without it."""

    def of_duration(self, value: Sql) -> Sql:
        def spelled(span: Sql) -> Sql:
            seconds = self.quotient(b.call("ABS", span), b.whole(MICROSECONDS))
            minutes = b.binary(exp.Mod, self.quotient(seconds, b.whole(60)), b.whole(60))
            negative = b.binary(exp.LTE, span, b.whole(-MICROSECONDS))
            return joined(
                b.case((negative, b.word("-")), otherwise=b.word("")),
                b.cast(self.quotient(seconds, b.whole(3600)), "TEXT", self.lower.dialect),
                b.word(":"),
                self._two_digits(minutes),
                b.word(":"),
                self._two_digits(b.binary(exp.Mod, seconds, b.whole(60))),
            )

        return self.lower.let(b.cast(value, "BIGINT", self.lower.dialect), spelled)

    def _two_digits(self, value: Sql) -> Sql:
        return b.call("LPAD", b.cast(value, "TEXT", self.lower.dialect), b.whole(2), b.word("0"))

    def number_of(self, value: Sql) -> Sql:
        constant = self.lower.params.constant
        trimmed = b.call(self.trim, value, constant(letters.BLANKS))
        plain = b.call("TRANSLATE", trimmed, constant(WIDE_SIGNS), constant(PLAIN_SIGNS))
        return self.lower.let(plain, self.read)

    def read(self, plain: Sql) -> Sql:
        """The number of a text without blanks and full-width signs."""
        short = b.binary(exp.LTE, b.call("LENGTH", plain), b.whole(LONGEST_NUMBER))
        digits = b.call("TRANSLATE", plain, b.word("+-,"), b.word(""))
        whole = b.call("LTRIM", b.call("SPLIT_PART", digits, b.word("."), b.whole(1)), b.word("0"))
        fraction = b.call("SPLIT_PART", digits, b.word("."), b.whole(2))
        size = self.rounded(joined(whole, b.call("RPAD", fraction, b.whole(MAX_SCALE + 1), b.word("0"))))
        minus = b.binary(exp.EQ, b.call("LEFT", plain, b.whole(1)), b.word("-"))
        signed = b.case((minus, b.negate(size)), otherwise=size)
        in_reach = b.binary(exp.LTE, b.call("LENGTH", whole), b.whole(UNIT_DIGITS))
        return b.case((b.all_of([short, self.is_number(plain)]), b.case((in_reach, signed))))
