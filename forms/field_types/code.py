"""`code`: program text or configuration; blanks and line ends stay as they are."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from forms.field_type import Reading
from forms.operators import PROSE
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import read_text, wrong_type


class CodeOptions(FieldDocument):
    """`language` tells editors how to colour it."""

    language: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9+#.-]{0,29}$")
    max_length: int = Field(default=100_000, ge=1, le=1_000_000)


class Code(TextField):
    type = "code"
    Options = CodeOptions
    operators = PROSE

    def parse(self, raw: Any, reading: Reading) -> Any:
        if not isinstance(raw, str):
            raise wrong_type("文本", "Text", '"…"')
        lines = raw.replace("\r\n", "\n").replace("\r", "\n")
        return lines if read_text(lines, max_length=self.options.max_length, multiline=True) else None

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": self.options.max_length}
        return schema | ({"x-language": self.options.language} if self.options.language else {})
