"""`number_range`: a span of numbers, from `low` to `high`, both included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.definitions.context import Context
from forms.composed import Composed, part
from forms.field_type import FieldType
from forms.field_types.date_range import RangeOptions, judge_range
from forms.field_types.decimal import Decimal


class NumberRangeOptions(RangeOptions):
    """`min` and `max` bound both sides; `precision` digits in all, `scale` of them after the point."""

    min: str | int | None = None
    max: str | int | None = None
    precision: int = Field(default=18, ge=1, le=18)
    scale: int = Field(default=2, ge=0, le=6)


class NumberRange(Composed):
    type = "number_range"
    Options = NumberRangeOptions

    def _parts(self, context: Context) -> Mapping[str, FieldType]:
        given = self.options
        options = {name: getattr(given, name) for name in ("min", "max", "precision", "scale")}
        return {
            "low": part(Decimal, "low", "下限", "Low", context, **options),
            "high": part(Decimal, "high", "上限", "High", context, **options),
        }

    def _judge(self, values: tuple[Any, ...]) -> None:
        judge_range(values, self.parts, open_=self.options.open)
