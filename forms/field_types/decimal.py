"""`decimal`: an exact number with a fixed count of decimals."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from engine.findings import Text
from forms.codec import Codec
from forms.field_type import EMPTY, FieldType, Reading
from forms.operators import ORDERED
from forms.schema import FieldDocument
from forms.values import Problem, read_number, shortest_number


class BoundedOptions(FieldDocument):
    """Options of numbers; bounds are written as strings so that they stay exact."""

    min: str | int | None = None
    max: str | int | None = None


class DecimalOptions(BoundedOptions):
    """`precision` digits in all, `scale` of them after the point."""

    precision: int = Field(default=18, ge=1, le=18)
    scale: int = Field(default=2, ge=0, le=6)


class Decimal(FieldType):
    type = "decimal"
    Options: ClassVar[builtins.type[FieldDocument]] = DecimalOptions
    operators = ORDERED

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self._min: int | None = None
        self._max: int | None = None
        self.digits, self.scale = self._size()

    def _size(self) -> tuple[int, int]:
        """How many digits in all, and how many of them are decimals."""
        return self.options.precision, self.options.scale

    def check(self, pointer: str, context: Context) -> None:
        if self.scale > self.digits:
            context.error(
                "scale_too_large",
                f"{pointer}/scale",
                Text(zh="小数位数多于总位数。", en="There are more decimals than digits."),
            )
        self._min = self._bound("min", pointer, context)
        self._max = self._bound("max", pointer, context)

    def _bound(self, name: str, pointer: str, context: Context) -> int | None:
        raw = getattr(self.options, name)
        if raw is None:
            return None
        try:
            return read_number(raw, scale=self.scale, digits=18)
        except Problem as problem:
            context.error(problem.code, f"{pointer}/{name}", problem.message, problem.fix)
            return None

    def value_type(self) -> Type:
        return t.number(self.digits, self.scale)

    def codec(self) -> Codec:
        return Codec("integer", self.scale, text_json=True)

    def parse(self, raw: Any, reading: Reading) -> Any:
        if isinstance(raw, str) and not raw.strip():
            return None
        return self.bounded(read_number(raw, scale=self.scale, digits=self.digits))

    def bounded(self, value: int) -> int:
        """The scaled number, if the field may hold it. Raises Problem."""
        if self._min is not None and value < self._min:
            least = shortest_number(self._min, self.scale)
            raise Problem("too_small", f"不能小于 {least}。", f"It must be at least {least}.")
        if self._max is not None and value > self._max:
            most = shortest_number(self._max, self.scale)
            raise Problem("too_large", f"不能大于 {most}。", f"It must be at most {most}.")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "number"], "pattern": number_pattern(self.scale)}

    def also_read(self) -> Sequence[dict[str, Any]]:
        written = {"type": "string", "pattern": number_pattern(self.scale)}
        return (EMPTY,) if "string" in self.json_schema()["type"] else (written, EMPTY)


def number_pattern(scale: int) -> str:
    """How a number is written as text: further decimals may only be zeros."""
    decimals = rf"\d{{1,{scale}}}0*" if scale else "0+"
    return rf"^[+-]?\d{{1,30}}(\.{decimals})?$"
