"""`idno`: the number of a Chinese identity card, with its day of birth and check digit."""

from __future__ import annotations

import unicodedata
from typing import Any

from engine.expressions import Type
from engine.expressions import types as t
from forms.check_digits import is_id_number
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import EQUAL
from forms.values import Problem, read_text


class Idno(FieldType):
    type = "idno"
    operators = EQUAL
    mask = "####**********####"

    def value_type(self) -> Type:
        return t.TEXT

    def codec(self) -> Codec:
        return Codec("text")

    def parse(self, raw: Any, reading: Reading) -> Any:
        """Full-width signs, a small x and blanks are put right."""
        value = read_text(raw, max_length=40, multiline=False)
        if value is None:
            return None
        number = "".join(unicodedata.normalize("NFKC", value).upper().split())
        if not is_id_number(number):
            raise Problem(
                "bad_id_number",
                "身份证号码有误：应为 18 位，出生日期存在，校验码正确。",
                "This is not the number of an identity card: 18 signs, an existing day of birth, the right check digit.",
                "请对照证件检查。",
                "Compare it with the card.",
            )
        return number

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 18, "maxLength": 40}
