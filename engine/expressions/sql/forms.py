"""What every dialect spells in its own way, by subject."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.turned import by_record, with_row
from engine.expressions.typed import Aggregate, Apply, Node

if TYPE_CHECKING:
    from engine.expressions.sql.columns import ChildSource
    from engine.expressions.sql.lowering import Lowering

Sql = exp.Expr
SIGNS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


class Forms(ABC):  # noqa: B024 - subclasses add the methods
    """Forms of one subject, tied to a lowering for parameters and names."""

    def __init__(self, lower: Lowering) -> None:
        self.lower = lower


class NumberForms(Forms):
    """Exact arithmetic on scaled integers. `digits` bound the operands as types do."""

    @abstractmethod
    def arithmetic(self, sign: str, node: Apply, left: Sql, right: Sql) -> Sql:
        """+ - * of operands at the scales the node says."""

    @abstractmethod
    def divided(self, node: Apply, left: Sql, right: Sql) -> Sql:
        """left * 10**option / right, rounded half away from zero; null by zero."""

    @abstractmethod
    def remainder(self, node: Apply, left: Sql, right: Sql) -> Sql:
        """The floored remainder; null by zero."""

    @abstractmethod
    def rounded(self, node: Apply, value: Sql, *, unit: int, lift: int, mode: str) -> Sql:
        """value / unit rounded by mode (half, up, down), times lift."""

    @abstractmethod
    def scaled_up(self, value: Sql, shift: int, *, digits: int) -> Sql:
        """value * 10**shift, a result of `digits` digits."""

    @abstractmethod
    def bounded(self, value: Sql, limit: int, *, digits: int) -> Sql:
        """value, null unless |value| < 10**limit."""

    @abstractmethod
    def extreme(self, name: str, node: Apply, values: Sequence[Sql]) -> Sql:
        """MIN or MAX of values, nulls skipped."""

    @abstractmethod
    def stepped(self, node: Apply, value: Sql, *, unit: int, lift: int, up: bool) -> Sql:
        """value / unit, a whole number at or below it (with `up` at or above), times lift, which divides unit."""

    @abstractmethod
    def powered(self, node: Apply, value: Sql, *, factors: int, most: int) -> Sql:
        """value to the power of `factors`; null when |value| > most."""

    def scaled_down(self, node: Apply, value: Sql, shift: int) -> Sql:
        """value / 10**shift, half up."""
        return self.rounded(node, value, unit=10**shift, lift=1, mode="half")

    def negated(self, node: Node, value: Sql) -> Sql:
        return b.negate(value)

    def absolute(self, node: Node, value: Sql) -> Sql:
        return b.call("ABS", value)


class DateForms(Forms):
    """Dates and moments, with the meaning of calendar.py."""

    @abstractmethod
    def local_date(self, at: Sql) -> Sql: ...
    @abstractmethod
    def part(self, name: str, day: Sql) -> Sql: ...
    @abstractmethod
    def made_date(self, year: Sql, month: Sql, day: Sql) -> Sql: ...
    @abstractmethod
    def added_to_date(self, unit: str, count: Sql, day: Sql) -> Sql: ...
    @abstractmethod
    def added_to_moment(self, unit: str, count: Sql, at: Sql) -> Sql: ...
    @abstractmethod
    def date_difference(self, unit: str, start: Sql, end: Sql) -> Sql: ...
    @abstractmethod
    def moment_difference(self, unit: str, start: Sql, end: Sql) -> Sql: ...
    @abstractmethod
    def start_of_date(self, unit: str, day: Sql) -> Sql: ...
    @abstractmethod
    def start_of_moment(self, unit: str, at: Sql) -> Sql: ...
    @abstractmethod
    def shifted(self, at: Sql, by: Sql) -> Sql: ...
    @abstractmethod
    def elapsed(self, start: Sql, end: Sql) -> Sql: ...


class ClockForms(Forms):
    """Parts, ends and spellings of dates and moments, with the meaning of calendar.py."""

    @abstractmethod
    def day_part(self, name: str, day: Sql) -> Sql: ...
    @abstractmethod
    def clock_part(self, name: str, at: Sql) -> Sql: ...
    @abstractmethod
    def end_of_date(self, unit: str, day: Sql) -> Sql: ...
    @abstractmethod
    def end_of_moment(self, unit: str, at: Sql) -> Sql: ...
    @abstractmethod
    def made_moment(self, day: Sql, hour: Sql, minute: Sql, second: Sql) -> Sql: ...
    @abstractmethod
    def read_date(self, value: Sql) -> Sql: ...
    @abstractmethod
    def whole_units(self, duration: Sql, micros: int) -> Sql: ...


class WorkForms(Forms):
    """Working days of the calendar `key`, with the meaning of work_days.py."""

    @abstractmethod
    def days_between(self, key: str, start: Sql, end: Sql) -> Sql: ...
    @abstractmethod
    def day_after(self, key: str, start: Sql, count: Sql) -> Sql: ...


class TextForms(Forms):
    """Texts by code point."""

    def length(self, value: Sql) -> Sql:
        return b.call("LENGTH", value)

    @abstractmethod
    def left(self, value: Sql, count: Sql) -> Sql: ...
    @abstractmethod
    def letters(self, name: str, value: Sql) -> Sql: ...
    @abstractmethod
    def trimmed(self, value: Sql, blanks: str) -> Sql: ...
    @abstractmethod
    def joined(self, parts: Sequence[Sql], limit: int) -> Sql: ...
    @abstractmethod
    def contains(self, value: Sql, part: Sql) -> Sql: ...
    @abstractmethod
    def starts_with(self, value: Sql, part: Sql) -> Sql: ...
    @abstractmethod
    def of_date(self, value: Sql) -> Sql: ...
    @abstractmethod
    def of_number(self, value: Sql, scale: int, *, plain: bool) -> Sql: ...


class AggregateForms(Forms):
    """Correlated subqueries over child rows."""

    def total(self, node: Aggregate) -> Sql:
        return b.call("COALESCE", self.given(node, lambda value: self.sum_of(node, value)), b.whole(0))

    def counted(self, node: Aggregate) -> Sql:
        rows = node.value is None
        return self.number(node, lambda value: exp.Count(this=exp.Star() if rows else b.take(value)))

    def distinct(self, node: Aggregate) -> Sql:
        return self.number(node, lambda value: exp.Count(this=exp.Distinct(expressions=[b.take(value)])))

    def mean(self, node: Aggregate) -> Sql:
        return self.given(node, lambda value: self.mean_of(node, value))

    def extreme(self, node: Aggregate, name: str) -> Sql:
        return self.given(node, lambda value: self.extreme_of(node, name, value))

    def number(self, node: Aggregate, gives: Callable[[Sql], Sql]) -> Sql:
        """How many rows, or values of theirs, there are."""
        found = by_record(self.lower, node, gives)
        return self.alone(node, gives) if found is None else b.call("COALESCE", found, b.whole(0))

    def given(self, node: Aggregate, gives: Callable[[Sql], Sql]) -> Sql:
        """What `gives` makes of the values of the rows, null where there are none."""
        return by_record(self.lower, node, gives) or self.alone(node, gives)

    def alone(self, node: Aggregate, gives: Callable[[Sql], Sql]) -> Sql:
        """The same, asked for the one record."""
        select, value = self.select(node)
        return self.asked(select, gives(value))

    def exists(self, node: Aggregate, *, opposite: bool) -> Sql:
        """Whether a row fulfils the condition; with `opposite`, whether none fails to."""
        turned = with_row(self.lower, node, failing=opposite)
        if turned is not None:
            return b.negation(turned) if opposite else turned
        if not opposite:
            _, _, select = self.rows(node)
            return exp.Exists(this=select.select("1", copy=False))
        inner, child = self.lower.within(node)
        test = inner.lower(node.where) if node.where is not None else exp.true()
        failing = self.lower.shallow(b.negation(b.call("COALESCE", test, exp.false())))
        select = exp.Select().from_(child.source).where(b.all_of([child.condition, failing]), copy=False)
        return b.negation(exp.Exists(this=select.select("1", copy=False)))

    def first(self, node: Aggregate) -> Sql:
        """The value of the first row by the node's order; no order value is last, equals stand as they are."""
        if node.order is None:
            raise ValueError("this aggregate has no order")
        inner, child, select = self.rows(node)
        key = self.sortable(node.order, inner.shallow(inner.lower(node.order)))
        # SQLite's ORDER BY sees no names of outer queries, so what it needs is computed below it.
        columns = [self.value(node, inner), key, *child.order]
        names = [self.lower.fresh() for _ in columns]
        named = [
            exp.Alias(this=b.take(each), alias=exp.to_identifier(name))
            for each, name in zip(columns, names, strict=True)
        ]
        steps = [
            exp.Ordered(this=exp.column(name), desc=node.descending and name == names[1], nulls_first=False)
            for name in names[1:]
        ]
        rows = exp.Subquery(
            this=select.select(*named, copy=False),
            alias=exp.TableAlias(this=exp.to_identifier(self.lower.fresh())),
        )
        first = exp.Select().from_(rows, copy=False).order_by(*steps, copy=False).limit(1, copy=False)
        return self.asked(first, exp.column(names[0]))

    def select(self, node: Aggregate) -> tuple[exp.Select, Sql]:
        """FROM and WHERE, and the value of a row."""
        inner, _, select = self.rows(node)
        return select, self.value(node, inner)

    def value(self, node: Aggregate, inner: Lowering) -> Sql:
        """What a row gives."""
        return exp.Null() if node.value is None else inner.shallow(inner.lower(node.value))

    def rows(self, node: Aggregate) -> tuple[Lowering, ChildSource, exp.Select]:
        """The lowering of a row, where the rows are, and FROM and WHERE."""
        inner, child = self.lower.within(node)
        tests = [child.condition]
        if node.where is not None:
            tests.append(inner.shallow(inner.lower(node.where)))
        return inner, child, exp.Select().from_(child.source).where(b.all_of(tests), copy=False)

    def asked(self, select: exp.Select, value: Sql) -> Sql:
        return b.scalar(select.select(value, copy=False))

    def sum_of(self, node: Aggregate, value: Sql) -> Sql:
        return exp.Sum(this=b.take(value))

    def mean_of(self, node: Aggregate, value: Sql) -> Sql:
        raise NotImplementedError

    def extreme_of(self, node: Aggregate, name: str, value: Sql) -> Sql:
        return b.call(name, self.sortable(node, value))

    def sortable(self, node: Node, value: Sql) -> Sql:
        """The value as the database sorts it like the language compares it."""
        return value
