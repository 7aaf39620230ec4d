"""Pieces of texts on PostgreSQL, and values as text and back."""

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
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.postgres.dates import whole_division
from engine.expressions.sql.postgres.numbers import numeric
from engine.expressions.sql.text_forms import LONGEST, SpellingForms, joined
from engine.expressions.types import MAX_SCALE, UNIT_DIGITS


class PostgresPieces(CountedPieces):
    def quotient(self, left: Sql, right: Sql) -> Sql:
        return whole_division(left, right)

    def ends_with(self, value: Sql, part: Sql) -> Sql:
        return self.lower.let(
            part, lambda x: b.binary(exp.EQ, b.call("RIGHT", value, b.call("LENGTH", x)), x)
        )

    def split_part(self, value: Sql, separator: Sql, place: Sql) -> Sql:
        def cut(text: Sql, between: Sql, number: Sql) -> Sql:
            pieces = b.add(self.occurrences(text, between), b.whole(1))
            there = b.binary(exp.LTE, b.call("ABS", number), pieces)
            possible = b.binary(exp.NEQ, number, b.whole(0))
            piece = b.call("SPLIT_PART", text, between, self.size(number, least=-LONGEST))
            return b.case((b.all_of([possible, there]), piece))

        return self.lower.let_all((value, separator, place), cut)

    def first_pieces(self, value: Sql, separator: Sql, count: Sql) -> Sql:
        pieces = exp.Paren(this=b.call("STRING_TO_ARRAY", value, separator))
        part = exp.Slice(this=b.whole(1), expression=self.size(count))
        # With its own offset the printer leaves positions as they are.
        return exp.Bracket(this=pieces, expressions=[part], offset=1)


class PostgresSpellings(SpellingForms):
    def proper(self, value: Sql) -> Sql:
        name = self.lower.fresh()
        piece = b.call("ARRAY_TO_STRING", exp.column("piece", table=name), b.word(""))
        letters_of = self.lower.texts.letters
        first = letters_of("UPPER", b.call("LEFT", piece, b.whole(1)))
        rest = letters_of("LOWER", b.call("SUBSTR", piece, b.whole(2)))
        pattern = self.lower.params.constant(f"{letters.WORD}|{letters.GAP}")
        found = exp.Table(
            this=b.call("REGEXP_MATCHES", b.collate(value, "C"), pattern, b.word("g")),
            ordinality=True,
            alias=exp.TableAlias(
                this=exp.to_identifier(name), columns=[exp.to_identifier("piece"), exp.to_identifier("place")]
            ),
        )
        order = exp.Order(
            this=b.word(""),
            expressions=[exp.Ordered(this=exp.column("place", table=name), nulls_first=False)],
        )
        made = exp.Anonymous(this="STRING_AGG", expressions=[joined(first, rest), order])
        select = exp.Select(expressions=[b.call("COALESCE", made, b.word(""))]).from_(found, copy=False)
        return b.case((b.negation(b.is_null(value)), b.scalar(select)))

    def of_moment(self, at: Sql) -> Sql:
        local = exp.AtTimeZone(this=b.operand(at), zone=self.lower.params.zone())
        return b.call("TO_CHAR", exp.Paren(this=local), b.word("YYYY-MM-DD HH24:MI:SS"))

    def of_duration(self, value: Sql) -> Sql:
        def spelled(span: Sql) -> Sql:
            seconds = whole_division(b.call("ABS", span), b.whole(MICROSECONDS))
            minutes = b.binary(exp.Mod, whole_division(seconds, b.whole(60)), b.whole(60))
            negative = b.binary(exp.LTE, span, b.whole(-MICROSECONDS))
            return joined(
                b.case((negative, b.word("-")), otherwise=b.word("")),
                b.cast(whole_division(seconds, b.whole(3600)), "TEXT", "postgres"),
                b.word(":"),
                two_digits(minutes),
                b.word(":"),
                two_digits(b.binary(exp.Mod, seconds, b.whole(60))),
            )

        return self.lower.let(b.cast(value, "BIGINT", "postgres"), spelled)

    def number_of(self, value: Sql) -> Sql:
        constant = self.lower.params.constant
        trimmed = b.call("BTRIM", value, constant(letters.BLANKS))
        plain = b.call("TRANSLATE", trimmed, constant(WIDE_SIGNS), constant(PLAIN_SIGNS))
        return self.lower.let(plain, self.read)

    def read(self, plain: Sql) -> Sql:
        """The number of a text without blanks and full-width signs."""
        short = b.binary(exp.LTE, b.call("LENGTH", plain), b.whole(LONGEST_NUMBER))
        pattern = self.lower.params.constant(f"^{NUMBER_PATTERN}$")
        known = exp.RegexpLike(this=b.collate(plain, "C"), expression=pattern)
        digits = b.call("TRANSLATE", plain, b.word("+-,"), b.word(""))
        whole = b.call("LTRIM", b.call("SPLIT_PART", digits, b.word("."), b.whole(1)), b.word("0"))
        fraction = b.call("SPLIT_PART", digits, b.word("."), b.whole(2))
        seventh = b.call("RPAD", fraction, b.whole(MAX_SCALE + 1), b.word("0"))
        size = b.call("DIV", b.add(numeric(joined(whole, seventh)), b.whole(5)), b.whole(10))
        minus = b.binary(exp.EQ, b.call("LEFT", plain, b.whole(1)), b.word("-"))
        signed = b.case((minus, b.negate(size)), otherwise=size)
        in_reach = b.binary(exp.LTE, b.call("LENGTH", whole), b.whole(UNIT_DIGITS))
        return b.case((b.all_of([short, known]), b.case((in_reach, signed))))


def two_digits(value: Sql) -> Sql:
    return b.call("LPAD", b.cast(value, "TEXT", "postgres"), b.whole(2), b.word("0"))
