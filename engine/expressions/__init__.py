"""The expression language: one meaning in Python, SQLite, PostgreSQL and DuckDB.

`check(source, scope)` proves a text or JSON condition against the names it may use and gives a
CheckedExpression: `.evaluate(record, env)` runs it in memory, `lower(checked, columns, params, dialect)`
turns it into SQL. Values: numbers are integers scaled by 10**type.scale, dates are dates, datetimes aware
UTC, choices tuples of keys, everything else text; None is null.
"""

from __future__ import annotations

from engine.expressions import types
from engine.expressions.check import check
from engine.expressions.checked import CheckedExpression
from engine.expressions.errors import ExpressionError
from engine.expressions.parse import parse
from engine.expressions.scope import Env, Scope, Shape
from engine.expressions.sql.columns import ChildSource, Columns
from engine.expressions.sql.params import Dialect, Params
from engine.expressions.sql.printing import lower, print_sql
from engine.expressions.sql.sqlite_functions import register_sqlite_functions
from engine.expressions.trace import Part, trace
from engine.expressions.tree import Tree
from engine.expressions.types import Type

__all__ = [
    "CheckedExpression",
    "ChildSource",
    "Columns",
    "Dialect",
    "Env",
    "ExpressionError",
    "Params",
    "Part",
    "Scope",
    "Shape",
    "Tree",
    "Type",
    "check",
    "lower",
    "parse",
    "print_sql",
    "register_sqlite_functions",
    "trace",
    "types",
]
