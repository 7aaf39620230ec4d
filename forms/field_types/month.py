"""`month`: a calendar month, written 2026-03; in expressions its first day."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from engine.expressions import Type
from engine.expressions import types as t
from forms.cells import Cell, empty, plain, read_day_cell, read_text_cell
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import ORDERED
from forms.values import Problem, wrong_type

WRITTEN = re.compile(r"(\d{4})-(\d{2})\Z")
IN_CELLS = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})月?\Z")


class Month(FieldType):
    type = "month"
    operators = ORDERED
    grain: ClassVar[Type] = t.MONTH

    def value_type(self) -> Type:
        return self.grain

    def codec(self) -> Codec:
        return Codec("date", form="month")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if raw == "":
            return None
        if not isinstance(raw, str):
            raise wrong_type("月份", "A month", '"2026-03"')
        found = WRITTEN.match(raw)
        if found is None or not 1 <= int(found.group(2)) <= 12 or found.group(1) == "0000":
            raise Problem(
                "bad_month", "月份无效。", "This is not a month.", "请写成 YYYY-MM。", "Write YYYY-MM."
            )
        return date(int(found.group(1)), int(found.group(2)), 1)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """2026-03, 2026/3, 2026年3月, or any day of it."""
        if empty(cell):
            return None
        if isinstance(cell, date):
            return read_day_cell(cell).isoformat()[:7]
        found = IN_CELLS.match(plain(read_text_cell(cell)))
        return f"{found.group(1)}-{int(found.group(2)):02d}" if found else read_text_cell(cell)

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        """As text: a spreadsheet has no months, only days."""
        return None if value is None else str(value)
