"""Buckets of time: the first day of each, the next one, and how a bucket is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from reports.periods import add_months, start_of_week
from reports.schema import Grain, WeekStart

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def bucket(value: date | datetime, grain: Grain, week_start: WeekStart) -> date | datetime:
    """The start of the bucket of a local date or a local (naive) datetime."""
    if grain == "hour":
        if not isinstance(value, datetime):
            raise TypeError("hours need a datetime")
        return value.replace(minute=0, second=0, microsecond=0)
    day = value.date() if isinstance(value, datetime) else value
    if grain == "day":
        return day
    if grain == "week":
        return start_of_week(day, week_start)
    length = _MONTHS[grain]
    return date(day.year, (day.month - 1) // length * length + 1, 1)


def following(start: date | datetime, grain: Grain) -> date | datetime:
    """The start of the next bucket."""
    if grain == "hour":
        return start + timedelta(hours=1)
    if grain in ("day", "week"):
        return start + timedelta(days=7 if grain == "week" else 1)
    return add_months(start, _MONTHS[grain])


def between(first: date | datetime, last: date | datetime, grain: Grain) -> Iterator[date | datetime]:
    """All bucket starts from `first` to `last`, both included."""
    while first <= last:
        yield first
        first = following(first, grain)


def written(start: date | datetime, grain: Grain) -> str:
    """A bucket as text that sorts by time: 2026, 2026-Q1, 2026-03, 2026-03-02, 2026-03-02T09:00.

    A week is written as its first day.
    """
    if grain == "year":
        return f"{start.year:04d}"
    if grain == "quarter":
        return f"{start.year:04d}-Q{(start.month + 2) // 3}"
    if grain == "month":
        return f"{start.year:04d}-{start.month:02d}"
    if isinstance(start, datetime):
        return start.isoformat(timespec="minutes") if grain == "hour" else start.date().isoformat()
    return start.isoformat()
