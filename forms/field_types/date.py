"""`date`: a calendar day; it never shifts between time zones."""

from __future__ import annotations

from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import ORDERED
from forms.values import read_date


class Date(FieldType):
    type = "date"
    operators = ORDERED

    def value_type(self) -> Type:
        return t.DATE

    def codec(self) -> Codec:
        return Codec("date")

    def parse(self, raw: Any, reading: Reading) -> Any:
        return None if raw == "" else read_date(raw)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}
