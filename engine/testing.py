"""Fakes for tests of apps and plugins, kept with the code they stand in for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

DEFAULT_NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class FixedClock:
    """A clock that moves only when told."""

    def __init__(self, at: datetime = DEFAULT_NOW) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        """Jump to a moment (aware)."""
        self._at = at.astimezone(UTC)

    def advance(self, **delta: Any) -> None:
        """Move on by `timedelta(**delta)`."""
        self._at += timedelta(**delta)
