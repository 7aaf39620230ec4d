"""`email`: a mail address, checked by its form only; whether it can be delivered is never asked."""

from __future__ import annotations

import re
from typing import Any

from forms.field_type import Reading
from forms.operators import WORDS
from forms.text_field import TextField
from forms.values import Problem, read_text

ADDRESS = re.compile(r"^[^\s@<>\"(),:;\\\[\]]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z\u0080-\uffff][\w-]{1,62}$")


class Email(TextField):
    type = "email"
    operators = WORDS

    def covered(self, value: Any) -> str:
        """The first sign and the domain."""
        if self.options.mask:
            return super().covered(value)
        name, _, domain = str(value).rpartition("@")
        return f"{name[:1]}***@{domain}"

    def parse(self, raw: Any, reading: Reading) -> Any:
        value = read_text(raw, max_length=254, multiline=False)
        if value is not None and not ADDRESS.match(value):
            raise Problem(
                "bad_email",
                "邮箱地址无效。",
                "This is not a mail address.",
                "例如 name@example.com。",
                "For example name@example.com.",
            )
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": 254}
