"""Pieces of texts on DuckDB, and values as text and back."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions import letters
from engine.expressions.functions.spelled import (
    LONGEST_NUMBER,
    MICROSECONDS,
    NUMBER_PATTERN,
    PLAIN_SIGNS,
    WIDE_SIGNS,
)
from engine.expressions.sql import build as b
from engine.expressions.sql.counted_texts import CountedPieces
from engine.expressions.sql.duckdb.dates import DuckDates
from engine.expressions.sql.duckdb.numbers import whole_division
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.text_forms import LONGEST, SpellingForms, joined
from engine.expressions.types import MAX_SCALE, UNIT_DIGITS


class DuckPieces(CountedPieces):
    def quotient(self, left: Sql, right: Sql) -> Sql:
        return whole_division(left, right)

    def ends_with(self, value: Sql, part: Sql) -> Sql:
        return b.call("SUFFIX", value, part)

    def split_part(self, value: Sql, separator: Sql, place: Sql) -> Sql:
        def cut(text: Sql, between: Sql, number: Sql) -> Sql:
            # An empty separator would cut between all characters.
            whole = b.call("LIST_VALUE", text)
            pieces = b.case(
                (b.binary(exp.EQ, between, b.word("")), whole),
                (b.binary(exp.NEQ, between, b.word("")), b.call("STRING_SPLIT", text, between)),
            )
            # LIST_EXTRACT by its other name: `listed` takes that one for a value it has put into a list.
            return b.call("ARRAY_EXTRACT", pieces, self.size(number, least=-LONGEST))

        return self.lower.let_all((value, separator, place), cut)

    def first_pieces(self, value: Sql, separator: Sql, count: Sql) -> Sql:
        return b.call("LIST_SLICE", b.call("STRING_SPLIT", value, separator), b.whole(1), self.size(count))


class DuckSpellings(SpellingForms):
    def proper(self, value: Sql) -> Sql:
        name = self.lower.fresh()
        piece = exp.column(name)
        letters_of = self.lower.texts.letters
        first = letters_of("UPPER", b.call("LEFT", piece, b.whole(1)))
        rest = letters_of("LOWER", b.call("SUBSTR", piece, b.whole(2)))
        pattern = self.lower.params.constant(f"{letters.WORD}|{letters.GAP}")
        each = exp.Lambda(this=joined(first, rest), expressions=[exp.to_identifier(name)])
        pieces = b.call("REGEXP_EXTRACT_ALL", value, pattern)
        return b.call("ARRAY_TO_STRING", b.call("LIST_TRANSFORM", pieces, each), b.word(""))

    def of_moment(self, at: Sql) -> Sql:
        local = DuckDates(self.lower).local(at)
        return b.cast(b.call("DATE_TRUNC", b.word("second"), local), "TEXT", "duckdb")

    def of_duration(self, value: Sql) -> Sql:
        def spelled(span: Sql) -> Sql:
            seconds = whole_division(b.call("ABS", span), b.whole(MICROSECONDS))
            minutes = b.binary(exp.Mod, whole_division(seconds, b.whole(60)), b.whole(60))
            negative = b.binary(exp.LTE, span, b.whole(-MICROSECONDS))
            return joined(
                b.case((negative, b.word("-")), otherwise=b.word("")),
                b.cast(whole_division(seconds, b.whole(3600)), "TEXT", "duckdb"),
                b.word(":"),
                two_digits(minutes),
                b.word(":"),
                two_digits(b.binary(exp.Mod, seconds, b.whole(60))),
            )

        return self.lower.let(value, spelled)

    def number_of(self, value: Sql) -> Sql:
        constant = self.lower.params.constant
        trimmed = b.call("TRIM", value, constant(letters.BLANKS))
        plain = b.call("TRANSLATE", trimmed, constant(WIDE_SIGNS), constant(PLAIN_SIGNS))
        return self.lower.let(plain, self.read)

    def read(self, plain: Sql) -> Sql:
        """The number of a text without blanks and full-width signs."""
        short = b.binary(exp.LTE, b.call("LENGTH", plain), b.whole(LONGEST_NUMBER))
        pattern = self.lower.params.constant(NUMBER_PATTERN)
        known = b.call("REGEXP_FULL_MATCH", plain, pattern)
        digits = b.call("TRANSLATE", plain, b.word("+-,"), b.word(""))
        whole = b.call("LTRIM", b.call("SPLIT_PART", digits, b.word("."), b.whole(1)), b.word("0"))
        fraction = b.call("SPLIT_PART", digits, b.word("."), b.whole(2))
        seventh = b.call("RPAD", fraction, b.whole(MAX_SCALE + 1), b.word("0"))
        # A text that is no number may be cast before the CASE is asked.
        read = exp.TryCast(this=joined(whole, seventh), to=exp.DataType.build("INT128", dialect="duckdb"))
        size = whole_division(b.add(read, b.whole(5)), b.whole(10))
        minus = b.binary(exp.EQ, b.call("LEFT", plain, b.whole(1)), b.word("-"))
        signed = b.case((minus, b.negate(size)), otherwise=size)
        in_reach = b.binary(exp.LTE, b.call("LENGTH", whole), b.whole(UNIT_DIGITS))
        return b.case((b.all_of([short, known]), b.case((in_reach, signed))))


def two_digits(value: Sql) -> Sql:
    return b.call("LPAD", b.cast(value, "TEXT", "duckdb"), b.whole(2), b.word("0"))
