"""Steps, powers, signs and bounds of numbers that are wide or deep in an expression.

SQLite's parser stops at some depth, and a value named twice nests a query: a function takes it once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions.functions.steps import clamped, sign_of
from engine.expressions.sql.sqlite.wide import Wide, narrow


def _stepped(value: Wide, unit: str, lift: str, up: int) -> Wide | None:
    number, by = int(value), int(unit)
    return narrow((-(-number // by) if up else number // by) * int(lift))


def _power(value: Wide, factors: int, most: str) -> Wide | None:
    number = int(value)
    return narrow(number**factors) if abs(number) <= int(most) else None


STRICT: dict[str, Callable[..., Any]] = {
    "ff_stepped": _stepped,
    "ff_power": _power,
    "ff_sign": lambda value: sign_of(int(value)),
    "ff_clamped": lambda *values: narrow(clamped(*(int(value) for value in values))),
    "ff_clamped_text": clamped,
}
