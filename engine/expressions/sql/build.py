"""Small builders of sqlglot trees: operands get parentheses, shared parts are copied."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

Sql = exp.Expr
_SELF_CONTAINED = (
    exp.Column,
    exp.Placeholder,
    exp.Literal,
    exp.Anonymous,
    exp.Cast,
    exp.Paren,
    exp.Case,
    exp.Null,
    exp.Boolean,
    exp.Subquery,
    exp.Extract,
    exp.Exists,
)
_SMALL = 10


def take(part: Sql) -> Sql:
    """The part for use in a new tree, copied when it already stands in one or may be used again."""
    return part.copy() if part.parent is not None or atomic(part) else part


def operand(part: Sql) -> Sql:
    """The part as an operand, in parentheses unless it needs none."""
    return take(part) if isinstance(part, _SELF_CONTAINED) else exp.Paren(this=take(part))


def atomic(part: Sql) -> bool:
    """Whether repeating the part costs nothing."""
    if isinstance(part, exp.Cast):
        return atomic(part.this)
    return isinstance(part, exp.Column | exp.Placeholder | exp.Literal | exp.Null | exp.Boolean)


def small(part: Sql) -> bool:
    """Whether the part may be repeated: few nodes and no subquery."""
    return all(
        not (count >= _SMALL or isinstance(node, exp.Select)) for count, node in enumerate(part.walk())
    )


def whole(value: int) -> Sql:
    """An integer literal; for numbers of the engine, never of the user."""
    made = exp.Literal.number(abs(value))
    return exp.Paren(this=exp.Neg(this=made)) if value < 0 else made


def word(value: str) -> Sql:
    """A text literal; for words of the engine, never of the user."""
    return exp.Literal.string(value)


def null() -> Sql:
    return exp.Null()


def call(name: str, *arguments: Sql) -> Sql:
    """A function under exactly this name."""
    return exp.Anonymous(this=name, expressions=[take(each) for each in arguments])


def cast(part: Sql, kind: str, dialect: str) -> Sql:
    """CAST(part AS kind), `kind` as this dialect spells it."""
    return exp.Cast(this=take(part), to=exp.DataType.build(kind, dialect=dialect))


def binary(kind: type[exp.Binary], left: Sql, right: Sql) -> Sql:
    return kind(this=operand(left), expression=operand(right))


def add(left: Sql, right: Sql) -> Sql:
    return binary(exp.Add, left, right)


def subtract(left: Sql, right: Sql) -> Sql:
    return binary(exp.Sub, left, right)


def multiply(left: Sql, right: Sql) -> Sql:
    return binary(exp.Mul, left, right)


def negate(part: Sql) -> Sql:
    return exp.Neg(this=operand(part))


def case(*pairs: tuple[Sql, Sql], otherwise: Sql | None = None) -> Sql:
    """CASE WHEN … THEN … [ELSE …] END."""
    made = exp.Case(ifs=[exp.If(this=take(test), true=take(value)) for test, value in pairs])
    if otherwise is not None:
        made.set("default", take(otherwise))
    return made


def is_null(part: Sql) -> Sql:
    return exp.Is(this=operand(part), expression=exp.Null())


def negation(part: Sql) -> Sql:
    return exp.Not(this=operand(part))


def all_of(parts: Iterable[Sql]) -> Sql:
    return _connected(exp.And, parts)


def any_of(parts: Iterable[Sql]) -> Sql:
    return _connected(exp.Or, parts)


def _connected(kind: type[exp.Connector], parts: Iterable[Sql]) -> Sql:
    made: Sql | None = None
    for part in parts:
        made = operand(part) if made is None else kind(this=made, expression=operand(part))
    return made if made is not None else exp.true()


def between(part: Sql, low: Sql, high: Sql) -> Sql:
    return exp.Between(this=operand(part), low=operand(low), high=operand(high))


def member(part: Sql, items: Iterable[Sql]) -> Sql:
    return exp.In(this=operand(part), expressions=[take(each) for each in items])


def collate(part: Sql, collation: str) -> Sql:
    return exp.Collate(this=operand(part), expression=exp.to_identifier(collation, quoted=True))


def interval(amount: str, unit: str) -> Sql:
    """A constant INTERVAL."""
    return exp.Interval(this=exp.Literal.string(amount), unit=exp.var(unit))


def extract(what: str, part: Sql) -> Sql:
    return exp.Extract(this=exp.var(what), expression=take(part))


def selected(part: Sql, name: str) -> exp.Select:
    """SELECT part AS name."""
    return exp.Select(expressions=[exp.Alias(this=take(part), alias=exp.to_identifier(name))])


def asked(part: Sql, source: exp.Select, name: str) -> Sql:
    """(SELECT part FROM (source) AS name)."""
    table = exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier(name)))
    return exp.Subquery(this=exp.Select(expressions=[take(part)]).from_(table, copy=False))


def scalar(select: exp.Select) -> Sql:
    """A subquery in the place of a value."""
    return exp.Subquery(this=select)
