"""The times that test cases may play at."""

from __future__ import annotations

from datetime import datetime

from engine.definitions.context import Context
from engine.findings import text

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""Beyond them no calendar is known, and near the ends of what a date can be nothing can be reckoned."""


def check_moment(moment: datetime, pointer: str, context: Context) -> None:
    """A finding for a moment that no case can play at."""
    if FIRST_YEAR <= moment.year <= LAST_YEAR:
        return
    context.error(
        "invalid_value",
        pointer,
        text(
            f"用例的时间须在 {FIRST_YEAR} 年到 {LAST_YEAR} 年之间。",
            f"Cases play between the years {FIRST_YEAR} and {LAST_YEAR}.",
        ),
    )
