"""`duration`: a length of time in whole seconds; it adds to datetimes in expressions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from forms.cells import Cell, decimal_json, empty, plain, read_number_cell, read_text_cell
from forms.codec import Codec
from forms.field_type import EMPTY, FieldType, Reading
from forms.field_types.decimal import number_pattern
from forms.operators import ORDERED
from forms.schema import FieldDocument
from forms.values import Problem, read_number

MICROS = 1_000_000
CLOCK = re.compile(r"(-?)(\d{1,7}):([0-5]?\d)(?::([0-5]?\d))?\Z")
WORDS = re.compile(
    r"(-?)(?:(\d+)\s*(?:天|d))?\s*(?:(\d+)\s*(?:小时|时|h))?\s*(?:(\d+)\s*(?:分钟|分|min|m))?\s*(?:(\d+)\s*(?:秒|s))?\Z"
)
UNITS = (86_400, 3_600, 60, 1)


class DurationOptions(FieldDocument):
    """Bounds in seconds."""

    min: int | None = None
    max: int | None = None


class Duration(FieldType):
    type = "duration"
    Options = DurationOptions
    operators = ORDERED

    def value_type(self) -> Type:
        return t.DURATION

    def codec(self) -> Codec:
        return Codec("integer", form="seconds")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if raw == "":
            return None
        seconds = read_number(raw, scale=0, digits=12)
        if self.options.min is not None and seconds < self.options.min:
            least = self.options.min
            raise Problem("too_small", f"不能少于 {least} 秒。", f"It must be at least {least} seconds.")
        if self.options.max is not None and seconds > self.options.max:
            most = self.options.max
            raise Problem("too_large", f"不能多于 {most} 秒。", f"It must be at most {most} seconds.")
        return seconds * MICROS

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "x-unit": "seconds"}

    def also_read(self) -> Sequence[dict[str, Any]]:
        return ({"type": "string", "pattern": number_pattern(0)}, EMPTY)

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """Seconds, 1:30:00, 1小时30分, or a time of the spreadsheet."""
        if empty(cell):
            return None
        if isinstance(cell, time):
            return cell.hour * 3600 + cell.minute * 60 + cell.second
        if isinstance(cell, timedelta):
            return round(cell.total_seconds())
        if isinstance(cell, str):
            text = plain(cell).lower()
            if found := CLOCK.match(text):
                sign, hours, minutes, rest = found.groups()
                return _signed(sign, int(hours) * 3600 + int(minutes) * 60 + int(rest or 0))
            if (found := WORDS.match(text)) and any(found.groups()[1:]):
                counts = zip(found.groups()[1:], UNITS, strict=True)
                return _signed(found.group(1), sum(int(count or 0) * unit for count, unit in counts))
        return decimal_json(read_number_cell(cell), scale=0, whole=True)

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        return value if value is None or isinstance(value, int) else read_text_cell(value)


def _signed(sign: str, seconds: int) -> int:
    return -seconds if sign else seconds
