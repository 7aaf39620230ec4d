"""Pieces of texts on DuckDB, and values as text and back."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions import letters
from engine.expressions.functions.spelled import NUMBER_PATTERN
from engine.expressions.sql import build as b
from engine.expressions.sql.counted_spellings import CountedSpellings
from engine.expressions.sql.counted_texts import CountedPieces
from engine.expressions.sql.duckdb.dates import DuckDates
from engine.expressions.sql.duckdb.numbers import whole_division
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.text_forms import LONGEST, joined


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


class DuckSpellings(CountedSpellings):
    trim = "TRIM"

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

    def quotient(self, left: Sql, right: Sql) -> Sql:
        return whole_division(left, right)

    def is_number(self, plain: Sql) -> Sql:
        return b.call("REGEXP_FULL_MATCH", plain, self.lower.params.constant(NUMBER_PATTERN))

    def rounded(self, digits: Sql) -> Sql:
        # A text that is no number may be cast before the CASE is asked.
        read = exp.TryCast(this=digits, to=exp.DataType.build("INT128", dialect="duckdb"))
        return whole_division(b.add(read, b.whole(5)), b.whole(10))
