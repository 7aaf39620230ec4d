"""Time buckets in SQL: the start of the bucket, in the report's zone.

Moments are UTC. Where a zone has not changed its clock since some day, the local time is an addition;
only older moments, and zones with summer time, ask the database's calendar.
"""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from engine.errors import EngineError
from reports.measures.measure import Dialect
from reports.schema import Grain, WeekStart
from reports.zones import SteadyZone, steady

_DAYS_TO_MONDAY = {"mon": 0, "sun": 1, "sat": 2}
_SQLITE_LAST_WEEKDAY = {"mon": 0, "sun": 6, "sat": 5}


class ZoneNotSupported(EngineError):
    """This database cannot compute buckets in a zone with summer time."""

    code = "zone_not_supported"
    zh = "该数据库不支持在有夏令时的时区分组。"


def bucket_start(
    value: exp.Expr, kind: str, grain: Grain, *, tz: str, week_start: WeekStart, dialect: Dialect
) -> exp.Expr:
    """The first moment (hour) or day of the bucket of a date or a UTC moment."""
    local = local_time(value, tz, dialect) if kind == "datetime" else value
    if dialect == "sqlite":
        return _sqlite_bucket(local, grain, week_start)
    if grain == "hour":
        return _truncated("hour", local)
    day = exp.Cast(this=local, to=exp.DataType.build("DATE")) if kind == "datetime" else local
    if grain == "day":
        return day
    if grain == "week" and _DAYS_TO_MONDAY[week_start]:
        shift = exp.Literal.number(_DAYS_TO_MONDAY[week_start])
        start = _day(_truncated("week", exp.paren(exp.Add(this=day, expression=shift))))
        return exp.Sub(this=start, expression=shift.copy())
    return _day(_truncated(grain, day))


def local_time(value: exp.Expr, tz: str, dialect: Dialect) -> exp.Expr:
    """The clock of the zone at a UTC moment, without zone."""
    if dialect == "postgres":
        return exp.AtTimeZone(this=value, zone=exp.Literal.string(tz))
    zone = steady(tz)
    if dialect == "sqlite":
        if zone is None:
            raise ZoneNotSupported()
        return exp.Anonymous(
            this="datetime", expressions=[value, exp.Literal.string(f"{zone.minutes:+d} minutes")]
        )
    if zone is None:
        return _by_calendar(value, tz)
    return _by_offset(value, zone, tz)


def _by_offset(value: exp.Expr, zone: SteadyZone, tz: str) -> exp.Expr:
    moved = value.copy()
    if zone.minutes:
        unit = exp.Interval(this=exp.Literal.string(str(abs(zone.minutes))), unit=exp.var("MINUTE"))
        moved = (exp.Add if zone.minutes > 0 else exp.Sub)(this=value.copy(), expression=unit)
    if zone.since is None:
        return moved
    recent = exp.GTE(this=value.copy(), expression=_moment(zone.since))
    return exp.Case(ifs=[exp.If(this=recent, true=moved)], default=_by_calendar(value, tz))


def _by_calendar(value: exp.Expr, tz: str) -> exp.Expr:
    aware = exp.AtTimeZone(this=value, zone=exp.Literal.string("UTC"))
    return exp.AtTimeZone(this=aware, zone=exp.Literal.string(tz))


def _moment(moment: datetime) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(moment.isoformat(sep=" ")), to=exp.DataType.build("TIMESTAMP"))


def _truncated(unit: str, value: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="DATE_TRUNC", expressions=[exp.Literal.string(unit), value])


def _day(value: exp.Expr) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build("DATE"))


def _sqlite_bucket(local: exp.Expr, grain: Grain, week_start: WeekStart) -> exp.Expr:
    if grain == "hour":
        return _sqlite("strftime", exp.Literal.string("%Y-%m-%d %H:00:00"), local)
    if grain == "week":
        last = _SQLITE_LAST_WEEKDAY[week_start]
        return _sqlite("date", local, f"weekday {last}", "-6 days")
    if grain == "quarter":
        month = exp.Cast(
            this=_sqlite("strftime", exp.Literal.string("%m"), local.copy()), to=exp.DataType.build("INTEGER")
        )
        into = exp.Mod(
            this=exp.paren(exp.Sub(this=month, expression=exp.Literal.number(1))),
            expression=exp.Literal.number(3),
        )
        back = exp.DPipe(
            this=exp.DPipe(this=exp.Literal.string("-"), expression=exp.paren(into)),
            expression=exp.Literal.string(" months"),
        )
        return _sqlite("date", local, "start of month", back)
    words = {"day": (), "month": ("start of month",), "year": ("start of year",)}[grain]
    return _sqlite("date", local, *words)


def _sqlite(function: str, *arguments: exp.Expr | str) -> exp.Expr:
    parts = [exp.Literal.string(each) if isinstance(each, str) else each for each in arguments]
    return exp.Anonymous(this=function, expressions=parts)
