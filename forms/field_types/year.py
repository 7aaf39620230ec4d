"""`year`: a calendar year."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from forms.cells import Cell, read_day_cell
from forms.field_type import Reading
from forms.field_types.decimal import BoundedOptions
from forms.field_types.int import Int
from forms.values import Problem


class Year(Int):
    type = "year"
    Options = BoundedOptions

    def _size(self) -> tuple[int, int]:
        return 4, 0

    def value_type(self) -> Type:
        return t.number(4, 0)

    def parse(self, raw: Any, reading: Reading) -> Any:
        value = super().parse(raw, reading)
        if value is not None and value < 1:
            raise Problem("too_small", "年份从 1 开始。", "Years begin at 1.")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": 9999}

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """2026, 2026年, or a day of it."""
        if isinstance(cell, date):
            return read_day_cell(cell).year
        if isinstance(cell, str):
            cell = cell.strip().removesuffix("年")
        return super().read_cell(cell, reading)
