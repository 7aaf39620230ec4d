"""`quarter`: a quarter of a year, written 2026-Q1; in expressions its first day."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from engine.expressions import types as t
from forms.cells import Cell, empty, plain, read_day_cell, read_text_cell
from forms.codec import Codec
from forms.field_type import Reading
from forms.field_types.month import Month
from forms.values import Problem, wrong_type

WRITTEN = re.compile(r"(\d{4})-Q([1-4])\Z")
IN_CELLS = re.compile(r"(\d{4})(?:-|/|\.|年)?\s*(?:第?([1-4一二三四])季度?|Q([1-4]))\Z", re.IGNORECASE)
CHINESE = {"一": "1", "二": "2", "三": "3", "四": "4"}


class Quarter(Month):
    type = "quarter"
    grain = t.QUARTER

    def codec(self) -> Codec:
        return Codec("date", form="quarter")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if raw == "":
            return None
        if not isinstance(raw, str):
            raise wrong_type("季度", "A quarter", '"2026-Q1"')
        found = WRITTEN.match(raw)
        if found is None or found.group(1) == "0000":
            raise Problem(
                "bad_quarter", "季度无效。", "This is not a quarter.", "请写成 YYYY-Qn。", "Write YYYY-Qn."
            )
        return date(int(found.group(1)), 3 * int(found.group(2)) - 2, 1)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{4}-Q[1-4]$"}

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """2026-Q1, 2026Q1, 2026年第一季度, or any day of it."""
        if empty(cell):
            return None
        if isinstance(cell, date):
            day = read_day_cell(cell)
            return f"{day.year:04d}-Q{(day.month + 2) // 3}"
        found = IN_CELLS.match(plain(read_text_cell(cell)))
        if found is None:
            return read_text_cell(cell)
        number = found.group(2) or found.group(3)
        return f"{found.group(1)}-Q{CHINESE.get(number, number)}"
