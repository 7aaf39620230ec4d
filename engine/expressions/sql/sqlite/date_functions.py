"""Functions of dates that SQLite gets from us, beside those in sqlite_functions.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from engine.expressions import calendar, work_days
from engine.expressions.sql.sqlite.moments import iso, moment_of, moment_text, zone


def _clock_part(name: str, at: str, tz: str) -> int:
    return int(getattr(calendar.to_local(moment_of(at), zone(tz)), name))


def _made_moment(day: str, hour: int, minute: int, second: int, tz: str) -> str | None:
    return moment_text(calendar.made_moment(date.fromisoformat(day), hour, minute, second, zone(tz)))


def _working_days_between(calendar_text: str, start: str, end: str) -> int | None:
    numbers = (work_days.number_of(date.fromisoformat(each)) for each in (start, end))
    return work_days.working_days_between(work_days.work_days_of(calendar_text), *numbers)


def _working_day_after(calendar_text: str, start: str, count: int) -> str | None:
    number = work_days.number_of(date.fromisoformat(start))
    found = work_days.working_day_after(work_days.work_days_of(calendar_text), number, count)
    return None if found is None else iso(work_days.day_of(found))


STRICT: dict[str, Callable[..., Any]] = {
    "ff_iso_week": lambda day: date.fromisoformat(day).isocalendar()[1],
    "ff_clock_part": _clock_part,
    "ff_end_of_date": lambda unit, day: iso(calendar.end_of_date(unit, date.fromisoformat(day))),
    "ff_end_of_moment": lambda unit, at, tz: moment_text(
        calendar.end_of_moment(unit, moment_of(at), zone(tz))
    ),
    "ff_made_moment": _made_moment,
    "ff_read_date": lambda text: iso(calendar.read_date(text)),
    "ff_working_days_between": _working_days_between,
    "ff_working_day_after": _working_day_after,
}
