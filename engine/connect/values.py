"""Values on their way out: as JSON for systems, as words for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.expressions import Type

Label = Mapping[str, str]
Named = Callable[[str, str], str]
"""(form, id) -> what a person calls that record."""


def decimal_text(value: int, scale: int) -> str:
    """A scaled integer as a decimal with exactly `scale` decimals."""
    if scale == 0:
        return str(value)
    digits = str(abs(value)).rjust(scale + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def as_json(value: Any, kind: Type) -> Any:
    """The JSON form: decimals as strings, dates and moments in ISO 8601, durations in seconds, lists as
    lists.
    """
    if value is None:
        return None
    if kind.numeric:
        return value if kind.scale == 0 else decimal_text(value, kind.scale)
    if kind.kind == "duration":
        whole, rest = divmod(value, 1_000_000)
        return decimal_text(value, 6) if rest else whole
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return _day_text(value, kind)
    if isinstance(value, tuple | list | frozenset):
        return [as_json(each, kind.item) if kind.item else each for each in value]
    return value if isinstance(value, bool | str | int) else str(value)


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a text is written."""

    locale: str
    zone: ZoneInfo
    named: Named


YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}
COMMA = {"zh": "、", "en": ", "}


def as_words(value: Any, kind: Type, reader: Reader, labels: Mapping[str, Label] | None = None) -> str:
    """What a person reads: money with its decimals, local time to the minute, choices by label, names.

    An empty value is an empty text.
    """
    if value is None:
        return ""
    if kind.kind == "money":
        return decimal_text(value, kind.scale)
    if kind.kind == "number":
        text = decimal_text(value, kind.scale)
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bool):
        return YES_NO[reader.locale][0 if value else 1]
    if isinstance(value, datetime):
        return value.astimezone(reader.zone).strftime("%Y-%m-%d %H:%M")
    if kind.kind == "duration":
        return _span_words(timedelta(microseconds=value))
    if isinstance(value, tuple | list | frozenset):
        item = kind.item or Type("choice")
        return COMMA[reader.locale].join(as_words(each, item, reader, labels) for each in value)
    if kind.kind == "ref" and kind.form:
        return reader.named(kind.form, value)
    if labels is not None and value in labels:
        return labels[value].get(reader.locale, value)
    return _day_text(value, kind) if isinstance(value, date) else str(value)


def _day_text(day: date, kind: Type) -> str:
    """A day, or the month or quarter that it stands for."""
    if kind.grain == "quarter":
        return f"{day.year:04d}-Q{(day.month + 2) // 3}"
    return day.isoformat()[:7] if kind.grain == "month" else day.isoformat()


def _span_words(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02}"
