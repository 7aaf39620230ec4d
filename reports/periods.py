"""Named spans of calendar days: this month, last year, or from and to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reports.schema import WeekStart

_BACK = {"mon": 0, "sun": 1, "sat": 2}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in the report's zone, `start` included, `end` not; None is open."""

    start: date | None = None
    end: date | None = None

    def dates(self) -> tuple[date, date]:
        """The half-open span as dates; an open side is the end of the calendar."""
        return self.start or date.min, self.end or date.max

    def moments(self, tz: ZoneInfo) -> tuple[datetime, datetime]:
        """The half-open span as UTC moments: from local midnight to local midnight."""
        start, end = self.dates()
        return _midnight(start, tz), _midnight(end, tz)


def resolve(value: Any, *, today: date, week_start: WeekStart = "mon") -> Period:
    """The period of a name, of {"from", "to"} (both days included) or of null (open).

    Raises ValueError for anything else.
    """
    if value is None:
        return Period()
    if isinstance(value, str) and value in NAMED:
        return NAMED[value](today, week_start)
    if isinstance(value, dict) and value and set(value) <= {"from", "to"}:
        start, last = _day(value.get("from")), _day(value.get("to"))
        if start and last and last < start:
            raise ValueError("`to` is before `from`")
        return Period(start, last + timedelta(days=1) if last else None)
    raise ValueError(f"not a period: {value!r}")


def start_of_week(day: date, week_start: WeekStart) -> date:
    """The first day of the week that holds the day."""
    return day - timedelta(days=(day.weekday() + _BACK[week_start]) % 7)


def add_months(first: date, months: int) -> date:
    """The first of the month so many months after a first of a month."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _midnight(day: date, tz: ZoneInfo) -> datetime:
    if day in (date.min, date.max):
        return datetime.combine(day, time(), tzinfo=UTC)
    return datetime.combine(day, time(), tzinfo=tz).astimezone(UTC)


def _day(value: Any) -> date | None:
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, str):
        return date.fromisoformat(value)
    raise ValueError(f"not a date: {value!r}")


def _days(first: int, length: int) -> Callable[[date, WeekStart], Period]:
    def span(today: date, _week_start: WeekStart) -> Period:
        start = today + timedelta(days=first)
        return Period(start, start + timedelta(days=length))

    return span


def _weeks(shift: int) -> Callable[[date, WeekStart], Period]:
    def span(today: date, week_start: WeekStart) -> Period:
        start = start_of_week(today, week_start) + timedelta(weeks=shift)
        return Period(start, start + timedelta(weeks=1))

    return span


def _months(length: int, shift: int) -> Callable[[date, WeekStart], Period]:
    """Spans of 1, 3 or 12 months that begin where the calendar does."""

    def span(today: date, _week_start: WeekStart) -> Period:
        first = date(today.year, (today.month - 1) // length * length + 1, 1)
        start = add_months(first, shift * length)
        return Period(start, add_months(start, length))

    return span


NAMED: dict[str, Callable[[date, WeekStart], Period]] = {
    "all": lambda _today, _week_start: Period(),
    "today": _days(0, 1),
    "yesterday": _days(-1, 1),
    "last_7_days": _days(-6, 7),
    "last_30_days": _days(-29, 30),
    "last_90_days": _days(-89, 90),
    "this_week": _weeks(0),
    "last_week": _weeks(-1),
    "this_month": _months(1, 0),
    "last_month": _months(1, -1),
    "this_quarter": _months(3, 0),
    "last_quarter": _months(3, -1),
    "this_year": _months(12, 0),
    "last_year": _months(12, -1),
}
