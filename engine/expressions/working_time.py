"""Working time as pure functions of a calendar: working days, the time worked in a span, when a span is over.

Hours are local times of the calendar's zone; what is counted is time that passes, so a day on which clocks
change is as long as it was. Nothing raises: where a calendar does not know the days, and over more than
MAX_DAYS days, the answer is None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from engine.expressions import calendar as moments
from engine.expressions.work_days import (
    WorkDays,
    covers,
    day_of,
    number_of,
    work_days,
    working_day_after,
    working_days_between,
    works,
)

MAX_DAYS = 3_700
"""How far working time is followed, day by day: a little more than ten years."""
MONDAY_TO_FRIDAY = work_days((True,) * 5 + (False,) * 2, (), (), 0, moments.LAST_DAY_NUMBER)
WHOLE_DAY = ((0, 24 * 60),)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
BLOCK = 64
"""Days whose working time is summed up once."""

Hours = tuple[tuple[int, int], ...]
"""Spans of a day in minutes since midnight, in order; 1440 ends the day."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, eq=False)
class WorkCalendar:
    """Which days work, and from when to when. Every calendar is itself only, so that sums can be kept by it.

    `week` holds the hours of seven weekdays, Monday first; `special` those of days with hours of their own
    by number. `always` says that no moment of the known days is off.
    """

    key: str
    zone: ZoneInfo
    days: WorkDays
    week: tuple[Hours, ...]
    special: Mapping[int, Hours] = field(default_factory=lambda: MappingProxyType({}))
    always: bool = False


def named_calendars(calendars: Mapping[str, WorkCalendar], default: str | None) -> Mapping[str, WorkCalendar]:
    """The calendars by key, the default one also as ""."""
    found = calendars.get(default or "")
    return MappingProxyType(dict(calendars) if found is None else {**calendars, "": found})


def days_of(calendars: Mapping[str, WorkCalendar], key: str) -> WorkDays | None:
    """The working days of a calendar; Monday to Friday for '' where no calendar is the default one."""
    found = calendars.get(key)
    if found is not None:
        return found.days
    return None if key else MONDAY_TO_FRIDAY


def is_workday(calendar: WorkCalendar, day: date) -> bool | None:
    """Whether a day works."""
    return works(calendar.days, number_of(day))


def workdays_between(calendar: WorkCalendar, start: date, end: date) -> int | None:
    """Working days from `start` to `end`, both counted; negative when `end` is earlier."""
    return working_days_between(calendar.days, number_of(start), number_of(end))


def add_workdays(calendar: WorkCalendar, start: date, count: int) -> date | None:
    """The `count`-th working day after `start`; before it when negative; `start` itself when 0."""
    found = working_day_after(calendar.days, number_of(start), count)
    return None if found is None else day_of(found)


def working_time(calendar: WorkCalendar, start: datetime, end: datetime) -> int | None:
    """Microseconds worked between two UTC moments; negative when `end` is earlier."""
    if end < start:
        backward = working_time(calendar, end, start)
        return None if backward is None else -backward
    first, last = _number(calendar, start), _number(calendar, end)
    if not (covers(calendar.days, first) and covers(calendar.days, last)):
        return None
    if calendar.always:
        return (end - start) // MICROSECOND
    if last - first > MAX_DAYS:
        return None
    near = {*range(first - 1, first + 2), *range(last - 1, last + 2)}
    return sum(
        (min(closing, end) - max(opening, start)) // MICROSECOND
        for number in near
        for opening, closing in _spans(calendar, number)
        if opening < end and closing > start
    ) + sum(_worked_over(calendar, days) for days in _stretches(range(first + 2, last - 1)))


