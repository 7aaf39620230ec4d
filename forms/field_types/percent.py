"""`percent`: holds 8 for 8 %, with four decimals."""

from __future__ import annotations

from typing import Any

from forms.cells import Cell, decimal_json, empty, read_number_cell
from forms.field_type import Reading
from forms.field_types.decimal import BoundedOptions, Decimal


class Percent(Decimal):
    type = "percent"
    Options = BoundedOptions

    def _size(self) -> tuple[int, int]:
        return 9, 4

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """12.5 and 12.5% are the same here."""
        if empty(cell):
            return None
        return decimal_json(read_number_cell(cell, percent=True), scale=self.scale, whole=False)
