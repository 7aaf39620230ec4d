"""`bool`: yes, no, or not said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import TRUTH
from forms.values import wrong_type


class Bool(FieldType):
    type = "bool"
    operators = TRUTH

    def value_type(self) -> Type:
        return t.BOOL

    def codec(self) -> Codec:
        return Codec("boolean")

    def parse(self, raw: Any, reading: Reading) -> Any:
        if not isinstance(raw, bool):
            raise wrong_type(" true 或 false，不带引号", "true or false without quotation marks", "true")
        return raw

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def also_read(self) -> Sequence[dict[str, Any]]:
        return ()
