"""`slider`: a number between two bounds, in steps."""

from __future__ import annotations

from typing import Any

from engine.definitions.context import Context
from engine.findings import Text
from forms.codec import Codec
from forms.field_types.decimal import Decimal
from forms.schema import FieldDocument
from forms.values import Problem, number_text, read_number


class SliderOptions(FieldDocument):
    """From `min` to `max` in steps of `step`, whose decimals are those of the value."""

    min: str | int = 0
    max: str | int = 100
    step: str | int = 1


class Slider(Decimal):
    type = "slider"
    Options = SliderOptions

    def _size(self) -> tuple[int, int]:
        """As many decimals as the bounds and the step are written with, at most six."""
        written = (self.options.min, self.options.max, self.options.step)
        return 18, min(max(len(str(each).partition(".")[2]) for each in written), 6)

    def check(self, pointer: str, context: Context) -> None:
        super().check(pointer, context)
        self._step = self._bound("step", pointer, context) or 0
        if self._min is None or self._max is None:
            return
        if self._step <= 0 or self._min >= self._max or (self._max - self._min) % self._step:
            context.error(
                "bad_step",
                f"{pointer}/step",
                Text(
                    zh="从 min 到 max 须为 step 的正整数倍。",
                    en="From min to max there must be a whole number of steps greater than 0.",
                ),
            )

    def codec(self) -> Codec:
        return Codec("integer", self.scale, text_json=self.scale > 0)

    def bounded(self, value: int) -> int:
        super().bounded(value)
        if (value - (self._min or 0)) % self._step:
            step = number_text(self._step, self.scale)
            raise Problem("off_step", f"须按 {step} 递增。", f"It goes in steps of {step}.")
        return value

    def json_schema(self) -> dict[str, Any]:
        if self.scale:
            return super().json_schema()
        return {
            "type": "integer",
            "minimum": read_number(self.options.min, scale=0, digits=18),
            "maximum": read_number(self.options.max, scale=0, digits=18),
        }
