from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reports.zones import steady


@pytest.mark.parametrize(
    "name", ["Asia/Shanghai", "UTC", "Asia/Kolkata", "Europe/Moscow", "America/Sao_Paulo"]
)
def test_after_the_last_change_the_offset_is_an_addition(name: str) -> None:
    zone = steady(name)
    assert zone is not None
    moment = zone.since.replace(tzinfo=UTC) if zone.since else datetime(1900, 1, 1, tzinfo=UTC)
    while moment < datetime(2099, 1, 1, tzinfo=UTC):
        assert moment.astimezone(ZoneInfo(name)).utcoffset() == timedelta(minutes=zone.minutes)
        moment += timedelta(days=97)


def test_before_the_last_change_it_was_another() -> None:
    zone = steady("Asia/Shanghai")
    assert zone is not None
    assert zone.since is not None
    before = (zone.since - timedelta(seconds=1)).replace(tzinfo=UTC)
    assert before.astimezone(ZoneInfo("Asia/Shanghai")).utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Los_Angeles"])
def test_zones_with_summer_time_are_never_steady(name: str) -> None:
    assert steady(name) is None
