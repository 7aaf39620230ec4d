"""From a checked expression to SQL text for the driver."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlglot import exp

from engine.expressions.checked import CheckedExpression
from engine.expressions.errors import ExpressionError
from engine.expressions.sql.columns import Columns
from engine.expressions.sql.duckdb.lowering import DuckLowering
from engine.expressions.sql.lowering import Lowering
from engine.expressions.sql.params import Dialect, Params
from engine.expressions.sql.postgres.lowering import PostgresLowering
from engine.expressions.sql.sqlite.lowering import SqliteLowering

_DIALECTS: dict[str, type[Lowering]] = {
    "sqlite": SqliteLowering,
    "postgres": PostgresLowering,
    "duckdb": DuckLowering,
}
# psycopg reads %: these marks keep placeholders apart while every other % is doubled.
_OPEN, _CLOSE = "\x01", "\x02"
_DEEP = 10_000


def lower(checked: CheckedExpression, columns: Columns, params: Params, dialect: Dialect) -> exp.Expr:
    """The expression as SQL in storage form (numbers: integers scaled by 10**checked.type.scale).

    Raises ExpressionError `not_pushable` when SQL cannot compute it.
    """
    if checked.not_pushable:
        names = ", ".join(checked.not_pushable)
        raise ExpressionError(
            "not_pushable",
            checked.tree.span,
            f"数据库中不能计算：{names}。",
            f"The database cannot compute {names}.",
        )
    lowering = _DIALECTS[dialect](columns, params)
    return lowering.finished(checked.node, lowering.lower(checked.node))


def print_sql(tree: exp.Expr, dialect: Dialect) -> str:
    """Driver-ready text: `:name` for sqlite3, `%(name)s` for psycopg, `$name` for duckdb."""
    try:
        return _printed(tree, dialect)
    except RecursionError:
        # Formulas inside formulas; the printer of sqlglot takes several frames for each level.
        with _deeper():
            return _printed(tree, dialect)


@contextmanager
def _deeper() -> Iterator[None]:
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, _DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def _printed(tree: exp.Expr, dialect: Dialect) -> str:
    if dialect != "postgres":
        return str(tree.sql(dialect=dialect))
    marked = tree.transform(_marked)
    text = str(marked.sql(dialect="postgres")).replace("%", "%%")
    return text.replace(f"%%({_OPEN}", "%(").replace(f"{_CLOSE})s", ")s")


def _marked(node: Any) -> Any:
    if isinstance(node, exp.Placeholder) and node.this:
        return exp.Placeholder(this=f"{_OPEN}{node.this}{_CLOSE}")
    return node
