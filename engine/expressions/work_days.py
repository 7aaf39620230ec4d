"""Working days by number: a weekly pattern with exceptions, counted and found without walking the days.

A day's number counts from Monday, 1 January of the year 1, as 0, so `number % 7` is its weekday. Exceptions
are days whose state differs from their weekday's: `changes[i]` is what the first i of them add to the count
of the pattern, `totals[i]` how many working days there are up to and with exception i. Both ways cost one
binary search, which the SQL forms repeat in SQL.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate

from engine.expressions.calendar import EPOCH_DAY, LAST_DAY_NUMBER

WEEK = 7
NO_DAY = 10**9
"""Beyond every calendar: where the pattern of a week without working days puts its next one."""


@dataclass(frozen=True, slots=True)
class WorkDays:
    """`before[w]`: working weekdays before weekday w (8 values); `weekdays`: the working ones.

    `first` and `last` are the numbers of the days that are known.
    """

    before: tuple[int, ...]
    weekdays: tuple[int, ...]
    exceptions: tuple[int, ...]
    changes: tuple[int, ...]
    totals: tuple[int, ...]
    first: int
    last: int

    def spelled(self) -> str:
        """As text, which `work_days_of` reads."""
        columns = (self.before, self.weekdays, self.exceptions, self.changes, self.totals)
        return json.dumps([*columns, self.first, self.last])


def work_days(week: Sequence[bool], off: Iterable[int], on: Iterable[int], first: int, last: int) -> WorkDays:
    """Days of `week` (Monday first) work, but those `off` do not and those `on` do; `on` wins."""
    before = (0, *accumulate(int(works) for works in week))
    extra = set(on)
    signs = {number: -1 for number in off if week[number % WEEK] and number not in extra}
    signs |= {number: 1 for number in extra if not week[number % WEEK]}
    exceptions = tuple(sorted(signs))
    changes = (0, *accumulate(signs[number] for number in exceptions))
    totals = tuple(
        _weekly(before, number + 1) + changes[index + 1] for index, number in enumerate(exceptions)
    )
    weekdays = tuple(day for day, works in enumerate(week) if works) or (NO_DAY,)
    return WorkDays(before, weekdays, exceptions, changes, totals, first, last)


@lru_cache(maxsize=64)
def work_days_of(spelled: str) -> WorkDays:
    """The working days behind a text of `WorkDays.spelled`."""
    before, weekdays, exceptions, changes, totals, first, last = json.loads(spelled)
    columns = (tuple(before), tuple(weekdays), tuple(exceptions), tuple(changes), tuple(totals))
    return WorkDays(*columns, first, last)


def number_of(day: date) -> int:
    """The number of a day."""
    return day.toordinal() - EPOCH_DAY.toordinal()


def day_of(number: int) -> date:
    """The day of a number between 0 and that of the last day there is."""
    return date.fromordinal(number + EPOCH_DAY.toordinal())


def covers(days: WorkDays, number: int) -> bool:
    """Whether it is known of this day if it works."""
    return days.first <= number <= days.last


def works(days: WorkDays, number: int) -> bool | None:
    """Whether a day works; None when it is not known."""
    if not covers(days, number):
        return None
    return worked_before(days, number + 1) > worked_before(days, number)


def worked_before(days: WorkDays, number: int) -> int:
    """Working days before this one, counted from the year 1."""
    return _weekly(days.before, number) + days.changes[bisect_left(days.exceptions, number)]


def working_days_between(days: WorkDays, start: int, end: int) -> int | None:
    """Working days from `start` to `end`, both counted; negative when `end` is earlier, as in Excel."""
    if not (covers(days, start) and covers(days, end)):
        return None
    if start > end:
        return worked_before(days, end) - worked_before(days, start + 1)
    return worked_before(days, end + 1) - worked_before(days, start)


def working_day_after(days: WorkDays, start: int, count: int) -> int | None:
    """The `count`-th working day after `start`, before it when negative, `start` itself for 0, as in Excel."""
    if not covers(days, start):
        return None
    if count == 0:
        return start
    index = worked_before(days, start + 1) + count - 1 if count > 0 else worked_before(days, start) + count
    found = _at(days, index)
    return found if days.first <= found <= min(days.last, LAST_DAY_NUMBER) else None


def _weekly(before: Sequence[int], number: int) -> int:
    weeks, weekday = divmod(number, WEEK)
    return weeks * before[WEEK] + before[weekday]


def _at(days: WorkDays, index: int) -> int:
    """The number of the working day that `index` working days come before; -1 when there is none."""
    if index < 0:
        return -1
    passed = bisect_right(days.totals, index)
    weeks, place = divmod(index - days.changes[passed], len(days.weekdays))
    found = weeks * WEEK + days.weekdays[place]
    # A day that works against its weekday is not in the pattern and may come sooner.
    return min(found, days.exceptions[passed]) if passed < len(days.exceptions) else found
