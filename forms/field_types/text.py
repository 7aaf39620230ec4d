"""`text`: one line of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import re2
from pydantic import Field

from engine.definitions.app import Label
from engine.definitions.context import Context
from engine.findings import Text as Sentence
from forms.field_type import EMPTY, Reading
from forms.operators import TEXT
from forms.schema import FieldDocument
from forms.text_field import TextField
from forms.values import LOOKS_BLANK, Problem, read_text


class TextOptions(FieldDocument):
    """Options of text fields. `pattern` is RE2, which cannot hang on any input; `pattern_message` says in words
    what it asks for.
    """

    max_length: int = Field(default=500, ge=1, le=4000)
    pattern: str | None = None
    pattern_message: Label | None = None


class Text(TextField):
    type = "text"
    Options = TextOptions
    operators = TEXT
    multiline: ClassVar[bool] = False

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self._pattern: Any = None
        self._most: int = options.max_length

    def check(self, pointer: str, context: Context) -> None:
        if not self.options.pattern:
            return
        try:
            self._pattern = re2.compile(self.options.pattern)  # type: ignore[no-untyped-call]
        except re2.error as wrong:
            context.error(
                "bad_pattern",
                f"{pointer}/pattern",
                Sentence(
                    zh=f"正则表达式无效：{wrong}", en=f"The pattern is not a valid RE2 expression: {wrong}"
                ),
            )

    def parse(self, raw: Any, reading: Reading) -> Any:
        if type(raw) is str and len(raw) <= self._most and raw.isprintable() and raw[:1] not in LOOKS_BLANK:
            value = raw.strip() or None
        else:
            value = read_text(raw, max_length=self._most, multiline=self.multiline)
        if value is not None and self._pattern is not None and not self._pattern.search(value):
            raise self._unlike_pattern()
        return value

    def _unlike_pattern(self) -> Problem:
        said = self.options.pattern_message
        if said is not None:
            return Problem("pattern", said.zh, said.en)
        return Problem(
            "pattern",
            "格式不符合要求。",
            "The format does not fit.",
            f"应符合 {self.options.pattern} 。",
            f"It has to match {self.options.pattern} .",
        )

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": self.options.max_length}
        return schema | ({"pattern": self.options.pattern} if self.options.pattern else {})

    def also_read(self) -> Sequence[dict[str, Any]]:
        return (EMPTY,) if self.options.pattern else ()
