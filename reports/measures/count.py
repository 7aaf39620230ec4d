"""Number of rows, or of rows that have a value."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp

from engine.expressions import Type
from engine.expressions import types as t
from reports.measures.measure import Aggregate, Dialect


class Count(Aggregate):
    """Without an argument every row counts."""

    type: ClassVar[str] = "count"
    empty: ClassVar[Any] = 0
    optional: ClassVar[bool] = True

    @classmethod
    def result(cls, argument: Type | None) -> Type | None:
        return t.number(18, 0)

    @classmethod
    def lower(cls, argument: exp.Expr, of: Type, dialect: Dialect) -> exp.Expr:
        return exp.Count(this=argument, big_int=True)
