"""`color`: a colour as #rrggbb."""

from __future__ import annotations

import re
from typing import Any

from forms.field_type import Reading
from forms.operators import EQUAL
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import Problem, read_text

LONG = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{8})\Z")
SHORT = re.compile(r"#[0-9a-f]{3}\Z")


class ColorOptions(FieldDocument):
    """With `alpha` a colour may say how opaque it is: #rrggbbaa."""

    alpha: bool = False


class Color(TextField):
    type = "color"
    Options = ColorOptions
    operators = EQUAL

    def parse(self, raw: Any, reading: Reading) -> Any:
        """Small letters; #abc means #aabbcc."""
        value = read_text(raw, max_length=20, multiline=False)
        if value is None:
            return None
        value = value.lower()
        if SHORT.match(value):
            value = "#" + "".join(sign * 2 for sign in value[1:])
        if not LONG.match(value) or (len(value) == 9 and not self.options.alpha):
            raise Problem(
                "bad_color", "颜色无效。", "This is not a colour.", "例如 #1a73e8。", "For example #1a73e8."
            )
        return value

    def json_schema(self) -> dict[str, Any]:
        digits = "{3}|{6}|{8}" if self.options.alpha else "{3}|{6}"
        choices = "|".join(f"[0-9A-Fa-f]{count}" for count in digits.split("|"))
        return {"type": "string", "pattern": f"^#({choices})$"}
