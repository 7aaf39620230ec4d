"""Forms of texts beyond the plain ones: pieces of them, and values as text and back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.forms import Forms, Sql

LONGEST = 100_000_000
"""Counts and positions beyond are cut down to it: the databases take 32 bits."""


class PieceForms(Forms):
    """Parts of texts by position, and texts put together, with the meaning of functions/pieces.py and building.py."""

    @abstractmethod
    def right(self, value: Sql, count: Sql) -> Sql: ...
    @abstractmethod
    def middle(self, value: Sql, start: Sql, count: Sql) -> Sql: ...
    @abstractmethod
    def found(self, part: Sql, value: Sql, start: Sql | None = None) -> Sql: ...
    @abstractmethod
    def split_part(self, value: Sql, separator: Sql, place: Sql) -> Sql: ...
    @abstractmethod
    def ends_with(self, value: Sql, part: Sql) -> Sql: ...
    @abstractmethod
    def substituted(self, value: Sql, old: Sql, new: Sql) -> Sql: ...
    @abstractmethod
    def substituted_once(self, value: Sql, old: Sql, new: Sql, occurrence: Sql) -> Sql: ...
    @abstractmethod
    def replaced(self, value: Sql, start: Sql, count: Sql, new: Sql) -> Sql: ...
    @abstractmethod
    def repeated(self, value: Sql, count: Sql) -> Sql: ...
    @abstractmethod
    def padded(self, side: str, value: Sql, width: Sql, fill: Sql) -> Sql: ...
    @abstractmethod
    def listed(self, separator: Sql, values: Sequence[Sql], *, ignore_empty: bool) -> Sql:
        """Texts joined with a separator; null is an empty text."""


class SpellingForms(Forms):
    """Words, and values as text and back."""

    @abstractmethod
    def proper(self, value: Sql) -> Sql: ...
    @abstractmethod
    def of_moment(self, at: Sql) -> Sql: ...
    @abstractmethod
    def of_duration(self, value: Sql) -> Sql: ...
    @abstractmethod
    def number_of(self, value: Sql) -> Sql:
        """A number scaled by 10**6."""

    def of_bool(self, value: Sql) -> Sql:
        def spelled(held: Sql) -> Sql:
            return b.case((held, b.word("true")), (b.negation(held), b.word("false")))

        return self.lower.let(value, spelled)


def joined(*parts: Sql) -> Sql:
    """Texts one after the other; null when one is."""
    made = b.operand(parts[0])
    for part in parts[1:]:
        made = exp.DPipe(this=made, expression=b.operand(part))
    return made
