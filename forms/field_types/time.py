"""`time`: a time of day, HH:MM or with seconds; it belongs to no day and no zone."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

from forms.cells import Cell, bad_time, empty, plain, read_clock, read_text_cell
from forms.field_type import Reading
from forms.operators import ORDERED
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import Problem, wrong_type

WRITTEN = re.compile(r"\d{2}:\d{2}(:\d{2})?\Z")


class TimeOptions(FieldDocument):
    """With `seconds` values are HH:MM:SS, otherwise HH:MM."""

    seconds: bool = False


class Time(TextField):
    """Stored as text of one width, so that the order of texts is the order of times."""

    type = "time"
    Options = TimeOptions
    operators = ORDERED

    def parse(self, raw: Any, reading: Reading) -> Any:
        if raw == "":
            return None
        if not isinstance(raw, str):
            raise wrong_type("时间", "A time of day", '"09:30"')
        if not WRITTEN.match(raw):
            raise bad_time()
        at = read_clock(raw)
        if at.second and not self.options.seconds:
            raise Problem(
                "too_precise",
                "此处只到分钟。",
                "There are no seconds here.",
                "请写成 HH:MM。",
                "Write HH:MM.",
            )
        return at.isoformat("seconds" if self.options.seconds else "minutes")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """9:30, 09:30:15, 9时30分, or a time of the spreadsheet."""
        if empty(cell):
            return None
        if isinstance(cell, timedelta):
            cell = _of_day(round(cell.total_seconds())) if cell < timedelta(days=1) else str(cell)
        elif isinstance(cell, float) and 0 <= cell < 1:
            cell = _of_day(round(cell * 86_400))
        at = cell if isinstance(cell, time) else read_clock(plain(read_text_cell(cell)))
        precise = self.options.seconds or at.second
        return at.isoformat("seconds" if precise else "minutes")

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        """As text: a time alone is a fraction of a day to a spreadsheet."""
        return None if value is None else str(value)


def _of_day(seconds: int) -> time:
    return time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
