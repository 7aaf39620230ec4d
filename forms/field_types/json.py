"""`json`: any JSON value, for what other systems send; kept as text with its keys in order."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import Field

from engine.expressions import Type
from engine.expressions import types as t
from engine.json_text import not_json
from forms.cells import Cell, empty, read_text_cell
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import PROSE
from forms.schema import FieldDocument
from forms.values import Problem

MANY_DIGITS = re.compile(r"[0-9][0-9.]{15}")
EXACT_DIGITS = 15


class JsonOptions(FieldDocument):
    """`max_length` counts the bytes of the value as text."""

    max_length: int = Field(default=100_000, ge=2, le=1_000_000)


class Json(FieldType):
    type = "json"
    Options = JsonOptions
    operators = PROSE

    def value_type(self) -> Type:
        return t.TEXT

    def codec(self) -> Codec:
        return Codec("text", form="json")

    def parse(self, raw: Any, reading: Reading) -> Any:
        try:
            text = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            raise Problem(
                "bad_json",
                "该 JSON 值无法保存：数字过大，或嵌套过深。",
                "This JSON value cannot be kept: a number is too large, or it is nested too deeply.",
            ) from None
        if len(text) > self.options.max_length:
            raise Problem(
                "too_long",
                f"最多 {self.options.max_length} 字节，现有 {len(text)} 字节。",
                f"At most {self.options.max_length} bytes; there are {len(text)}.",
            )
        if rb"\u0000" in text:
            raise Problem(
                "bad_character", "含有不可用的控制字符。", "It holds a character that cannot be stored."
            )
        return text.decode()

    def json_schema(self) -> dict[str, Any]:
        return {}

    def also_read(self) -> Sequence[dict[str, Any]]:
        return ()

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """A cell holds the value as JSON text."""
        if empty(cell):
            return None
        text = read_text_cell(cell)
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as wrong:
            said = not_json(wrong)
            raise Problem("bad_json", said["zh"], said["en"]) from None
        if MANY_DIGITS.search(text):
            json.loads(text, parse_float=_exact, parse_int=_exact)
        return value

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _exact(number: str) -> float:
    """Raises Problem for a number that readers of JSON may not keep whole."""
    digits = "".join(sign for sign in number.lower().split("e")[0] if sign.isdigit()).lstrip("0")
    if len(digits) > EXACT_DIGITS:
        raise Problem(
            "too_precise",
            "超过 15 位的 JSON 数字会丢失精度。",
            "A JSON number of more than 15 digits would lose some of them.",
            "把该数字放进引号。",
            "Put the number in quotation marks.",
        )
    return 0.0
