"""`refs`: references to any number of records of a form, in the order they were chosen."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.field_type import Reading
from forms.field_types.ref import Ref, read_reference
from forms.operators import SEVERAL
from forms.picks import REPEATS, at, check_counts, judge_count, judge_length
from forms.schema import FieldDocument
from forms.values import Problem, wrong_type


class SeveralOptions(FieldDocument):
    """`least` and `most` say how many there are if there is any."""

    least: int = Field(default=0, ge=0, le=500)
    most: int = Field(default=200, ge=1, le=500)


class RefsOptions(SeveralOptions):
    """`on_delete`: whether a record that is named here may be deleted; with `set_null` it is taken out."""

    form: str
    on_delete: Literal["restrict", "set_null"] = "restrict"


class Refs(Ref):
    """In memory the ids are a tuple. Beside the column, a link table has a row for each of them."""

    type = "refs"
    Options: ClassVar[builtins.type[FieldDocument]] = RefsOptions
    operators = SEVERAL

    def check(self, pointer: str, context: Context) -> None:
        super().check(pointer, context)
        check_counts(self.options.least, self.options.most, pointer, context)

    def value_type(self) -> Type:
        return t.refs(self.form)

    def codec(self) -> Codec:
        return Codec("list")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if not isinstance(raw, list):
            raise wrong_type("记录 id 的列表", "A list of ids of records", f"[{self.example}]")
        judge_length(raw, self.options.most)
        found: dict[str, None] = {}
        for index, each in enumerate(raw):
            try:
                named = read_reference(each, self.example)
            except Problem as problem:
                raise at(index, problem) from None
            if named is not None:
                found[named] = None
        judge_count(found, self.options.least, self.options.most)
        return tuple(found) or None

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": super().json_schema(),
            "uniqueItems": True,
            "minItems": self.options.least,
            "maxItems": self.options.most,
        }

    def also_read(self) -> Sequence[dict[str, Any]]:
        """What is named twice counts once, and what is left empty not at all."""
        items = {"anyOf": [super().json_schema(), *self._objects()]}
        return ({"type": "array", "items": items, "maxItems": REPEATS * self.options.most},)
