"""Pieces of texts where the database has no function of ours: PostgreSQL and DuckDB say nearly the same.

Whatever is used twice is named. Every length is known before a text is built: what would get too long is built
of null. A CASE around it would not do, since planners compute constants wherever they stand.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from sqlglot import exp

from engine.expressions.limits import MAX_TEXT
from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Sql
from engine.expressions.sql.text_forms import LONGEST, PieceForms, joined


class CountedPieces(PieceForms):
    """Needs the database's division, its test of an ending and its way to cut at a separator."""

    @abstractmethod
    def quotient(self, left: Sql, right: Sql) -> Sql:
        """Integer division of what is not negative."""

    def length(self, value: Sql) -> Sql:
        return self.lower.texts.length(value)

    def size(self, count: Sql, *, least: int = 0, most: int = LONGEST) -> Sql:
        """A count within bounds; null stays null, which LEAST and GREATEST would not do."""

        def clamped(x: Sql) -> Sql:
            low = (b.binary(exp.LT, x, b.whole(least)), b.whole(least))
            high = (b.binary(exp.GT, x, b.whole(most)), b.whole(most))
            made = b.case(low, high, otherwise=x)
            return b.cast(made, "INT", self.lower.dialect)

        return self.lower.let(count, clamped)

    def right(self, value: Sql, count: Sql) -> Sql:
        return b.call("RIGHT", value, self.size(count))

    def middle(self, value: Sql, start: Sql, count: Sql) -> Sql:
        def cut(first: Sql) -> Sql:
            made = b.call("SUBSTR", value, self.size(first, least=1), self.size(count))
            return b.case((from_one(first), made))

        return self.lower.let(start, cut)

    def found(self, part: Sql, value: Sql, start: Sql | None = None) -> Sql:
        if start is None:
            return b.call("NULLIF", self.position(part, value), b.whole(0))

        def sought(text: Sql, first: Sql) -> Sql:
            rest = b.call("SUBSTR", text, self.size(first, least=1))
            place = b.call("NULLIF", self.position(part, rest), b.whole(0))
            inside = b.binary(exp.LTE, first, b.add(self.length(text), b.whole(1)))
            return b.case((b.all_of([from_one(first), inside]), b.add(place, b.subtract(first, b.whole(1)))))

        return self.lower.let_all((value, start), sought)

    def position(self, part: Sql, value: Sql) -> Sql:
        return b.cast(b.call("STRPOS", value, part), "BIGINT", self.lower.dialect)

    def occurrences(self, value: Sql, part: Sql) -> Sql:
        """How often a part occurs; an empty one does not. Null when the text is."""
        missing = b.subtract(self.length(value), self.length(b.call("REPLACE", value, part, b.word(""))))
        times = self.quotient(missing, b.call("NULLIF", self.length(part), b.whole(0)))
        return b.call("COALESCE", times, b.whole(0))

    def substituted(self, value: Sql, old: Sql, new: Sql) -> Sql:
        def changed(text: Sql, before: Sql, after: Sql) -> Sql:
            growth = b.subtract(self.length(after), self.length(before))
            total = b.add(self.length(text), b.multiply(self.occurrences(text, before), growth))
            short = b.case((self.fits(total), text))
            return b.case(
                (b.binary(exp.EQ, before, b.word("")), short),
                (b.binary(exp.NEQ, before, b.word("")), b.call("REPLACE", short, before, after)),
            )

        return self.lower.let_all((value, old, new), changed)

    def substituted_once(self, value: Sql, old: Sql, new: Sql, occurrence: Sql) -> Sql:
        def changed(text: Sql, before: Sql, after: Sql, place: Sql) -> Sql:
            there = b.binary(exp.GTE, self.occurrences(text, before), place)
            growth = b.subtract(self.length(after), self.length(before))
            total = b.case((there, b.add(self.length(text), growth)), otherwise=self.length(text))
            made = b.case((there, self.one_replaced(text, before, after, place)), otherwise=text)
            known = b.binary(exp.GTE, b.add(self.length(before), self.length(after)), b.whole(0))
            return b.case((b.all_of([known, from_one(place), self.fits(total)]), made))

        return self.lower.let_all((value, old, new, occurrence), changed)

    def one_replaced(self, value: Sql, old: Sql, new: Sql, place: Sql) -> Sql:
        """The text with its occurrence number `place`, which it has, replaced."""
        kept = self.length(b.call("ARRAY_TO_STRING", self.first_pieces(value, old, place), b.word("")))
        parted = b.multiply(b.subtract(place, b.whole(1)), self.length(old))

        def around(before: Sql) -> Sql:
            after = b.add(b.add(before, self.length(old)), b.whole(1))
            return joined(
                b.call("LEFT", value, self.size(before)), new, b.call("SUBSTR", value, self.size(after))
            )

        return self.lower.let(b.add(kept, parted), around)

    @abstractmethod
    def first_pieces(self, value: Sql, separator: Sql, count: Sql) -> Sql:
        """A list of the first pieces between separators, of which there are more."""

    def replaced(self, value: Sql, start: Sql, count: Sql, new: Sql) -> Sql:
        def changed(text: Sql, first: Sql) -> Sql:
            before = b.call("LEFT", text, b.subtract(self.size(first, least=1), b.whole(1)))
            after = b.call("SUBSTR", text, b.add(self.size(first, least=1), self.size(count)))
            return b.case((from_one(first), joined(before, new, after)))

        return self.limited(self.lower.let_all((value, start), changed))

    def repeated(self, value: Sql, count: Sql) -> Sql:
        def made(text: Sql, times: Sql) -> Sql:
            total = b.multiply(self.length(text), times)
            return b.call("REPEAT", text, b.case((self.fits(total), times)))

        # Once more than the limit is enough to be beyond it.
        return self.lower.let_all((value, self.size(count, most=MAX_TEXT + 1)), made)

    def padded(self, side: str, value: Sql, width: Sql, fill: Sql) -> Sql:
        def made(text: Sql, size: Sql, filling: Sql) -> Sql:
            known = b.binary(exp.GTE, self.length(filling), b.whole(0))
            short = b.all_of([known, self.fits(self.length(text)), self.fits(size)])
            enough = b.any_of(
                [b.binary(exp.GTE, self.length(text), size), b.binary(exp.EQ, filling, b.word(""))]
            )
            name = "LPAD" if side == "left" else "RPAD"
            # Without a fill DuckDB stops with an error.
            filled = b.call(name, text, self.size(size, most=MAX_TEXT), b.call("NULLIF", filling, b.word("")))
            return b.case((short, b.case((enough, text), otherwise=filled)))

        return self.lower.let_all((value, width, fill), made)

    def listed(self, separator: Sql, values: Sequence[Sql], *, ignore_empty: bool) -> Sql:
        between = b.call("COALESCE", separator, b.word(""))
        name = "NULLIF" if ignore_empty else "COALESCE"
        return self.limited(
            b.call("CONCAT_WS", between, *(b.call(name, each, b.word("")) for each in values))
        )

    def limited(self, made: Sql) -> Sql:
        """A text that is no longer than its parts together, null when that is too long."""
        return self.lower.let(made, lambda x: b.case((self.fits(self.length(x)), x)))

    def fits(self, length: Sql) -> Sql:
        return b.binary(exp.LTE, length, b.whole(MAX_TEXT))


def from_one(position: Sql) -> Sql:
    """Whether it is a position at all."""
    return b.binary(exp.GTE, position, b.whole(1))
