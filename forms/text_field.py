"""What field types have in common whose values are texts."""

from __future__ import annotations

from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.field_type import FieldType


class TextField(FieldType):
    """A text in expressions and in the store; what makes it valid is for each type to say."""

    def value_type(self) -> Type:
        return t.TEXT

    def codec(self) -> Codec:
        return Codec("text")
