"""Deep expressions made shallow: SQLite's parser stops at about a hundred pending symbols.

Parts that stand too deep become single-row common tables, correlated with the row like the expression
itself: `(WITH x1 AS (SELECT f(f(r.n)) AS v) SELECT f(f(x1.v)) FROM x1)`. An expression that was flattened
before gives its tables to the one around it, so that formulas inside formulas do not nest either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from engine.expressions.sql.build import Sql

LIMIT = 30
_MARK = "fourfold_tables"
_STEPS: tuple[tuple[type, int], ...] = (
    (exp.Paren, 1),
    (exp.Not, 1),
    (exp.Neg, 1),
    (exp.If, 0),
    (exp.Cast, 2),
    (exp.Case, 4),
    (exp.Subquery, 5),
    (exp.Exists, 8),
    (exp.With, 9),
    (exp.Binary, 3),
)
_OTHER_STEP = 5


@dataclass(slots=True)
class _Flat:
    """An expression on the way: its common tables by name, in order of use."""

    fresh: Callable[[], str]
    tables: dict[str, exp.Select] = field(default_factory=dict)


def shallow(tree: Sql, fresh: Callable[[], str]) -> Sql:
    """The same value, nested less deeply; `fresh` gives names that are unique in the statement."""
    flat = _Flat(fresh)
    made, height = _flattened(tree, flat)
    if not flat.tables:
        return made
    if height > LIMIT:
        made = _moved(made, flat)
    body = _selected(made)
    for name, select in flat.tables.items():
        body = body.with_(name, as_=select, copy=False)
    wrapped = exp.Subquery(this=body)
    wrapped.meta[_MARK] = (made, flat.tables)
    return wrapped


def _flattened(node: Sql, flat: _Flat) -> tuple[Sql, int]:
    """The node with deep parts moved out, and how deep it is now."""
    if isinstance(node, exp.Subquery) and _MARK in node.meta:
        made, tables = node.meta[_MARK]
        flat.tables |= tables
        return made, _height(made)
    if isinstance(node, exp.Query | exp.Exists):
        return node, _height(node)
    highest = 0
    for position, child in enumerate(list(_children(node))):
        made, height = _flattened(child, flat)
        if made is not child:
            child.replace(made)
        step = _step(node, position)
        if step + height > LIMIT and not isinstance(made, exp.If | exp.Query | exp.Exists):
            _moved(made, flat)
            height = 1
        highest = max(highest, step + height)
    return node, highest


def _moved(part: Sql, flat: _Flat) -> Sql:
    """The part as a common table; a column of it in its place."""
    name = flat.fresh()
    column = exp.column("v", table=name)
    if part.parent is not None:
        part.replace(column)
    flat.tables[name] = _selected(part)
    return column


def _selected(part: Sql) -> exp.Select:
    """SELECT part AS v from the common tables it mentions."""
    select = exp.Select(expressions=[exp.Alias(this=part, alias=exp.to_identifier("v"))])
    mentioned = {column.table: None for column in _own_columns(part) if column.name == "v"}
    for name in mentioned:
        table = exp.to_table(name)
        select = (
            select.join(table, join_type="cross", copy=False)
            if select.args.get("from_")
            else select.from_(table, copy=False)
        )
    return select


def _own_columns(part: Sql) -> Iterator[exp.Column]:
    if isinstance(part, exp.Column):
        yield part
    elif not isinstance(part, exp.Query | exp.Exists):
        for child in _children(part):
            yield from _own_columns(child)


def _children(node: Sql) -> Iterator[Sql]:
    if not isinstance(node, exp.Column | exp.DataType | exp.Identifier):
        yield from (child for child in node.iter_expressions() if not isinstance(child, exp.DataType))


def _step(node: Sql, position: int) -> int:
    """Symbols pending while a child is read."""
    if isinstance(node, exp.Binary):
        return 3 * position
    if isinstance(node, exp.Anonymous):
        return 3 if position == 0 else 5
    return next((step for kind, step in _STEPS if isinstance(node, kind)), _OTHER_STEP)


def _height(node: Sql) -> int:
    """Symbols pending at the deepest place."""
    return max(
        (_step(node, place) + _height(child) for place, child in enumerate(_children(node))), default=1
    )
