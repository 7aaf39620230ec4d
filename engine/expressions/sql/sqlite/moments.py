"""Dates and moments as SQLite stores them: ISO texts, moments in UTC with six decimals."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def moment_text(moment: datetime | None) -> str | None:
    """A moment as it is stored: UTC, 26 characters."""
    if moment is None:
        return None
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc:%m-%d %H:%M:%S}.{utc.microsecond:06}"


def moment_of(text: str) -> datetime:
    """The moment of a stored text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def iso(day: date | None) -> str | None:
    """A day as it is stored."""
    return None if day is None else day.isoformat()
