from __future__ import annotations

from datetime import date, datetime

import pytest

from reports.buckets import between, bucket, following, written


@pytest.mark.parametrize(
    ("grain", "start", "after", "text"),
    [
        (
            "hour",
            datetime.fromisoformat("2026-03-04T09:00"),
            datetime.fromisoformat("2026-03-04T10:00"),
            "2026-03-04T09:00",
        ),
        ("day", date(2026, 3, 4), date(2026, 3, 5), "2026-03-04"),
        ("week", date(2026, 3, 2), date(2026, 3, 9), "2026-03-02"),
        ("month", date(2026, 3, 1), date(2026, 4, 1), "2026-03"),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1), "2026-Q1"),
        ("year", date(2026, 1, 1), date(2027, 1, 1), "2026"),
    ],
)
def test_a_bucket_has_a_start_a_successor_and_a_name(
    grain: str, start: object, after: object, text: str
) -> None:
    assert bucket(datetime.fromisoformat("2026-03-04T09:30"), grain, "mon") == start
    assert following(start, grain) == after
    assert written(start, grain) == text


def test_buckets_between_include_both_ends() -> None:
    months = list(between(date(2025, 11, 1), date(2026, 2, 1), "month"))
    assert [written(each, "month") for each in months] == ["2025-11", "2025-12", "2026-01", "2026-02"]
