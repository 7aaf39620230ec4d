"""Values in memory form from JSON, by type: what `canonical.value_json` writes, read back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.expressions.types import TEXT, Type

_LONGEST = 28
"""Characters of the longest number: more than any type holds, no more than `Decimal` keeps exactly."""


def value_of(raw: Any, kind: Type) -> Any:
    """`raw` in memory form; '' is null. Raises ValueError when it is no value of this type.

    A moment without zone stays naive: a local time in the app's zone.
    """
    if raw is None or raw == "":
        return None
    if kind.kind in {"list", "choices"}:
        return _several(raw, kind)
    if kind.numeric or kind.kind == "duration":
        return _scaled(raw, kind)
    if kind.kind == "geo":
        return _place(raw)
    if kind.kind == "bool":
        return _exactly(raw, bool)
    if not isinstance(raw, str):
        raise ValueError(f"{raw!r:.60} is not a text")
    if kind.kind == "date":
        return date.fromisoformat(raw)
    if kind.kind == "datetime":
        moment = datetime.fromisoformat(raw)
        return moment.astimezone(UTC) if moment.tzinfo else moment
    if kind.options is not None and raw not in kind.options:
        raise ValueError(f"'{raw:.60}' is not an option")
    return raw


def _exactly(raw: Any, wanted: type) -> Any:
    if type(raw) is not wanted:
        raise ValueError(f"{raw!r:.60} is not a {wanted.__name__}")
    return raw


def _several(raw: Any, kind: Type) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        raise ValueError("a list is expected")
    item = kind.item or (Type("choice", options=kind.options) if kind.kind == "choices" else TEXT)
    return tuple(value_of(each, item) for each in raw)


def _place(raw: Any) -> tuple[int, int]:
    if not isinstance(raw, list) or len(raw) != 2 or not all(type(each) is int for each in raw):
        raise ValueError("a place is latitude and longitude in millionths of a degree")
    return raw[0], raw[1]


def _scaled(raw: Any, kind: Type) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str) or len(str(raw)) > _LONGEST:
        raise ValueError(f"{raw!s:.60} is not a number")
    try:
        exact = Decimal(str(raw))
    except InvalidOperation:
        raise ValueError(f"{raw!r:.60} is not a number") from None
    if not exact.is_finite() or abs(exact.adjusted()) > _LONGEST:
        raise ValueError(f"{raw!r:.60} is not a number")
    scaled = exact.scaleb(kind.scale)
    value = int(scaled)
    if scaled != value or abs(value) >= 10**kind.digits:
        raise ValueError(f"{raw!r:.60} has too many digits")
    return value
