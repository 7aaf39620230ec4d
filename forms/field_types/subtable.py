"""`subtable`: rows inside a record."""

from __future__ import annotations

from typing import Any

from engine.expressions import Type
from forms.codec import Codec
from forms.field_type import FieldType
from forms.schema import SubtableDocument


class Subtable(FieldType):
    type = "subtable"
    Options = SubtableDocument

    def value_type(self) -> Type:
        raise LookupError("a child table has no value of its own; use an aggregate such as SUM")

    def codec(self) -> Codec:
        raise LookupError("a child table is stored in a table of its own")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "minItems": self.options.min_rows, "maxItems": self.options.max_rows}
