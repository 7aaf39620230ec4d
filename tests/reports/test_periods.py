from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from reports.periods import NAMED, Period, resolve

TODAY = date(2026, 3, 2)  # a Monday
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", date(2026, 3, 2), date(2026, 3, 3)),
        ("yesterday", date(2026, 3, 1), date(2026, 3, 2)),
        ("last_7_days", date(2026, 2, 24), date(2026, 3, 3)),
        ("last_30_days", date(2026, 2, 1), date(2026, 3, 3)),
        ("last_90_days", date(2025, 12, 3), date(2026, 3, 3)),
        ("this_week", date(2026, 3, 2), date(2026, 3, 9)),
        ("last_week", date(2026, 2, 23), date(2026, 3, 2)),
        ("this_month", date(2026, 3, 1), date(2026, 4, 1)),
        ("last_month", date(2026, 2, 1), date(2026, 3, 1)),
        ("this_quarter", date(2026, 1, 1), date(2026, 4, 1)),
        ("last_quarter", date(2025, 10, 1), date(2026, 1, 1)),
        ("this_year", date(2026, 1, 1), date(2027, 1, 1)),
        ("last_year", date(2025, 1, 1), date(2026, 1, 1)),
        ("all", None, None),
    ],
)
def test_named_periods_are_half_open_spans_of_days(name: str, start: date, end: date) -> None:
    assert resolve(name, today=TODAY) == Period(start, end)


def test_every_name_is_tried_above() -> None:
    assert len(NAMED) == 14


@pytest.mark.parametrize(("week_start", "first"), [("mon", 2), ("sun", 1), ("sat", 28)])
def test_a_week_begins_where_the_report_says(week_start: str, first: int) -> None:
    found = resolve("this_week", today=TODAY, week_start=week_start)
    assert found.start is not None
    assert found.start.day == first


def test_from_and_to_include_both_days() -> None:
    assert resolve({"from": "2026-03-01", "to": "2026-03-31"}, today=TODAY) == Period(
        date(2026, 3, 1), date(2026, 4, 1)
    )


def test_one_side_may_be_open() -> None:
    assert resolve({"from": "2026-03-01"}, today=TODAY) == Period(date(2026, 3, 1), None)
    assert resolve(None, today=TODAY) == Period()


@pytest.mark.parametrize("value", ["someday", {}, {"since": "x"}, {"from": "2026-13-01"}, 7, {"from": 7}])
def test_anything_else_is_no_period(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        resolve(value, today=TODAY)


def test_to_before_from_is_refused() -> None:
    with pytest.raises(ValueError, match="before"):
        resolve({"from": "2026-03-02", "to": "2026-03-01"}, today=TODAY)


def test_a_month_begins_at_local_midnight() -> None:
    assert resolve("this_month", today=date(2026, 4, 1)).moments(SHANGHAI) == (
        datetime(2026, 3, 31, 16, tzinfo=UTC),
        datetime(2026, 4, 30, 16, tzinfo=UTC),
    )


def test_an_open_period_holds_every_moment() -> None:
    start, end = Period().moments(SHANGHAI)
    assert start.year == 1
    assert end.year == 9999
