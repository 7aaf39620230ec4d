"""`secret`: a token or password that is kept for connectors: encrypted, written by people, told to none."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.definitions.context import Context
from engine.findings import Text
from forms.field_type import Reading
from forms.operators import NONE
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import Problem, read_text


class SecretOptions(FieldDocument):
    """Length of what is kept, in characters."""

    min_length: int = Field(default=1, ge=1, le=4000)
    max_length: int = Field(default=500, ge=1, le=4000)


class Secret(TextField):
    """Answers show •••••• where there is a value; expressions, filters, exports and logs do not know it."""

    type = "secret"
    Options = SecretOptions
    operators = NONE
    secret = True

    def check(self, pointer: str, context: Context) -> None:
        for name in ("unique", "index"):
            if getattr(self.options, name):
                context.error(
                    "not_findable",
                    f"{pointer}/{name}",
                    Text(zh="密文字段不能查找或要求唯一。", en="A secret cannot be found or be unique."),
                    Text(zh=f"请去掉 {name}。", en=f"Take `{name}` away."),
                )

    def parse(self, raw: Any, reading: Reading) -> Any:
        value = read_text(raw, max_length=self.options.max_length, multiline=True)
        if value is not None and len(value) < self.options.min_length:
            least = self.options.min_length
            raise Problem("too_short", f"至少 {least} 个字符。", f"At least {least} characters.")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "minLength": self.options.min_length,
            "maxLength": self.options.max_length,
            "writeOnly": True,
        }
