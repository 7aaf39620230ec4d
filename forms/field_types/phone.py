"""`phone`: a telephone number, stored as E.164 (+8613812345678)."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers

from forms.field_type import Reading
from forms.operators import WORDS
from forms.text_field import TextField
from forms.values import Problem, read_text

CHINESE_MOBILE = re.compile(r"^1[3-9]\d{9}$")


class Phone(TextField):
    type = "phone"
    operators = WORDS
    mask = "###****####"

    def covered(self, value: Any) -> str:
        """A Chinese number without its country, as people write it."""
        return super().covered(str(value).removeprefix("+86"))

    def parse(self, raw: Any, reading: Reading) -> Any:
        value = read_text(raw, max_length=40, multiline=False)
        if value is None:
            return None
        if reading.country == "CN" and CHINESE_MOBILE.match(value):
            return "+86" + value
        try:
            number = phonenumbers.parse(value, reading.country)
            possible = phonenumbers.is_possible_number(number)
        except phonenumbers.NumberParseException:
            possible = False
        if not possible:
            raise Problem(
                "bad_phone",
                "电话号码无效。",
                "This is not a telephone number.",
                "例如 13812345678 或 +8613812345678。",
                "For example 13812345678 or +8613812345678.",
            )
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 40}
