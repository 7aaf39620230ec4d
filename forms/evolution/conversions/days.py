"""Days, months, quarters and moments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from forms.evolution.conversions.conversion import Given


def midnight(given: Given) -> Any:
    """A day is the moment it begins in the app's zone."""
    return f"{first_day(given)}T00:00:00"


def local_day(given: Given) -> Any:
    """The day of a moment in the app's zone, as the new type writes it."""
    moment = datetime.fromisoformat(str(given.value)).astimezone(given.reading.zone)
    return _in(moment.date().isoformat(), given)


def first_day(given: Given) -> str:
    """A month or quarter is its first day; a day is itself."""
    text = str(given.value)
    if "-Q" in text:
        return f"{text[:4]}-{int(text[6:]) * 3 - 2:02d}-01"
    return text if len(text) == 10 else f"{text}-01"


def in_grain(given: Given) -> Any:
    """The day, month or quarter in which a day lies, as the new type has it."""
    return _in(first_day(given), given)


def _in(day: str, given: Given) -> str:
    grain = given.after.value_type().grain
    if grain == "month":
        return day[:7]
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}" if grain == "quarter" else day


def year_of(given: Given) -> Any:
    """The year in which a day lies."""
    return int(first_day(given)[:4])
