"""Groups as the JSON answer of a report: columns, rows and totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.cells import Dump, column_type, dimension_dump, value_dump
from reports.fill import filled
from reports.groups import Group, Groups, ordered
from reports.periods import Period
from reports.pivot import pivoted
from reports.planned import PlannedDimension, PlannedMeasure, ReportPlan

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader gets. `truncated`: more groups exist than `limit`."""

    columns: list[Json]
    rows: list[Json]
    totals: list[Json]
    truncated: bool = False
    extra: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        result = {"columns": self.columns, "rows": self.rows, "totals": self.totals} | self.extra
        return result | ({"truncated": True} if self.truncated else {})


def answer(
    plan: ReportPlan,
    groups: Groups,
    periods: Mapping[str, Period],
    *,
    locale: str = "zh",
    extra: Json | None = None,
) -> Answer:
    """The JSON rows of a report. Raises TooManyPeriods or TooManyColumns.

    Names of users and departments are in the language `locale`.
    """
    about = extra or {}
    finest = groups.at(range(len(plan.dimensions)))
    complete = filled(finest, plan, periods)
    if len(complete) != len(finest):
        complete = ordered(complete, plan, groups.labels)
    writer = _Writer(plan, groups, locale)
    if plan.pivot:
        columns, rows, totals = pivoted(plan, plan.pivot, groups, complete, writer)
        return Answer(columns, rows[: plan.limit], totals, truncated=len(rows) > plan.limit, extra=about)
    return Answer(
        [*writer.dimension_columns(), *writer.measure_columns()],
        [writer.row(group) for group in complete[: plan.limit]],
        [writer.row(group) for group in groups.at(())] if plan.dimensions else [],
        truncated=len(complete) > plan.limit,
        extra=about,
    )


class _Writer:
    """Writes groups of one report; knows how each dimension and measure leaves."""

    def __init__(self, plan: ReportPlan, groups: Groups, locale: str) -> None:
        self._plan = plan
        self._keys = [
            dimension_dump(i, each, groups.labels, locale) for i, each in enumerate(plan.dimensions)
        ]
        self._values: list[Dump] = [value_dump(each.type) for each in plan.measures]

    def dimension_columns(self) -> list[Json]:
        return [_dimension_column(each) for each in self._plan.dimensions]

    def measure_columns(self) -> list[Json]:
        return [_measure_column(each) for each in self._plan.measures]

    def key(self, position: int, value: Any) -> Any:
        return None if value is None else self._keys[position](value)

    def value(self, position: int, value: Any) -> Any:
        return None if value is None else self._values[position](value)

    def row(self, group: Group) -> Json:
        """Dimensions of the group's level and all measures, by id."""
        row = {
            each.id: self.key(i, group.keys[i])
            for i, each in enumerate(self._plan.dimensions)
            if i in group.level
        }
        for i, measure in enumerate(self._plan.measures):
            row[measure.id] = self.value(i, group.values[i])
        return row


def _dimension_column(dimension: PlannedDimension) -> Json:
    column: Json = {"id": dimension.id, "label": dict(dimension.label), "role": "dimension"}
    if dimension.grain:
        return column | {"type": "period", "grain": dimension.grain}
    column |= column_type(dimension.type)
    if dimension.options:
        column["options"] = {key: dict(label) for key, label in dimension.options.items()}
    return column


def _measure_column(measure: PlannedMeasure) -> Json:
    return {"id": measure.id, "label": dict(measure.label), "role": "measure"} | column_type(measure.type)
