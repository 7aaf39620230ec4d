"""The document of a print template."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from engine.definitions.app import Key, Label
from engine.protocols import Document

MAX_LINES = 2_000
MAX_LETTERS = 50_000

Millimetres = Annotated[float, Field(ge=0, le=100)]


def _lines(given: Any) -> Any:
    return given.split("\n") if isinstance(given, str) else given


Lines = Annotated[
    tuple[Annotated[str, Field(max_length=MAX_LETTERS)], ...],
    BeforeValidator(_lines),
    Field(max_length=MAX_LINES),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}, mode="validation"
    ),
]
"""A text, or a list of its lines."""


class Words(Document):
    """A template text in Chinese and English; without `en` the Chinese one serves both."""

    zh: Lines
    en: Lines | None = None


class Margins(Document):
    """In millimetres."""

    top: Millimetres = 20
    right: Millimetres = 18
    bottom: Millimetres = 20
    left: Millimetres = 18


class PaperSize(Document):
    """A paper of its own, in millimetres: labels, receipts."""

    width: float = Field(ge=30, le=1000)
    height: float = Field(ge=30, le=1000)


class Page(Document):
    """The paper. `orientation` turns a named size; `font_size` is in points."""

    size: Literal["A3", "A4", "A5", "B5", "letter"] | PaperSize = "A4"
    orientation: Literal["portrait", "landscape"] = "portrait"
    margins: Margins = Margins()
    font_size: float = Field(default=10, ge=5, le=30)


class Band(Document):
    """A header or footer: plain texts with `{{expression}}`, `{{$page}}` and `{{$pages}}`."""

    left: Words | None = None
    center: Words | None = None
    right: Words | None = None


class PrintTemplateDocument(Document):
    """How records of a form are printed.

    `body` is HTML of a small, safe kind with `{{expression}}`, `{{#each lines}}…{{/each}}` and
    `{{#if expression}}…{{else}}…{{/if}}`. `when` is what a record must fulfil to be printed, `file_name` what
    the file is called.
    """

    key: Key
    label: Label
    description: Label | None = None
    form: str
    page: Page = Page()
    header: Band | None = None
    footer: Band | None = None
    body: Words
    when: str | dict[str, Any] | None = None
    file_name: Words | None = None
