"""The patterns of TEXT: `#,##0.00` for numbers, `yyyy年M月d日 HH:mm` for dates and datetimes, `h:mm` for durations.

They are Excel's. Text in quotes, single or double, and signs without a meaning stand for themselves.
"""

from __future__ import annotations

from functools import lru_cache

from engine.expressions.patterns.cutting import BadPattern
from engine.expressions.patterns.durations import DurationPattern, duration_pattern
from engine.expressions.patterns.moments import MomentPattern, moment_pattern
from engine.expressions.patterns.numbers import NumberPattern, number_pattern

__all__ = ["MAX_PATTERN", "BadPattern", "Pattern", "pattern_of"]

MAX_PATTERN = 100
"""Characters of a pattern."""

Pattern = NumberPattern | MomentPattern | DurationPattern


@lru_cache(maxsize=512)
def pattern_of(source: str, kind: str) -> Pattern:
    """The pattern for values of a kind of type (number, money, date, datetime, duration). Raises BadPattern."""
    if kind == "duration":
        return duration_pattern(source)
    if kind in {"date", "datetime"}:
        return moment_pattern(source, timed=kind == "datetime")
    return number_pattern(source)
