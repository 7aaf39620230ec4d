"""Sum of numbers and money; 0 where nothing counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from sqlglot import exp

from engine.expressions import Type
from engine.expressions import types as t
from reports.measures.measure import Aggregate, Dialect


class Sum(Aggregate):
    """Exact: scaled integers are added."""

    type: ClassVar[str] = "sum"
    empty: ClassVar[Any] = 0

    @classmethod
    def result(cls, argument: Type | None) -> Type | None:
        if argument is None or not argument.numeric:
            return None
        return replace(argument, digits=t.cap(argument.scale))

    @classmethod
    def lower(cls, argument: exp.Expr, of: Type, dialect: Dialect) -> exp.Expr:
        return exp.Coalesce(this=exp.Sum(this=argument), expressions=[exp.Literal.number(0)])
