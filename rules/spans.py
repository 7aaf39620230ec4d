"""Spans of time as people write them: "168h", "3d", "-30d", "1d12h"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SPAN_PATTERN = r"^[+-]?(\d{1,6}w)?(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$"
TIME_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"
MIDNIGHT = time(0, 0)
LONGEST = 36_525  # days: a century; what is longer is a slip of the pen and may leave the calendar

_PARTS = re.compile(r"(\d+)([wdhms])")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_DAYS = {"w": 7, "d": 1}


@dataclass(frozen=True, slots=True)
class Span:
    """Calendar days in the app's zone, then clock seconds; both may be negative."""

    days: int = 0
    seconds: int = 0

    def __bool__(self) -> bool:
        return bool(self.days or self.seconds)

    @property
    def negative(self) -> bool:
        """Whether it points into the past."""
        return self.days < 0 or self.seconds < 0


class SpanError(ValueError):
    """Not a span of time."""


def parse_span(text: str) -> Span:
    """The span that `text` says: weeks and days are calendar days, the rest clock time.

    Raises SpanError, also for more than a century.
    """
    if not re.match(SPAN_PATTERN, text) or not any(mark.isdigit() for mark in text):
        raise SpanError(text)
    sign = -1 if text.startswith("-") else 1
    days = seconds = 0
    for amount, unit in _PARTS.findall(text):
        if unit in _DAYS:
            days += int(amount) * _DAYS[unit]
        else:
            seconds += int(amount) * _SECONDS[unit]
    if days + seconds / 86_400 > LONGEST:
        raise SpanError(text)
    return Span(sign * days, sign * seconds)


def parse_time(text: str) -> time:
    """The time of day that "09:00" or "23:55:30" says. Raises ValueError."""
    return time.fromisoformat(text)


def shift(moment: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """`moment` moved by `span`, in UTC. A day keeps the wall-clock time, as people expect."""
    if span.days:
        local = moment.astimezone(zone).replace(tzinfo=None) + timedelta(days=span.days)
        moment = local.replace(tzinfo=zone)
    return moment.astimezone(UTC) + timedelta(seconds=span.seconds)


def due_time(anchor: date | datetime, span: Span, at: time | None, zone: ZoneInfo) -> datetime:
    """The moment in UTC that lies `span` from `anchor`, at the local time of day `at`.

    A date without `at` counts from its local midnight; a datetime without `at` keeps its own time.
    Raises OverflowError outside the years 1 to 9999.
    """
    if isinstance(anchor, datetime):
        if at is None:
            return shift(anchor, span, zone)
        day = anchor.astimezone(zone).date()
    else:
        day = anchor
    local = datetime.combine(day + timedelta(days=span.days), at or MIDNIGHT, tzinfo=zone)
    return local.astimezone(UTC) + timedelta(seconds=span.seconds)
