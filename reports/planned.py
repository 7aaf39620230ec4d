"""The typed plan of a report: what `plan` proves and `compile` turns into SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.expressions import CheckedExpression, Type
from engine.findings import Text
from reports.measures.measure import Aggregate
from reports.schema import Grain, Param, Pivot, Sort, WeekStart

AggregateKind = type[Aggregate]


@dataclass(frozen=True, slots=True)
class Source:
    """The rows a report reads: a form, or a child table of one."""

    form: str
    child: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedDimension:
    """What groups are made of. `span` names the period parameter that bounds a filled dimension,
    `options` the labels of a choice."""

    id: str
    label: Text
    value: CheckedExpression
    grain: Grain | None = None
    fill: bool = False
    span: str | None = None
    options: Mapping[str, Text] = field(default_factory=dict)

    @property
    def type(self) -> Type:
        return self.value.type


@dataclass(frozen=True, slots=True)
class Aggregated:
    """A measure over the rows of a group: `aggregate` of `argument` (None: of the rows) where `where`."""

    id: str
    label: Text
    type: Type
    aggregate: AggregateKind
    argument: CheckedExpression | None = None
    where: CheckedExpression | None = None

    @property
    def empty(self) -> Any:
        """The value of a group without rows."""
        return self.aggregate.empty


@dataclass(frozen=True, slots=True)
class Derived:
    """A measure computed from other measures of the same group."""

    id: str
    label: Text
    value: CheckedExpression

    @property
    def type(self) -> Type:
        return self.value.type

    @property
    def empty(self) -> Any:
        """The value of a group without rows."""
        return None


PlannedMeasure = Aggregated | Derived


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """A checked report. `where` holds per row, `having` per group; both keep what is TRUE."""

    source: Source
    tz: str
    week_start: WeekStart
    dimensions: tuple[PlannedDimension, ...]
    measures: tuple[PlannedMeasure, ...]
    params: tuple[tuple[str, Param], ...]
    where: CheckedExpression | None
    having: CheckedExpression | None
    sort: tuple[Sort, ...]
    limit: int
    pivot: Pivot | None

    def position(self, dimension: str) -> int:
        """The place of a dimension by its id."""
        return next(i for i, each in enumerate(self.dimensions) if each.id == dimension)

    def levels(self) -> tuple[frozenset[int], ...]:
        """The sets of dimensions that are grouped by: the rows, the totals of a pivot, the grand total."""
        everything = frozenset(range(len(self.dimensions)))
        wanted = [everything]
        if self.pivot:
            wanted += [
                frozenset(self.position(key) for key in self.pivot.rows),
                frozenset(self.position(key) for key in self.pivot.columns),
            ]
        wanted.append(frozenset())
        return tuple(dict.fromkeys(wanted))
