"""Turns groups into a table with one column per value of the column dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from engine.errors import EngineError
from reports.groups import Group, Groups, ordered
from reports.planned import ReportPlan
from reports.schema import Pivot

LIMIT = 500
Json = dict[str, Any]
Keys = tuple[Any, ...]


class TooManyColumns(EngineError):
    """The pivot has more columns than can be shown."""

    code = "too_many_columns"
    zh = "透视表的列数过多，无法显示。"
    fix_zh = "请缩小范围，或把该维度放到行上。"
    fix_en = "Narrow the range, or put this dimension on the rows."


class Writer(Protocol):
    """Writes single cells."""

    def dimension_columns(self) -> list[Json]: ...
    def measure_columns(self) -> list[Json]: ...
    def key(self, position: int, value: Any) -> Any: ...
    def value(self, position: int, value: Any) -> Any: ...


def pivoted(
    plan: ReportPlan, pivot: Pivot, groups: Groups, cells: list[Group], writer: Writer
) -> tuple[list[Json], list[Json], list[Json]]:
    """Columns, rows and totals of the pivot table. Totals were grouped at their own grain by the store.

    A cell's column is `measure:value`, the total of a row is in the column `measure`.
    """
    return _Turned(plan, pivot, groups, cells, writer).table()


class _Turned:
    def __init__(
        self, plan: ReportPlan, pivot: Pivot, groups: Groups, cells: list[Group], writer: Writer
    ) -> None:
        self._plan, self._groups, self._writer = plan, groups, writer
        self._totals = pivot.totals
        self._down = [plan.position(key) for key in pivot.rows]
        self._across = [plan.position(key) for key in pivot.columns]
        self._cells = cells
        self._heads = self._column_heads()
        if len(self._heads) * len(plan.measures) > LIMIT:
            raise TooManyColumns()

    def table(self) -> tuple[list[Json], list[Json], list[Json]]:
        return self._columns(), self._rows(), self._total_row()

    def _columns(self) -> list[Json]:
        dimensions = self._writer.dimension_columns()
        measures = self._writer.measure_columns()
        columns = [dimensions[i] for i in self._down]
        for head in self._heads:
            at = {
                self._plan.dimensions[i].id: self._writer.key(i, value)
                for i, value in zip(self._across, head, strict=True)
            }
            columns += [
                measure | {"id": self._id(measure["id"], head), "measure": measure["id"], "at": at}
                for measure in measures
            ]
        return columns + (measures if "row" in self._totals else [])

    def _rows(self) -> list[Json]:
        by_row: dict[Keys, dict[Keys, Group]] = {}
        for cell in self._cells:
            by_row.setdefault(self._part(cell, self._down), {})[self._part(cell, self._across)] = cell
        totals = {self._part(group, self._down): group for group in self._groups.at(self._down)}
        rows = []
        for keys in self._row_order(by_row, totals):
            row = {
                self._plan.dimensions[i].id: self._writer.key(i, value)
                for i, value in zip(self._down, keys, strict=True)
            }
            for head in self._heads:
                row |= self._values(by_row[keys].get(head), head)
            if "row" in self._totals:
                row |= self._values(totals.get(keys), None)
            rows.append(row)
        return rows

    def _total_row(self) -> list[Json]:
        row: Json = {}
        if "column" in self._totals:
            by_head = {self._part(group, self._across): group for group in self._groups.at(self._across)}
            for head in self._heads:
                row |= self._values(by_head.get(head), head)
        if "grand" in self._totals:
            for group in self._groups.at(()):
                row |= self._values(group, None)
        return [row] if row else []

    def _row_order(self, by_row: dict[Keys, Any], totals: dict[Keys, Group]) -> list[Keys]:
        """Rows as the report sorts them; by the row's total where a measure decides."""
        level = frozenset(self._down)
        empty = tuple(measure.empty for measure in self._plan.measures)
        rows = [totals.get(keys) or Group(level, self._whole(self._down, keys), empty) for keys in by_row]
        return [self._part(group, self._down) for group in ordered(rows, self._plan, self._groups.labels)]

    def _column_heads(self) -> list[Keys]:
        """By the column dimensions' own order, whatever measure sorts the rows."""
        own = {self._plan.dimensions[i].id for i in self._across}
        plan = replace(self._plan, sort=tuple(step for step in self._plan.sort if step.by in own))
        heads = dict.fromkeys(self._part(cell, self._across) for cell in self._cells)
        bare = [Group(frozenset(self._across), self._whole(self._across, head), ()) for head in heads]
        return [self._part(group, self._across) for group in ordered(bare, plan, self._groups.labels)]

    def _id(self, measure: str, head: Keys) -> str:
        parts = []
        for position, value in zip(self._across, head, strict=True):
            cell = self._writer.key(position, value)
            parts.append("~" if cell is None else str(cell["id"] if isinstance(cell, dict) else cell))
        return ":".join((measure, *parts))

    def _values(self, group: Group | None, head: Keys | None) -> Json:
        row = {}
        for i, measure in enumerate(self._plan.measures):
            value = group.values[i] if group else measure.empty
            row[measure.id if head is None else self._id(measure.id, head)] = self._writer.value(i, value)
        return row

    def _whole(self, positions: list[int], keys: Keys) -> Keys:
        whole: list[Any] = [None] * len(self._plan.dimensions)
        for position, value in zip(positions, keys, strict=True):
            whole[position] = value
        return tuple(whole)

    @staticmethod
    def _part(group: Group, positions: list[int]) -> Keys:
        return tuple(group.keys[position] for position in positions)
