"""What field types have in common whose values are texts."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.values import Problem

LITERAL = Reading(ZoneInfo("UTC"))
"""How a text in an expression is read; no text depends on a zone."""


class TextField(FieldType):
    """A text in expressions and in the store; what makes it valid is for each type to say."""

    def value_type(self) -> Type:
        return replace(t.TEXT, spelled=self.spelled)

    def spelled(self, text: str) -> str:
        """A text of an expression as the field stores it: `13812345678` is +8613812345678 for a phone. What the
        field does not take stays as it is, and equals nothing.
        """
        try:
            stored = self.parse(text, LITERAL)
        except Problem:
            return text
        return stored if isinstance(stored, str) else text

    def codec(self) -> Codec:
        return Codec("text")
