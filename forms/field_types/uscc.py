"""`uscc`: a unified social credit code of a Chinese organisation, with its check digit."""

from __future__ import annotations

from typing import Any, ClassVar

from forms.check_digits import is_credit_code
from forms.field_type import Reading
from forms.operators import WORDS
from forms.text_field import TextField
from forms.values import Problem, read_register_number


class Uscc(TextField):
    type = "uscc"
    operators = WORDS
    length: ClassVar[int] = 18

    def parse(self, raw: Any, reading: Reading) -> Any:
        """Full-width signs, small letters and blanks are put right."""
        code = read_register_number(raw)
        if code is None:
            return None
        if len(code) != self.length:
            raise Problem(
                "pattern",
                f"统一社会信用代码为 18 位，现有 {len(code)} 位。",
                f"A unified social credit code has 18 signs; there are {len(code)}.",
                "请对照营业执照检查。",
                "Compare it with the business licence.",
            )
        if not is_credit_code(code):
            raise Problem(
                "bad_check_digit",
                "统一社会信用代码有误：字符或校验码不对。",
                "This is not a unified social credit code: a sign or the check digit is wrong.",
                "请对照营业执照检查；其中没有字母 I、O、S、V、Z。",
                "Compare it with the business licence; it never holds I, O, S, V or Z.",
            )
        return code

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 18, "maxLength": 40}
