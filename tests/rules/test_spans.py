"""Spans of time and the moments they lead to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from rules.spans import Span, SpanError, due_time, parse_span, parse_time, shift

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("168h", Span(0, 168 * 3600)),
        ("3d", Span(3, 0)),
        ("-30d", Span(-30, 0)),
        ("1w", Span(7, 0)),
        ("1d12h30m5s", Span(1, 12 * 3600 + 30 * 60 + 5)),
        ("+2h", Span(0, 7200)),
    ],
)
def test_a_span_reads_as_it_is_written(text, span):
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "-", "3", "3x", "h3", "3h2d", "1.5h", "1e9d", "3d ", "--3d", "999999w"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(SpanError):
        parse_span(text)


def test_thirty_days_before_the_end_date_at_nine_local():
    due = due_time(date(2026, 4, 1), parse_span("-30d"), parse_time("09:00"), SHANGHAI)
    assert due == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_hours_after_a_moment_are_exact():
    anchor = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    assert due_time(anchor, parse_span("168h"), None, SHANGHAI) == datetime(2026, 3, 17, 2, 0, tzinfo=UTC)


def test_a_date_without_a_time_counts_from_local_midnight():
    assert due_time(date(2026, 3, 2), Span(), None, SHANGHAI) == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def test_a_moment_with_a_time_takes_the_local_day():
    anchor = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)  # 2 March 01:30 in Shanghai
    assert due_time(anchor, Span(1), time(9), SHANGHAI) == datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


def test_a_day_keeps_the_wall_clock_over_a_time_change_and_24_hours_do_not():
    before = datetime(2026, 3, 28, 11, 0, tzinfo=UTC)  # 12:00 in Berlin, one day before summer time
    assert shift(before, parse_span("1d"), BERLIN) == datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    assert shift(before, parse_span("24h"), BERLIN) == datetime(2026, 3, 29, 11, 0, tzinfo=UTC)
