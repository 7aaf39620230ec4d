"""`date_range`: a period of days, from `start` to `end`, both included."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, ClassVar

from engine.definitions.context import Context
from forms.composed import Composed, incomplete, part
from forms.field_type import FieldType
from forms.field_types.date import Date
from forms.schema import FieldDocument
from forms.values import Problem


class RangeOptions(FieldDocument):
    """With `open` one side may be left out."""

    open: bool = False


class DateRange(Composed):
    type = "date_range"
    Options: ClassVar[builtins.type[FieldDocument]] = RangeOptions

    def _parts(self, context: Context) -> Mapping[str, FieldType]:
        return {
            "start": part(Date, "start", "开始", "Start", context),
            "end": part(Date, "end", "结束", "End", context),
        }

    def _judge(self, values: tuple[Any, ...]) -> None:
        judge_range(values, self.parts, open_=self.options.open)


def judge_range(values: tuple[Any, ...], parts: Mapping[str, FieldType], *, open_: bool) -> None:
    """Both sides are there and in order. Raises Problem."""
    low, high = values
    if not open_ and (low is None or high is None):
        raise incomplete(parts, values, "range_incomplete", "请填写两端。", "Give both sides.")
    names = [part.options.label for part in parts.values()]
    if low is not None and high is not None and low > high:
        raise Problem(
            "range_reversed",
            f"“{names[0].zh}”大于“{names[1].zh}”。",
            f"'{names[0].en}' is after '{names[1].en}'.",
            "请交换两端。",
            "Swap the two sides.",
        )
