"""What an aggregate is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

from sqlglot import exp

from engine.expressions import Type

Dialect = Literal["sqlite", "postgres", "duckdb"]


class Aggregate(ABC):
    """Turns the values of a group into one. Values that are null do not take part."""

    registry: ClassVar[str] = "measure"
    type: ClassVar[str]
    empty: ClassVar[Any] = None
    """The value of a group without rows."""
    optional: ClassVar[bool] = False
    """Whether it works without an argument."""

    @classmethod
    @abstractmethod
    def result(cls, argument: Type | None) -> Type | None:
        """The type of the result, or None when values of this type cannot be aggregated so."""

    @classmethod
    @abstractmethod
    def lower(cls, argument: exp.Expr, of: Type, dialect: Dialect) -> exp.Expr:
        """The SQL over a column of type `of` that is null where a row does not count."""
