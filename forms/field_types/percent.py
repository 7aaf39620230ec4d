"""`percent`: holds 8 for 8 %, with four decimals."""

from __future__ import annotations

from forms.field_types.decimal import BoundedOptions, Decimal


class Percent(Decimal):
    type = "percent"
    Options = BoundedOptions

    def _size(self) -> tuple[int, int]:
        return 9, 4