def add_working_time(calendar: WorkCalendar, start: datetime, microseconds: int) -> datetime | None:
    """The UTC moment when so much has been worked since `start`, which is the answer for 0.

    A span that ends exactly at closing time is due then, not at the next opening. A negative span leads back
    to the moment since which so much has been worked; one that ends exactly at opening time ends there.
    """
    number = _number(calendar, start)
    if not covers(calendar.days, number):
        return None
    if calendar.always or microseconds == 0:
        found = moments.shifted(start, microseconds)
        return found if found is not None and covers(calendar.days, _number(calendar, found)) else None
    left = abs(microseconds)
    for days in _stretches(_days_from(calendar, number, 1 if microseconds > 0 else -1)):
        if abs(days[0] - number) > 1 and (worked := _worked_over(calendar, days)) < left:
            left -= worked
            continue
        for opening, closing in _seen_on(calendar, days, start):
            worked = (closing - opening) // MICROSECOND
            if left <= worked:
                shift = timedelta(microseconds=left)
                return opening + shift if microseconds > 0 else closing - shift
            left -= worked
    return None


def _days_from(calendar: WorkCalendar, number: int, step: int) -> range:
    """The days to follow. One step back counts too: a day whose clocks are set back ends late."""
    end = calendar.days.last + 1 if step > 0 else calendar.days.first - 1
    far = number + step * MAX_DAYS
    return range(number - step, min(far, end) if step > 0 else max(far, end), step)


def _seen_on(calendar: WorkCalendar, days: range, start: datetime) -> Iterator[Span]:
    """What is worked on these days after `start`; before it, the latest first, when they run backward."""
    for number in days:
        if days.step > 0:
            spans = _spans(calendar, number)
            yield from ((max(opening, start), closing) for opening, closing in spans if closing > start)
        else:
            back = reversed(_spans(calendar, number))
            yield from ((opening, min(closing, start)) for opening, closing in back if opening < start)


def _stretches(days: range) -> Iterator[range]:
    """The days cut where blocks begin."""
    each = days.start
    while each in days:
        block = each // BLOCK * BLOCK
        stop = min(block + BLOCK, days.stop) if days.step > 0 else max(block - 1, days.stop)
        yield range(each, stop, days.step)
        each = stop


def _worked_over(calendar: WorkCalendar, days: range) -> int:
    """Microseconds worked on whole days of one block."""
    if len(days) == BLOCK:
        return _worked_in(calendar, days[0] // BLOCK)
    return sum(_worked_on(calendar, number) for number in days)


@lru_cache(maxsize=4096)
def _worked_in(calendar: WorkCalendar, block: int) -> int:
    return sum(_worked_on(calendar, number) for number in range(block * BLOCK, (block + 1) * BLOCK))


def _worked_on(calendar: WorkCalendar, number: int) -> int:
    """Microseconds worked on a whole day."""
    if not works(calendar.days, number):
        return 0
    if _is_steady(calendar.zone, number):
        hours = calendar.special.get(number) or calendar.week[number % 7]
        return sum(end - start for start, end in hours) * MINUTE
    return sum((closing - opening) // MICROSECOND for opening, closing in _spans(calendar, number))


@lru_cache(maxsize=1 << 12)
def _is_steady(zone: ZoneInfo, number: int) -> bool:
    """Whether the clocks of a zone run through a day, so that its hours last as long as they say."""
    ends = (datetime.combine(day_of(each), time()) for each in (number, number + 1))
    return len({zone.utcoffset(end.replace(fold=fold)) for end in ends for fold in (0, 1)}) == 1


def _number(calendar: WorkCalendar, moment: datetime) -> int:
    try:
        return number_of(moments.local_date(moment, calendar.zone))
    except OverflowError:
        # a moment of the first or last day there is, pushed over the edge by the zone
        return -1


def _spans(calendar: WorkCalendar, number: int) -> tuple[Span, ...]:
    """The working spans of a day in UTC; none when the day does not work or is not known."""
    if not works(calendar.days, number):
        return ()
    hours = calendar.special.get(number) or calendar.week[number % 7]
    day = day_of(number)
    return tuple(
        (_moment(day, start, calendar.zone), _moment(day, end, calendar.zone)) for start, end in hours
    )


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return moments.from_local(datetime.combine(day, time()) + timedelta(minutes=minutes), zone)
