"""Empty periods: groups that no record made but the calendar did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.errors import EngineError
from reports.buckets import between, bucket
from reports.groups import Group
from reports.periods import Period
from reports.planned import PlannedDimension, ReportPlan

LIMIT = 20_000


class TooManyPeriods(EngineError):
    """Filling empty periods would give too many rows."""

    code = "too_many_periods"
    zh = "补齐空周期后行数过多。"
    fix_zh = "请缩小时间范围，或改用更粗的时间粒度。"
    fix_en = "Narrow the range of time or use a coarser grain."


def filled(groups: list[Group], plan: ReportPlan, periods: Mapping[str, Period]) -> list[Group]:
    """The groups of the finest level with every missing period added, once per other combination.

    `periods` holds the resolved period parameters; a dimension bounded by one is filled over all of it,
    others between the first and the last period that has rows. Raises TooManyPeriods.
    """
    for position, dimension in enumerate(plan.dimensions):
        if dimension.fill:
            groups = _fill(groups, plan, position, periods.get(dimension.span or ""))
    return groups


def _fill(groups: list[Group], plan: ReportPlan, position: int, period: Period | None) -> list[Group]:
    dimension = plan.dimensions[position]
    found = [group.keys[position] for group in groups if group.keys[position] is not None]
    bounds = _bounds(found, dimension, plan, period)
    if bounds is None:
        return groups
    starts = []
    for start in between(*bounds, dimension.grain or "day"):
        starts.append(start)
        if len(starts) > LIMIT:
            raise TooManyPeriods()
    present = {group.keys for group in groups}
    others = dict.fromkeys(_without(group.keys, position) for group in groups)
    if len(plan.dimensions) == 1:
        others = {(): None}
    if len(others) * len(starts) > LIMIT:
        raise TooManyPeriods()
    values = tuple(measure.empty for measure in plan.measures)
    level = frozenset(range(len(plan.dimensions)))
    added = [
        Group(level, keys, values)
        for other in others
        for start in starts
        if (keys := (*other[:position], start, *other[position:])) not in present
    ]
    return groups + added


def _without(keys: tuple[Any, ...], position: int) -> tuple[Any, ...]:
    return keys[:position] + keys[position + 1 :]


def _bounds(
    found: list[Any], dimension: PlannedDimension, plan: ReportPlan, period: Period | None
) -> tuple[Any, Any] | None:
    grain = dimension.grain or "day"
    first, last = (min(found), max(found)) if found else (None, None)
    if period is not None and period.start is not None:
        first = bucket(_local(period.start, grain), grain, plan.week_start)
    if period is not None and period.end is not None:
        end = _local(period.end, grain)
        step = timedelta(hours=1) if grain == "hour" else timedelta(days=1)
        last = bucket(end - step, grain, plan.week_start)
    return None if first is None or last is None else (first, last)


def _local(day: date, grain: str) -> date | datetime:
    return datetime.combine(day, time()) if grain == "hour" else day
