"""A checked tree to a sqlglot tree. What dialects do differently stands in their own packages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.sql.columns import ChildSource, Columns
from engine.expressions.sql.forms import (
    AggregateForms,
    ClockForms,
    DateForms,
    NumberForms,
    TextForms,
    WorkForms,
)
from engine.expressions.sql.params import Dialect, Params
from engine.expressions.sql.text_forms import PieceForms, SpellingForms
from engine.expressions.sql.turned import COMPARISONS, so_many
from engine.expressions.typed import PARENT, RECORD, Aggregate, Apply, Constant, Field, Node, Variable
from engine.expressions.types import INT64_DIGITS

Sql = exp.Expr
SCALED = {"number", "money", "duration"}


@dataclass(frozen=True, slots=True)
class Place:
    """The columns of a record, and what is put before its paths."""

    columns: Columns
    prefix: tuple[str, ...] = ()


class Lowering(ABC):
    """Lowers the parts that see one record; `within` gives the one for child rows."""

    dialect: ClassVar[Dialect]
    numbers: NumberForms
    dates: DateForms
    clocks: ClockForms
    working: WorkForms
    texts: TextForms
    pieces: PieceForms
    spellings: SpellingForms
    aggregates: AggregateForms

    def __init__(self, columns: Columns, params: Params) -> None:
        self.params = params
        self.places = {RECORD: Place(columns), PARENT: Place(columns, (PARENT,))}
        self.rebuild()

    def lower(self, node: Node) -> Sql:
        """The SQL of a part, in storage form."""
        match node:
            case Constant():
                return self.constant(node)
            case Field():
                place = self.places[node.root]
                return place.columns.column((*place.prefix, *node.path))
            case Variable():
                return exp.Null() if node.type.kind == "list" else self.params.variable(node.name, node.type)
            case Apply():
                turned = so_many(self, node)
                if turned is not None:
                    return turned
                arguments = [self.lower(each) for each in node.arguments]
                return self.form(node)(node, self, *arguments)
            case Aggregate():
                return self.form(node)(node, self)
            case _:
                raise TypeError(f"unknown part {type(node).__name__}")

    def form(self, node: Apply | Aggregate) -> Callable[..., Sql]:
        """What the function declares for this dialect."""
        form: Callable[..., Sql] = getattr(node.function, self.dialect)
        return form

    def within(self, node: Aggregate) -> tuple[Lowering, ChildSource]:
        """The lowering for the rows of a child table, and where these are."""
        start = self.places[node.rows.root]
        above = Place(start.columns, (*start.prefix, *node.rows.path[:-1]))
        child = start.columns.children((*start.prefix, *node.rows.path))
        inner = copy(self)
        inner.places = {RECORD: Place(child.columns), PARENT: above}
        inner.rebuild()
        return inner, child

    def constant(self, node: Constant) -> Sql:
        value = node.value
        if value is None or isinstance(value, tuple):
            # Lists are lowered by `in`, which sees their values.
            return self.typed_null(node)
        if isinstance(value, bool):
            return exp.Boolean(this=value)
        if isinstance(value, datetime) and value.tzinfo is None:
            return self.params.local(value)
        return self.params.constant(value, node.type)

    def typed_null(self, node: Constant) -> Sql:
        """NULL, with the type that functions of PostgreSQL and DuckDB are chosen by."""
        kind = self.params.sql_type(node.type)
        return b.cast(exp.Null(), kind, self.dialect) if kind and node.type.kind != "list" else exp.Null()

    def compared(self, sign: str, node: Apply, left: Sql, right: Sql) -> Sql:
        """A comparison of two operands of one type."""
        return b.binary(COMPARISONS[sign], left, right)

    def between(self, node: Apply, value: Sql, low: Sql, high: Sql) -> Sql:
        # PostgreSQL and DuckDB turn BETWEEN and IN into comparisons, each with its copy of the value.
        return self.let(value, lambda x: b.between(x, low, high))

    def among(self, value: Sql, items: Sequence[Sql]) -> Sql:
        """Membership in a list of values."""
        return self.let(value, lambda x: b.member(x, items))

    def let(self, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
        """`body` of a value that it uses more than once; a large one is computed once and named."""
        return body(value) if b.small(value) else self.named(value, body)

    def let_all(self, values: tuple[Sql, ...], body: Callable[..., Sql]) -> Sql:
        """`body` of several such values."""
        if not values:
            return body()
        first, *rest = values
        return self.let(first, lambda x: self.let_all(tuple(rest), lambda *more: body(x, *more)))

    def fresh(self) -> str:
        """A name for a value computed once."""
        return f"x{self.params.number()}"

    def finished(self, node: Node, made: Sql) -> Sql:
        """The result of the whole expression, in storage form."""
        plain = isinstance(node, Field | Variable | Constant)
        if node.type.kind in SCALED and node.type.digits <= INT64_DIGITS and not plain:
            made = self.as_int64(made)
        return self.shallow(made)

    def shallow(self, made: Sql) -> Sql:
        """The same value in a form that the database's parser can read however deep it is."""
        return made

    @abstractmethod
    def rebuild(self) -> None:
        """Tie the forms to this lowering."""

    @abstractmethod
    def named(self, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
        """`body` of a value computed once."""

    @abstractmethod
    def as_int64(self, made: Sql) -> Sql:
        """A scaled integer that fits as the dialect's 64-bit integer."""

    @abstractmethod
    def in_variable(self, value: Sql, node: Node) -> Sql:
        """Membership in the list of a variable."""

    @abstractmethod
    def has(self, held: Sql, key: Sql) -> Sql:
        """Whether choices hold a key; null when either is."""

    @abstractmethod
    def has_any_of(self, held: Sql, items: Sql) -> Sql:
        """Whether choices hold a member of a bound list; null when they are."""

    @abstractmethod
    def has_any(self, held: Sql, other: Sql) -> Sql:
        """Whether two sets of choices share a member; null when either is."""

    @abstractmethod
    def no_choice(self, held: Sql) -> Sql:
        """Whether choices are the empty set."""
