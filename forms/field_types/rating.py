"""`rating`: stars, from one to `max`; half stars where the options say so."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from forms.codec import Codec
from forms.field_types.decimal import Decimal, number_pattern
from forms.schema import FieldDocument
from forms.values import Problem, number_text


class RatingOptions(FieldDocument):
    """`max` stars; with `half` there are half stars too."""

    max: int = Field(default=5, ge=2, le=10)
    half: bool = False


class Rating(Decimal):
    type = "rating"
    Options = RatingOptions

    def _size(self) -> tuple[int, int]:
        return (3, 1) if self.options.half else (2, 0)

    def _bound(self, name: str, *_rest: Any) -> int | None:
        unit: int = 10**self.scale
        return (
            unit // 2
            if name == "min" and self.options.half
            else unit * (self.options.max if name == "max" else 1)
        )

    def codec(self) -> Codec:
        return Codec("integer", self.scale, text_json=self.options.half)

    def bounded(self, value: int) -> int:
        super().bounded(value)
        if self.options.half and value % 5:
            shown = number_text(value, 1)
            raise Problem(
                "off_step", f"{shown} 不是半星的整数倍。", f"{shown} is no multiple of half a star."
            )
        return value

    def json_schema(self) -> dict[str, Any]:
        if self.options.half:
            return {
                "type": ["string", "number"],
                "pattern": number_pattern(self.scale),
                "maximum": self.options.max,
            }
        return {"type": "integer", "minimum": 1, "maximum": self.options.max}
