"""Working days and hours: the scenarios of the CRM, days on which clocks change, and a count day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from engine.expressions.work_days import day_of, number_of, work_days_of
from engine.expressions.working_time import (
    WorkCalendar,
    add_workdays,
    add_working_time,
    is_workday,
    named_calendars,
    workdays_between,
    working_time,
)
from tests.engine.expressions.calendars import CALENDARS, calendar

CN, ALWAYS, NY, NIGHTS, SEASON = (CALENDARS[key] for key in ("cn_5x9", "24x7", "ny", "nights", "season"))
CST = ZoneInfo("Asia/Shanghai")
HOUR = 3_600_000_000


def at(text: str, zone: ZoneInfo = CST) -> datetime:
    """`03-13 16:30` of 2026 in a zone, or with a year."""
    full = text if len(text) > len("03-13 16:30") else f"2026-{text}"
    return datetime.fromisoformat(full).replace(tzinfo=zone).astimezone(UTC)


def local(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(CST).strftime("%m-%d %H:%M")


def due(start: str, hours: float) -> str | None:
    return local(add_working_time(CN, at(start), round(hours * HOUR)))


# S22: created, hours to respond, hours to resolve, respond due, resolve due, 80 % of resolving
TICKETS = [
    ("03-13 16:30", 4, 24, "03-16 11:30", "03-18 13:30", "03-17 17:42"),
    ("03-13 18:00", 4, 24, "03-16 13:00", "03-18 15:00", "03-18 10:12"),
    ("03-14 10:00", 4, 24, "03-16 13:00", "03-18 15:00", "03-18 10:12"),
    ("03-13 08:15", 4, 24, "03-13 13:00", "03-17 15:00", "03-17 10:12"),
    ("02-28 15:00", 4, 24, "03-02 10:00", "03-04 12:00", "03-03 16:12"),
    ("09-30 17:00", 8, 40, "10-08 16:00", "10-13 12:00", "10-12 13:00"),
]


@pytest.mark.parametrize(("created", "respond", "resolve", "respond_due", "resolve_due", "warning"), TICKETS)
def test_tickets_over_weekend_holiday_and_make_up_day(
    created: str, respond: int, resolve: int, respond_due: str, resolve_due: str, warning: str
) -> None:
    assert due(created, respond) == respond_due
    assert due(created, resolve) == resolve_due
    assert due(created, resolve * 0.8) == warning


def test_a_new_holiday_moves_what_is_due() -> None:
    """S22: root adds a holiday on 2026-03-16."""
    week = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    changed = calendar({"week": week, "holidays": ["2026-03-16"]})
    assert local(add_working_time(changed, at("03-13 16:30"), 4 * HOUR)) == "03-17 11:30"


ESCALATIONS = [
    # S24: breach, silent 4 wh, silent 8 wh (closing time, not next morning), after the server stood still
    ("03-16 09:00", 24, "03-18 15:00"),
    ("03-18 15:00", 4, "03-19 10:00"),
    ("03-19 10:00", 8, "03-19 18:00"),
    ("03-20 09:30", 8, "03-20 17:30"),
    # S19: reminder at closing time, escalation
    ("03-16 10:00", 8, "03-16 18:00"),
    ("03-16 10:00", 16, "03-17 17:00"),
    # S26: over a weekend
    ("03-13 15:00", 8, "03-16 14:00"),
    ("03-13 15:00", 16, "03-17 13:00"),
]


@pytest.mark.parametrize(("since", "hours", "when"), ESCALATIONS)
def test_reminders_and_escalations(since: str, hours: int, when: str) -> None:
    assert due(since, hours) == when


COMPLAINTS = [
    ("03-02 10:00", "03-03 12:00", 11),
    ("03-06 16:00", "03-09 11:00", 4),
    ("03-10 09:30", "03-10 15:30", 6),
]


@pytest.mark.parametrize(("opened", "closed", "hours"), COMPLAINTS)
def test_handling_time_of_complaints(opened: str, closed: str, hours: int) -> None:
    """S45."""
    assert working_time(CN, at(opened), at(closed)) == hours * HOUR
    assert working_time(CN, at(closed), at(opened)) == -hours * HOUR


def test_around_the_clock_is_elapsed_time() -> None:
    start = at("03-13 16:30")
    assert add_working_time(ALWAYS, start, 4 * HOUR) == start + timedelta(hours=4)
    assert working_time(ALWAYS, start, start + timedelta(days=4000)) == 4000 * 24 * HOUR
    assert ALWAYS.always


def test_a_lunch_break_is_no_working_time() -> None:
    new_york = NY.zone
    start, end = at("2026-03-04 11:30:00", new_york), at("2026-03-04 13:30:00", new_york)
    assert working_time(NY, start, end) == HOUR
    assert add_working_time(NY, start, HOUR // 2) == at("2026-03-04 12:00:00", new_york)
    assert add_working_time(NY, start, HOUR) == end


def test_nothing_to_do_is_due_at_once_even_at_night() -> None:
    assert due("03-14 03:00", 0) == "03-14 03:00"


def test_a_day_that_sets_its_clocks_is_as_long_as_it_was() -> None:
    short = at("2026-03-08 00:00:00", NY.zone), at("2026-03-09 00:00:00", NY.zone)
    assert working_time(NY, *short) == 3 * HOUR  # 00:00 to 04:00 without the hour from 2 to 3
    assert add_working_time(NY, short[0], 3 * HOUR) == at("2026-03-08 04:00:00", NY.zone)
    long = at("2026-11-01 12:00:00", NIGHTS.zone) - timedelta(days=1), at("2026-11-01 12:00:00", NIGHTS.zone)
    # Saturday's last two hours, the midnight hour that comes twice, Sunday's six
    assert working_time(NIGHTS, *long) == 9 * HOUR


def test_what_a_calendar_does_not_know_is_none() -> None:
    before, after = at("2024-12-31 12:00:00"), at("2031-01-02 12:00:00")
    known = at("2026-03-04 12:00:00")
    assert working_time(NY, before, known) is None
    assert working_time(NY, known, after) is None
    assert add_working_time(NY, after, HOUR) is None
    assert add_working_time(NY, at("2030-12-31 12:00:00"), 400 * HOUR) is None
    assert add_working_time(NY, at("2025-01-02 12:00:00"), -400 * HOUR) is None
    assert add_workdays(NY, date(2030, 12, 27), 1) is None
    assert workdays_between(NY, date(2024, 12, 31), date(2025, 1, 3)) is None
    assert is_workday(NY, date(2031, 1, 1)) is None


def test_the_edges_of_time_do_not_raise() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for each in CALENDARS.values():
        assert working_time(each, first, last) is None
        assert add_working_time(each, first, HOUR) is None
        assert add_working_time(each, last, -HOUR) is None
        assert add_working_time(each, at("03-13 16:30"), 10**18) is None
        assert add_working_time(each, at("03-13 16:30"), -(10**18)) is None
        assert add_workdays(each, date.max, 10**15) is None
        assert add_workdays(each, date.min, -(10**15)) is None


def test_the_default_calendar_goes_by_an_empty_key() -> None:
    assert named_calendars(CALENDARS, "ny")[""] is NY
    assert "" not in named_calendars(CALENDARS, None)
    assert "" not in named_calendars(CALENDARS, "gone")


def by_hand(each: WorkCalendar, first: date, days: int) -> dict[date, bool]:
    """Whether days work, by asking one after the other."""
    found = (first + timedelta(days=index) for index in range(days))
    return {day: bool(is_workday(each, day)) for day in found}


@pytest.mark.parametrize("key", ["cn_5x9", "24x7", "ny", "nights"])
def test_counting_agrees_with_walking_from_day_to_day(key: str) -> None:
    random, each, first = Random(key), CALENDARS[key], date(2025, 11, 1)
    flags = by_hand(each, first, 1200)
    for _ in range(400):
        start, end = sorted(random.sample(list(flags), 2))
        worked = [day for day, works in flags.items() if works and start <= day <= end]
        assert workdays_between(each, start, end) == len(worked)
        assert workdays_between(each, end, start) == -len(worked)
        after = [day for day in worked if day > start]
        if after:
            assert add_workdays(each, start, len(after)) == after[-1]
        before = [day for day in worked if day < end]
        if before:
            assert add_workdays(each, end, -len(before)) == before[0]
        assert add_workdays(each, start, 0) == start


def test_holidays_and_make_up_days_are_what_the_document_says() -> None:
    works = {day: bool(is_workday(CN, day)) for day in by_hand(CN, date(2026, 1, 1), 365)}
    off = [day for day, flag in works.items() if not flag and day.weekday() < 5]
    extra = [day for day, flag in works.items() if flag and day.weekday() >= 5]
    assert [day.isoformat()[5:] for day in extra] == ["02-14", "02-28", "05-09", "09-20", "10-10"]
    assert len(off) == 17
    assert sum(works.values()) == 249


@pytest.mark.parametrize("key", ["cn_5x9", "24x7", "ny", "nights"])
def test_hours_agree_with_walking_from_minute_to_minute(key: str) -> None:
    """Quarters of an hour, in the local time of each; spans long enough to pass whole days and DST."""
    random, each = Random(key), CALENDARS[key]
    for _ in range(8):
        month, day = random.choice([2, 3, 10, 11]), random.randint(1, 28)
        start = datetime(2026, month, day, random.randint(0, 23), 15 * random.randint(0, 3), tzinfo=UTC)
        quarters = random.choice([random.randint(1, 3000), 20_000])
        moments = [start + timedelta(minutes=15 * index) for index in range(quarters)]
        worked = sum(_works_at(each, moment) for moment in moments) * HOUR // 4
        end = start + timedelta(minutes=15 * quarters)
        assert working_time(each, start, end) == worked
        if worked:
            found, since = add_working_time(each, start, worked), add_working_time(each, end, -worked)
            assert found is not None
            assert since is not None
            assert start <= since < found <= end
            assert working_time(each, start, found) == worked
            assert working_time(each, since, end) == worked


def _works_at(each: WorkCalendar, moment: datetime) -> bool:
    there = moment.astimezone(each.zone)
    if not is_workday(each, there.date()):
        return False
    number = number_of(there.date())
    hours = each.special.get(number) or each.week[there.weekday()]
    return any(start <= there.hour * 60 + there.minute < end for start, end in hours)


def test_a_calendar_survives_being_written() -> None:
    for each in CALENDARS.values():
        assert work_days_of(each.days.spelled()) == each.days


def test_numbers_and_days_are_each_others() -> None:
    for day in (date.min, date(2024, 2, 29), date.max):
        assert day_of(number_of(day)) == day
    assert number_of(date.min) == 0
    assert date.min.weekday() == 0


def test_years_of_working_time_are_counted_fast() -> None:
    """Inside the limit of one evaluation, measured in processor time."""
    from time import process_time

    began = process_time()
    assert working_time(CN, at("2016-03-01 12:00:00"), at("2026-03-01 12:00:00"))
    assert process_time() - began < 0.1
    assert SEASON.days.exceptions
