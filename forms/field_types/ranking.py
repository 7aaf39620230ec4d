"""`ranking`: options in an order of preference, stored as the list of their keys, best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from engine.definitions.context import Context
from forms.field_type import Reading
from forms.field_types.multiselect import Multiselect
from forms.field_types.select import ChoiceOptions
from forms.picks import at, check_own_options, judge_count
from forms.values import Problem


class RankingOptions(ChoiceOptions):
    """`top`: only so many places are given; without it every option has its place."""

    top: int | None = Field(default=None, ge=1, le=100)


class Ranking(Multiselect):
    type = "ranking"
    Options = RankingOptions

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self.places = min(options.top or len(self.choices), len(self.choices))

    def check(self, pointer: str, context: Context) -> None:
        super().check(pointer, context)
        check_own_options(self.free, pointer, context)

    def parse(self, raw: Any, reading: Reading) -> Any:
        ranked = super().parse(raw, reading)
        if ranked is None:
            return None
        for index, key in enumerate(raw):
            if key in raw[:index]:
                raise at(index, _twice(key))
        judge_count(ranked, self.places, self.places)
        return ranked

    def json_schema(self) -> dict[str, Any]:
        return super().json_schema() | {"minItems": self.places, "maxItems": self.places}

    def also_read(self) -> Sequence[dict[str, Any]]:
        return ({"type": "array", "maxItems": 0},)


def _twice(key: str) -> Problem:
    return Problem(
        "double_item",
        f"“{key}”出现了两次。",
        f"'{key}' appears twice.",
        "每个选项只排一次。",
        "Give each option one place.",
    )
