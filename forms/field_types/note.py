"""`note`: an explanation between fields."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.protocols import Document
from forms.layout import Layout, LayoutDocument


class NoteText(Document):
    """The explanation in Chinese and English; Markdown."""

    zh: str = Field(min_length=1, max_length=5000)
    en: str = Field(min_length=1, max_length=5000)


class NoteOptions(LayoutDocument):
    """`text` is what it says, `tone` how urgently."""

    text: NoteText
    tone: Literal["info", "success", "warning", "danger"] = "info"


class Note(Layout):
    type = "note"
    Options = NoteOptions
