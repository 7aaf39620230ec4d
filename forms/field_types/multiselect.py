"""`multiselect`: any number of options, stored as a list of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from forms.cells import Cell, empty, join_cell, split_cell
from forms.codec import Codec
from forms.field_type import Reading
from forms.field_types.select import Select
from forms.operators import SEVERAL
from forms.picks import REPEATS, at, judge_length
from forms.values import Problem, wrong_type

MOST_FREE = 1000
"""So many options may be chosen where they come from records."""


class Multiselect(Select):
    type = "multiselect"
    operators = SEVERAL

    def value_type(self) -> Type:
        return t.choices(None if self.free else tuple(self.choices))

    def codec(self) -> Codec:
        return Codec("list")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if not isinstance(raw, list):
            raise wrong_type("选项键的列表", "A list of option keys", f"[{self._example()}]")
        judge_length(raw, self._most())
        chosen: dict[str, None] = {}
        for index, each in enumerate(raw):
            if type(each) is str and each in self.choices:
                chosen[each] = None
                continue
            try:
                if each == "" and not self.free:
                    raise self._unknown(each)
                key = super().parse(each, reading)
            except Problem as problem:
                raise at(index, problem) from None
            if key is not None:
                chosen[key] = None
        return tuple(chosen) or None

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().json_schema(), "uniqueItems": True}

    def also_read(self) -> Sequence[dict[str, Any]]:
        """What is named twice is chosen once."""
        return ({"type": "array", "items": super().json_schema(), "maxItems": REPEATS * self._most()},)

    def _most(self) -> int:
        return MOST_FREE if self.free else max(1, len(self.choices))

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        return None if empty(cell) else [self.key_of(part) for part in split_cell(cell)]

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        """The labels with 、 between them; one that holds a separator itself stands in quotes."""
        return None if value is None else join_cell(self.name_of(key, reading) for key in value)
