"""Dates and moments as the language means them; the SQL forms give the same.

A local time that occurs twice (clocks set back) means the later one, a skipped one is read with the offset
before the jump, as PostgreSQL and ICU do. Results outside the years 1 to 9999 are null.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS = {"day": 1, "week": 7}
SECONDS = {"second": 1, "minute": 60, "hour": 3600}
UNITS = (*SECONDS, *DAYS, *MONTHS)
DATE_UNITS = (*DAYS, *MONTHS)
FIRST_MONTH, LAST_MONTH = 12, 9999 * 12 + 11
EPOCH_DAY = date(1, 1, 1)
LAST_DAY_NUMBER = date(9999, 12, 31).toordinal() - 1
SAFE_FIRST, SAFE_LAST = date(2, 1, 1), date(9998, 12, 31)
"""Moments keep a year from the edge, so that no zone pushes them over it."""


def from_local(moment: datetime, tz: ZoneInfo) -> datetime:
    """The UTC moment of a naive local time."""
    early, late = (moment.replace(tzinfo=tz, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return (moment - min(early, late)).replace(tzinfo=UTC)


def to_local(moment: datetime, tz: ZoneInfo) -> datetime:
    """The naive local time of a moment."""
    return moment.astimezone(tz).replace(tzinfo=None)


def local_date(moment: datetime, tz: ZoneInfo) -> date:
    """The day of a moment in the app's zone."""
    return moment.astimezone(tz).date()


def made_date(year: int, month: int, day: int) -> date | None:
    """The date, None when there is no such day."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def added_to_date(unit: str, count: int, day: date) -> date | None:
    """Calendar arithmetic; the last day of a shorter month stands in for a day it lacks."""
    if unit in DAYS:
        number = day.toordinal() - 1 + count * DAYS[unit]
        return date.fromordinal(number + 1) if 0 <= number <= LAST_DAY_NUMBER else None
    index = day.year * 12 + day.month - 1 + count * MONTHS[unit]
    if not FIRST_MONTH <= index <= LAST_MONTH:
        return None
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def added_to_moment(unit: str, count: int, moment: datetime, tz: ZoneInfo) -> datetime | None:
    """Hours and shorter count in elapsed time, days and longer keep the local time of day."""
    if unit in SECONDS:
        return shifted(moment, count * SECONDS[unit] * 1_000_000)
    local = to_local(moment, tz)
    day = added_to_date(unit, count, local.date())
    if day is None or not SAFE_FIRST <= day <= SAFE_LAST:
        return None
    return from_local(datetime.combine(day, local.time()), tz)


def shifted(moment: datetime, microseconds: int) -> datetime | None:
    """The moment plus a duration."""
    try:
        found = moment + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
    return found if SAFE_FIRST <= found.date() <= SAFE_LAST else None


def elapsed(start: datetime, end: datetime) -> int:
    """Microseconds from `start` to `end`."""
    return (end - start) // timedelta(microseconds=1)


def date_difference(unit: str, start: date, end: date) -> int:
    """Complete units from `start` to `end`, negative when `end` is earlier.

    A month is complete when the day number is reached.
    """
    if unit in DAYS:
        days = end.toordinal() - start.toordinal()
        return truncated(days, DAYS[unit])
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return truncated(months, MONTHS[unit])


def moment_difference(unit: str, start: datetime, end: datetime) -> int:
    """Complete hours, minutes or seconds."""
    return truncated(elapsed(start, end), SECONDS[unit] * 1_000_000)


def truncated(value: int, unit: int) -> int:
    """Whole units in `value`, toward zero."""
    return value // unit if value >= 0 else -(-value // unit)


def start_of_date(unit: str, day: date) -> date:
    """The first day of the week (Monday), month, quarter or year."""
    if unit == "day":
        return day
    if unit == "week":
        return date.fromordinal(max(day.toordinal() - day.weekday(), 1))
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return date(day.year, month, 1)


def start_of_moment(unit: str, moment: datetime, tz: ZoneInfo) -> datetime | None:
    """The first moment of the local hour, day, week, month, quarter or year; None near the edges of the calendar."""
    local = to_local(moment, tz)
    if not SAFE_FIRST <= local.date() <= SAFE_LAST:
        return None
    if unit == "hour":
        return from_local(local.replace(minute=0, second=0, microsecond=0), tz)
    start = start_of_date(unit, local.date())
    return from_local(datetime(start.year, start.month, start.day), tz)  # noqa: DTZ001 - local by meaning


def end_of_date(unit: str, day: date) -> date | None:
    """The last day of the week (Sunday), month, quarter or year."""
    if unit == "day":
        return day
    if unit == "week":
        return added_to_date("day", 6 - day.weekday(), day)
    month = {"month": day.month, "quarter": (day.month + 2) // 3 * 3, "year": 12}[unit]
    return date(day.year, month, monthrange(day.year, month)[1])


def end_of_moment(unit: str, moment: datetime, tz: ZoneInfo) -> datetime | None:
    """The last microsecond of the local hour, day, week, month, quarter or year; None near the edges."""
    local = to_local(moment, tz)
    if not SAFE_FIRST <= local.date() <= SAFE_LAST:
        return None
    if unit == "hour":
        following = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    else:
        last = end_of_date(unit, local.date()) or date.max
        following = datetime.combine(last, time()) + timedelta(days=1)
    return from_local(following, tz) - timedelta(microseconds=1)


def made_moment(day: date, hour: int, minute: int, second: int, tz: ZoneInfo) -> datetime | None:
    """The moment of a local time; None when there is no such time, or near the edges of the calendar."""
    possible = 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60
    if not possible or not SAFE_FIRST <= day <= SAFE_LAST:
        return None
    return from_local(datetime.combine(day, time(hour, minute, second)), tz)


WRITTEN_DATE = (
    "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}|[0-9]{4}[.][0-9]{1,2}[.][0-9]{1,2}"
    "|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{8}"
)
"""The texts that are read as dates, as an expression that all back ends understand."""
WRITTEN_MONTH = "^[0-9]{4}[^0-9]?([0-9]{1,2})"
WRITTEN_DAY = "^[0-9]{4}[^0-9]?[0-9]{1,2}[^0-9]?([0-9]{1,2})"
_WRITTEN_DATE = re.compile(WRITTEN_DATE)
_WRITTEN_PARTS = re.compile("([0-9]{4})[^0-9]?([0-9]{1,2})[^0-9]?([0-9]{1,2})")


def read_date(text: str) -> date | None:
    """The date that a text writes with its year first; None for any other text."""
    parts = _WRITTEN_PARTS.match(text) if _WRITTEN_DATE.fullmatch(text) else None
    if parts is None:
        return None
    year, month, day = map(int, parts.groups())
    return made_date(year, month, day)
