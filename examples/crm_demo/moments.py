"""Days and times of the demo: two years, told in China Standard Time, stored in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

from examples.crm_demo.dice import Dice

FIRST_DAY = date(2024, 11, 1)
LAST_DAY = date(2026, 10, 31)
TODAY = date(2026, 11, 2)
ZONE = timezone(timedelta(hours=8), "CST")
SUMMER = (6, 7, 8)


def stamp(moment: datetime) -> str:
    """The moment as the CSV files write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def at(day: date, clock: str = "09:00") -> datetime:
    """The moment of this day at this local time."""
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def in_office(day: date, dice: Dice) -> datetime:
    """Some minute between 09:00 and 18:00 of the day."""
    return at(day) + timedelta(minutes=dice.number(0, 539))


def day_between(first: date, last: date, dice: Dice) -> date:
    """A day from first to last, held inside the two years of the demo."""
    first, last = max(first, FIRST_DAY), min(last, LAST_DAY)
    return first + timedelta(days=dice.number(0, max((last - first).days, 0)))


def seasonal_day(first: date, last: date, dice: Dice) -> date:
    """A day between first and last; June to August come 1.6 times as often."""
    while True:
        day = day_between(first, last, dice)
        if day.month in SUMMER or dice.chance(1 / 1.6):
            return day
