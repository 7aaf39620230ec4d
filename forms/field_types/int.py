"""`int`: a whole number."""

from __future__ import annotations

from typing import Any

from forms.codec import Codec
from forms.field_types.decimal import BoundedOptions, Decimal


class Int(Decimal):
    type = "int"
    Options = BoundedOptions

    def _size(self) -> tuple[int, int]:
        return 18, 0

    def codec(self) -> Codec:
        return Codec("integer")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer"}
