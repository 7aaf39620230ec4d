"""Where names are in SQL; whoever lowers an expression says it through `Columns`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp


class Columns(Protocol):
    """The columns of one record in a query."""

    def column(self, path: tuple[str, ...]) -> exp.Expr:
        """The column of a field or of a path along references, joins made as needed.

        A path that starts with "parent" belongs to the record above a child row. The value must be in storage
        form: numbers as scaled integers, dates and datetimes as the dialect stores them.
        """

    def children(self, path: tuple[str, ...]) -> ChildSource:
        """The rows of a child table, for a correlated subquery."""


@dataclass(frozen=True, slots=True)
class ChildSource:
    """`source` goes into FROM, `condition` ties its rows to the outer record, `columns` are a row's.

    `order` is how the rows stand in memory, without ties. With `listed` it is wanted that the rows are found
    first, and through them the outer records.
    """

    source: exp.Expr
    condition: exp.Expr
    columns: Columns
    order: tuple[exp.Expr, ...] = ()
    listed: Listed | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """The tie of rows to the outer record as two columns, and the rest of the condition on them.

    `joined`: the database chooses itself whether to begin with the rows where it is asked for one that exists.
    `name` is free for a table made of `source`, which `join((table, condition))` puts beside the outer record where
    the statement can join. `every`: the statement asks every outer record there is.
    """

    source: exp.Expr
    inner: exp.Expr
    outer: exp.Expr
    condition: exp.Expr
    name: str
    joined: bool = False
    join: Callable[[tuple[exp.Expr, exp.Expr]], None] | None = None
    every: bool = False
