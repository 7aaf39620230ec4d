"""Pieces of texts on PostgreSQL, and values as text and back."""

from __future__ import annotations

from sqlglot import exp

from engine.expressions import letters
from engine.expressions.functions.spelled import NUMBER_PATTERN
from engine.expressions.sql import build as b
from engine.expressions.sql.counted_spellings import CountedSpellings
from engine.expressions.sql.counted_texts import CountedPieces
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.postgres.dates import whole_division
from engine.expressions.sql.postgres.numbers import numeric
from engine.expressions.sql.text_forms import LONGEST, joined


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


class PostgresSpellings(CountedSpellings):
    trim = "BTRIM"

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

    def quotient(self, left: Sql, right: Sql) -> Sql:
        return whole_division(left, right)

    def is_number(self, plain: Sql) -> Sql:
        pattern = self.lower.params.constant(f"^{NUMBER_PATTERN}$")
        return exp.RegexpLike(this=b.collate(plain, "C"), expression=pattern)

    def rounded(self, digits: Sql) -> Sql:
        return b.call("DIV", b.add(numeric(digits), b.whole(5)), b.whole(10))
