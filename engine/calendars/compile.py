"""A calendar's document compiled to a WorkCalendar, with findings for what contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from engine.calendars.schema import CalendarDocument, SpecialDays
from engine.expressions.work_days import number_of, work_days
from engine.expressions.working_time import WHOLE_DAY, Hours, WorkCalendar
from engine.findings import NO_FIX, Finding, Text, error, text, warning

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS = (2, 9998)
MAX_DAYS = 400
"""Days of one entry: more is a slip of the pen."""


def compile_calendar(
    document: CalendarDocument, pointer: str, zone: ZoneInfo, findings: list[Finding]
) -> WorkCalendar:
    """The calendar, in `zone` unless it names its own; what is wrong goes to `findings`."""
    reading = _Reading(document, pointer, findings)
    week = reading.week()
    off = reading.holidays()
    special = reading.workdays(next((hours for hours in week if hours), ()))
    reading.require_no_day_twice(off, special)
    first, last = reading.years(off + list(special))
    days = work_days([bool(hours) for hours in week], off, special, first, last)
    always = document.always and not days.exceptions and all(hours == WHOLE_DAY for hours in special.values())
    own = ZoneInfo(document.timezone) if document.timezone else zone
    return WorkCalendar(document.key, own, days, week, MappingProxyType(special), always)


class _Reading:
    """One document being read."""

    def __init__(self, document: CalendarDocument, pointer: str, findings: list[Finding]) -> None:
        self.document = document
        self.pointer = pointer
        self.findings = findings

    def week(self) -> tuple[Hours, ...]:
        """The hours of seven weekdays."""
        document = self.document
        if document.always == (document.week is not None):
            fix = text('写 "week"，或 "always": true。', 'Give "week", or "always": true.')
            what = text("week 与 always 须二选一。", "Either week or always is needed, not both.")
            self.wrong("week_or_always", "", what, fix)
        if document.always:
            return (WHOLE_DAY,) * 7
        given = {str(name): hours for name, hours in (document.week or {}).items()}
        return tuple(self.hours(given.get(name, ()), f"/week/{name}") for name in WEEKDAYS)

    def hours(self, given: Iterable[tuple[str, str]], pointer: str) -> Hours:
        """Spans in minutes, in order and apart."""
        spans = [(_minutes(start), _minutes(end)) for start, end in given]
        ended = 0
        for index, (start, end) in enumerate(spans):
            if not ended <= start < end:
                self.wrong(
                    "bad_hours",
                    f"{pointer}/{index}",
                    text(
                        "时段须先开始后结束，按先后排列，互不重叠。",
                        "Spans of a day begin before they end, stand in order and do not overlap.",
                    ),
                    text(
                        "跨夜的班次请分成两天：至 24:00，次日自 00:00。",
                        "Split a night shift over two days: to 24:00, and from 00:00.",
                    ),
                )
                return ()
            ended = end
        return tuple(spans)

    def holidays(self) -> list[int]:
        """The numbers of the days off."""
        given = enumerate(self.document.holidays)
        return [number for index, days in given for number in self.numbers(days, f"/holidays/{index}")]

    def workdays(self, usual: Hours) -> dict[int, Hours]:
        """The hours of make-up days by number."""
        made: dict[int, Hours] = {}
        for index, entry in enumerate(self.document.workdays):
            pointer = f"/workdays/{index}"
            if isinstance(entry, SpecialDays):
                hours = self.hours(entry.hours, f"{pointer}/hours")
                made |= dict.fromkeys(self.numbers(entry.days, f"{pointer}/days"), hours)
                continue
            if not usual:
                what = text(
                    "一周没有工作时间，补班日须自带时段。",
                    "The week has no hours that a make-up day could take.",
                )
                fix = text('写成 {"days": …, "hours": …}。', 'Write {"days": …, "hours": …}.')
                self.wrong("hours_needed", pointer, what, fix)
            made |= dict.fromkeys(self.numbers(entry, pointer), usual)
        return made

    def numbers(self, days: str, pointer: str) -> Sequence[int]:
        """The numbers of a day or of a span of days."""
        start, _, end = days.partition("/")
        try:
            first, last = number_of(date.fromisoformat(start)), number_of(date.fromisoformat(end or start))
        except ValueError:
            what = text(f"“{days}”中有不存在的日期。", f"'{days}' names a day that does not exist.")
            self.wrong("bad_days", pointer, what)
            return ()
        if not 0 <= last - first < MAX_DAYS:
            what = text(
                f"“{days}”首尾颠倒或超过 {MAX_DAYS} 天。", f"'{days}' runs backward or over {MAX_DAYS} days."
            )
            self.wrong("bad_days", pointer, what)
            return ()
        return range(first, last + 1)

    def require_no_day_twice(self, off: Iterable[int], special: Iterable[int]) -> None:
        """A day cannot be a holiday and a make-up day."""
        both = sorted(set(off) & set(special))
        if both:
            day = _day(both[0])
            what = text(f"{day} 既是假日又是补班日。", f"{day} is both a holiday and a make-up day.")
            fix = text("请从其中一处删去。", "Remove it from one of the two.")
            self.wrong("day_twice", "/workdays", what, fix)

    def years(self, named: Iterable[int]) -> tuple[int, int]:
        """The numbers of the first and last known day."""
        first_year, last_year = self.document.years or YEARS
        first, last = number_of(date(first_year, 1, 1)), number_of(date(last_year, 12, 31))
        if first > last:
            what = text("首年晚于末年。", "The first year is after the last.")
            self.wrong("bad_years", "/years", what)
        for number in _outside(named, first, last):
            what = text(f"{_day(number)} 不在 years 之内。", f"{_day(number)} is outside years.")
            fix = text("请扩大 years，或删去该日。", "Widen years, or remove the day.")
            self.findings.append(warning("outside_years", f"{self.pointer}/years", what, fix))
            break
        return first, last

    def wrong(self, code: str, pointer: str, message: Text, fix: Text = NO_FIX) -> None:
        self.findings.append(error(code, self.pointer + pointer, message, fix))


def _outside(named: Iterable[int], first: int, last: int) -> Iterator[int]:
    return (number for number in sorted(named) if not first <= number <= last)


def _day(number: int) -> str:
    return date.fromordinal(number + 1).isoformat()


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
