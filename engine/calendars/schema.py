"""Documents of working calendars."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from engine.definitions.app import CalendarKey, Label, known_zone
from engine.protocols import Document

Clock = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Hours = list[tuple[Clock, Clock]]
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
Days = Annotated[str, StringConstraints(pattern=f"^{DAY}(/{DAY})?$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MAX_ENTRIES = 2_000
MAX_SPANS = 24
Year = Annotated[int, Field(ge=2, le=9998)]


class SpecialDays(Document):
    """Days of work with hours of their own."""

    days: Days = Field(description="一天，或首尾两天 / a day, or its first and last: 2026-02-14/2026-02-15")
    hours: Hours = Field(min_length=1, max_length=MAX_SPANS)


class CalendarDocument(Document):
    """Which days work and from when to when: `week` or `always`, less `holidays`, plus `workdays`.

    Days are written `2026-05-01`, spans of days `2026-05-01/2026-05-05`, both ends counted. Hours are local
    times of `timezone` (default: the app's), `24:00` ends the day. A make-up day without hours of its own
    has those of the first working day of the week. What is asked about other years than `years` is null.
    """

    key: CalendarKey
    label: Label
    description: Label | None = None
    timezone: Annotated[str, AfterValidator(known_zone)] | None = None
    week: dict[Weekday, Annotated[Hours, Field(max_length=MAX_SPANS)]] | None = Field(
        default=None, description='{"mon": [["09:00", "12:00"], ["13:00", "18:00"]], …}'
    )
    always: bool = False
    holidays: list[Days] = Field(default=[], max_length=MAX_ENTRIES)
    workdays: list[Days | SpecialDays] = Field(default=[], max_length=MAX_ENTRIES)
    years: tuple[Year, Year] | None = Field(
        default=None, description="已知假期的首尾年份 / the first and last year whose holidays are known"
    )
