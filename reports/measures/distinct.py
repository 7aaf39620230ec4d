"""Number of different values."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp

from engine.expressions import Type
from engine.expressions import types as t
from reports.measures.measure import Aggregate, Dialect


class Distinct(Aggregate):
    """Null is no value."""

    type: ClassVar[str] = "distinct"
    empty: ClassVar[Any] = 0

    @classmethod
    def result(cls, argument: Type | None) -> Type | None:
        return t.number(18, 0) if argument and argument.kind not in ("choices", "list") else None

    @classmethod
    def lower(cls, argument: exp.Expr, of: Type, dialect: Dialect) -> exp.Expr:
        return exp.Count(this=exp.Distinct(expressions=[argument]), big_int=True)
