"""`idno`: the number of a Chinese identity card, with its day of birth and check digit."""

from __future__ import annotations

from typing import Any

from forms.check_digits import is_id_number
from forms.field_type import Reading
from forms.operators import EQUAL
from forms.text_field import TextField
from forms.values import Problem, read_register_number


class Idno(TextField):
    type = "idno"
    operators = EQUAL
    mask = "####**********####"

    def parse(self, raw: Any, reading: Reading) -> Any:
        """Full-width signs, a small x and blanks are put right."""
        number = read_register_number(raw)
        if number is None:
            return None
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
