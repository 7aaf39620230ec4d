"""`datetime`: a moment, stored in UTC; without an offset it is read in the app's zone."""

from __future__ import annotations

from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import ORDERED
from forms.values import read_moment


class Datetime(FieldType):
    type = "datetime"
    operators = ORDERED

    def value_type(self) -> Type:
        return t.DATETIME

    def codec(self) -> Codec:
        return Codec("moment")

    def parse(self, raw: Any, reading: Reading) -> Any:
        return None if raw == "" else read_moment(raw, reading.zone)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}
