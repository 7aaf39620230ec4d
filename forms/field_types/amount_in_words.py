"""`amount_in_words`: the capital numerals (大写金额) of a number or amount of the same record."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from forms.field_types.formula import Formula
from forms.schema import FieldDocument


class AmountInWordsOptions(FieldDocument):
    """`field` is the number or amount; in a child row, one of the same row."""

    field: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")


class AmountInWords(Formula):
    """A formula that is already written."""

    type = "amount_in_words"
    Options = AmountInWordsOptions
    source = "formula"
    place = "field"

    def declared(self) -> dict[str, Any]:
        return {"type": "text", "max_length": 500}

    def expression(self) -> str | dict[str, Any]:
        return f"RMB_UPPER({self.options.field})"
