"""Largest value."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp

from engine.expressions import Type
from reports.measures.measure import Aggregate, Dialect


class Max(Aggregate):
    """Of numbers, money, dates, moments and text (by code point)."""

    type: ClassVar[str] = "max"

    @classmethod
    def result(cls, argument: Type | None) -> Type | None:
        ordered = ("number", "money", "date", "datetime", "text")
        return argument if argument and argument.kind in ordered else None

    @classmethod
    def lower(cls, argument: exp.Expr, of: Type, dialect: Dialect) -> exp.Expr:
        return exp.Max(this=argument)
