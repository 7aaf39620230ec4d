"""`textarea`: text of several lines."""

from __future__ import annotations

from pydantic import Field

from forms.field_types.text import Text, TextOptions
from forms.operators import PROSE


class TextareaOptions(TextOptions):
    """Options of text areas."""

    max_length: int = Field(default=10_000, ge=1, le=100_000)


class Textarea(Text):
    type = "textarea"
    Options = TextareaOptions
    operators = PROSE
    multiline = True
