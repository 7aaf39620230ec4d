"""What a time zone does to the clock, so that buckets can be computed by adding an offset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_HORIZON = datetime(2040, 1, 1, tzinfo=UTC)  # a zone that changes after this changes every year
_STEP = timedelta(days=14)  # no zone changes twice within two weeks and back unnoticed, but for old wars


@dataclass(frozen=True, slots=True)
class SteadyZone:
    """From `since` (UTC, naive; None: always) the zone is `minutes` ahead of UTC."""

    since: datetime | None
    minutes: int


@lru_cache(maxsize=128)
def steady(name: str) -> SteadyZone | None:
    """The part of a zone's history without changes, up to 2100; None where clocks still change."""
    zone = ZoneInfo(name)
    offset = _offset(_LAST, zone)
    moment = _LAST
    while moment > _FIRST and _offset(moment - _STEP, zone) == offset:
        moment -= _STEP
    if moment > _HORIZON:
        return None
    if moment <= _FIRST:
        return SteadyZone(None, int(offset.total_seconds() // 60))
    since = _change(moment - _STEP, moment, zone).replace(tzinfo=None)
    return SteadyZone(since, int(offset.total_seconds() // 60))


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second on which the offset of `after` holds."""
    offset = _offset(after, zone)
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _offset(middle, zone) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
