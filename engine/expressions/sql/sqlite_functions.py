"""Functions SQLite needs for exact wide numbers, dates in a zone and texts of every script.

Wide numbers leave as integers when they fit 64 bits and as decimal text otherwise, so one number always has
one representation. All functions but those with `any_null` give NULL when an argument is NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from engine.expressions import calendar, letters
from engine.expressions.functions.arithmetic import divided
from engine.expressions.functions.numbers import largest, remainder, smallest
from engine.expressions.functions.spelled import plain_decimal
from engine.expressions.limits import MAX_TEXT
from engine.expressions.spelling import decimal_text
from engine.expressions.sql.sqlite import (
    aggregate_functions,
    date_functions,
    number_functions,
    text_functions,
)
from engine.expressions.sql.sqlite.moments import iso, moment_of, moment_text, zone
from engine.expressions.sql.sqlite.wide import Wide, narrow

HALF = 10**9
"""SUM adds the two halves of int64 values apart, so that it never overflows."""


def _rounded(value: Wide, unit: Wide, lift: Wide, mode: str) -> Wide | None:
    number, by = int(value), int(unit)
    size, over = divmod(abs(number), by)
    if (mode == "up" and over) or (mode == "half" and 2 * over >= by):
        size += 1
    return narrow((size if number >= 0 else -size) * int(lift))


def _bounded(value: Wide, digits: int) -> Wide | None:
    number = int(value)
    return narrow(number) if abs(number) < 10**digits else None


def _compared(left: Wide, right: Wide) -> int:
    one, two = int(left), int(right)
    return (one > two) - (one < two)


def _wide_sum(high: int, low: int, digits: int) -> Wide | None:
    return _bounded(high * HALF + low, digits)


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: narrow(pick(*(None if value is None else int(value) for value in values)))


def _limited(text: str) -> str | None:
    return text if len(text) <= MAX_TEXT else None


def _added_to_moment(unit: str, count: int, text: str, tz: str) -> str | None:
    return moment_text(calendar.added_to_moment(unit, count, moment_of(text), zone(tz)))


def _within(name: str) -> Callable[..., Any]:
    """A function whose result is null beyond as many digits as a last argument says: one call for two."""
    function = STRICT[name]

    def bounded(*arguments: Any) -> Wide | None:
        *given, digits = arguments
        made = function(*given)
        return None if made is None else _bounded(made, digits)

    return bounded


STRICT: dict[str, Callable[..., Any]] = {
    "ff_add": lambda a, b: narrow(int(a) + int(b)),
    "ff_subtract": lambda a, b: narrow(int(a) - int(b)),
    "ff_multiply": lambda a, b: narrow(int(a) * int(b)),
    "ff_negate": lambda a: narrow(-int(a)),
    "ff_absolute": lambda a: narrow(abs(int(a))),
    "ff_divide": lambda a, b, lift: narrow(divided(int(a) * int(lift), int(b))),
    "ff_remainder": lambda a, b: narrow(remainder(int(a), int(b))),
    "ff_rounded": _rounded,
    "ff_product": lambda a, b, unit: narrow(divided(int(a) * int(b), int(unit))),
    "ff_bounded": _bounded,
    "ff_compared": _compared,
    "ff_wide_sum": _wide_sum,
    "ff_decimal": lambda value, scale: decimal_text(int(value), scale),
    "ff_plain": lambda value, scale: plain_decimal(int(value), scale) if scale else str(value),
    "ff_upper": letters.upper,
    "ff_lower": letters.lower,
    "ff_limited": _limited,
    "ff_starts_with": lambda text, part: int(text.startswith(part)),
    "ff_made_date": lambda y, m, d: iso(calendar.made_date(y, m, d)),
    "ff_added_to_date": lambda unit, n, d: iso(calendar.added_to_date(unit, n, date.fromisoformat(d))),
    "ff_added_to_moment": _added_to_moment,
    "ff_date_difference": lambda unit, a, b: calendar.date_difference(
        unit, date.fromisoformat(a), date.fromisoformat(b)
    ),
    "ff_moment_difference": lambda unit, a, b: calendar.moment_difference(unit, moment_of(a), moment_of(b)),
    "ff_start_of_date": lambda unit, d: iso(calendar.start_of_date(unit, date.fromisoformat(d))),
    "ff_start_of_moment": lambda unit, at, tz: moment_text(
        calendar.start_of_moment(unit, moment_of(at), zone(tz))
    ),
    "ff_local_date": lambda at, tz: iso(calendar.local_date(moment_of(at), zone(tz))),
    "ff_shifted": lambda at, by: moment_text(calendar.shifted(moment_of(at), by)),
    "ff_elapsed": lambda a, b: calendar.elapsed(moment_of(a), moment_of(b)),
}
WITHIN = ("ff_add", "ff_subtract", "ff_multiply", "ff_divide", "ff_rounded", "ff_product")
STRICT |= {f"{name}_within": _within(name) for name in WITHIN}
STRICT |= aggregate_functions.STRICT | number_functions.STRICT | date_functions.STRICT | text_functions.STRICT
NULL_TOLERANT: dict[str, Callable[..., Any]] = {
    "ff_smallest": _extreme(smallest),
    "ff_largest": _extreme(largest),
    "ff_smallest_text": smallest,
    "ff_largest_text": largest,
}
NULL_TOLERANT |= text_functions.NULL_TOLERANT


class _WideSum:
    """SUM of wide numbers."""

    def __init__(self) -> None:
        self.total: int | None = None

    def step(self, value: Wide | None) -> None:
        if value is not None:
            self.total = (self.total or 0) + int(value)

    def finalize(self) -> Wide | None:
        return narrow(self.total)


class _WideMin(_WideSum):
    def step(self, value: Wide | None) -> None:
        self.total = smallest(self.total, None if value is None else int(value))


class _WideMax(_WideSum):
    def step(self, value: Wide | None) -> None:
        self.total = largest(self.total, None if value is None else int(value))


AGGREGATES: dict[str, type[_WideSum]] = {"ff_sum": _WideSum, "ff_min": _WideMin, "ff_max": _WideMax}


def _null_in_null_out(function: Callable[..., Any]) -> Callable[..., Any]:
    def strict(*arguments: Any) -> Any:
        if None in arguments:
            return None
        try:
            return function(*arguments)
        except OverflowError:
            return None

    return strict


def register_sqlite_functions(connection: Any) -> None:
    """Give a DBAPI connection of sqlite3 the functions that lowered expressions call."""
    for name, function in STRICT.items():
        connection.create_function(name, -1, _null_in_null_out(function), deterministic=True)
    for name, function in NULL_TOLERANT.items():
        connection.create_function(name, -1, function, deterministic=True)
    for name, aggregate in AGGREGATES.items():
        connection.create_aggregate(name, 1, aggregate)
