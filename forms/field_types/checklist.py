"""`checklist`: options to be ticked, all of them shown at once, stored as a list of their keys."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.definitions.context import Context
from forms.field_type import Reading
from forms.field_types.multiselect import Multiselect
from forms.field_types.select import ChoiceOptions
from forms.picks import check_counts, check_own_options, judge_count


class ChecklistOptions(ChoiceOptions):
    """`least` and `most` say how many are ticked if any is; `all`: every one of them."""

    least: int = Field(default=0, ge=0, le=1000)
    most: int = Field(default=1000, ge=1, le=1000)
    all: bool = False


class Checklist(Multiselect):
    type = "checklist"
    Options = ChecklistOptions

    def check(self, pointer: str, context: Context) -> None:
        super().check(pointer, context)
        check_counts(self.options.least, self.options.most, pointer, context)
        check_own_options(self.free, pointer, context)

    def parse(self, raw: Any, reading: Reading) -> Any:
        """Ticks are kept in the order of the options: when they were set means nothing."""
        ticked = super().parse(raw, reading)
        if ticked is None:
            return None
        least = len(self.choices) if self.options.all else self.options.least
        judge_count(ticked, least, max(self.options.most, least))
        return tuple(key for key in self.choices if key in ticked)

    def json_schema(self) -> dict[str, Any]:
        least = len(self.choices) if self.options.all else self.options.least
        return super().json_schema() | ({"x-least": least} if least else {})
