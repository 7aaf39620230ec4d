"""Logic-less texts: `{{expression}}` is replaced by its value; there is nothing else to learn.

Expressions are checked and compiled when the app is published. What a template may read is what any
expression of that place may read; a value is inserted as it stands and never read as a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from engine.connect.labels import labels_of
from engine.connect.values import Label, Reader, as_words
from engine.definitions.context import Context
from engine.definitions.sealed import sealed_fields
from engine.expressions import CheckedExpression, Env, Scope
from engine.findings import text
from engine.protocols import Document

OPEN, CLOSE = "{{", "}}"
QUOTES = "\"'"


class TemplateText(Document):
    """A template in Chinese and English."""

    zh: str = Field(min_length=1, max_length=10_000)
    en: str = Field(min_length=1, max_length=10_000)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where a value goes."""

    expression: CheckedExpression
    labels: Mapping[str, Label] | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """Fixed texts and slots, in order. `sealed` are the encrypted fields that they read."""

    parts: tuple[str | Slot, ...]
    sealed: tuple[str, ...] = ()

    def render(self, record: Mapping[str, Any], env: Env, reader: Reader) -> str:
        """The text for `reader`."""
        return self.filled(
            record, env, lambda value, slot: as_words(value, slot.expression.type, reader, slot.labels)
        )

    def filled(self, record: Mapping[str, Any], env: Env, write: Callable[[Any, Slot], str]) -> str:
        """The text with each value written by `write`."""
        return "".join(
            part if isinstance(part, str) else write(part.expression.evaluate(record, env), part)
            for part in self.parts
        )


class TemplateError(ValueError):
    """A `{{` without its `}}`; `position` is where it stands."""

    def __init__(self, position: int) -> None:
        super().__init__(f"unclosed {OPEN} at {position}")
        self.position = position


def split(source: str) -> list[tuple[bool, str]]:
    """(is it an expression, text) in order. `}}` inside quotes does not close. Raises TemplateError."""
    parts: list[tuple[bool, str]] = []
    at = 0
    while (start := source.find(OPEN, at)) >= 0:
        end = closing(source, start + len(OPEN))
        parts += [(False, source[at:start]), (True, source[start + len(OPEN) : end].strip())]
        at = end + len(CLOSE)
    parts.append((False, source[at:]))
    return [part for part in parts if part[0] or part[1]]


def closing(source: str, start: int) -> int:
    """Where the `}}` stands that ends what begins at `start`; inside quotes it does not. Raises TemplateError."""
    quote = ""
    for position in range(start, len(source) - 1):
        sign = source[position]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in QUOTES:
            quote = sign
        elif source.startswith(CLOSE, position):
            return position
    raise TemplateError(start - len(OPEN))


def compile_template(source: str, pointer: str, scope: Scope, context: Context) -> Template | None:
    """The compiled template, or None after adding what is wrong as findings."""
    try:
        pieces = split(source)
    except TemplateError as wrong:
        context.error(
            "template_unclosed",
            pointer,
            text(
                f"第 {wrong.position + 1} 个字符处的 {{{{ 没有配对的 }}}}。",
                f"The {{{{ at character {wrong.position + 1} has no }}}}.",
            ),
            text("请补上 }}。", "Add the }}."),
        )
        return None
    parts: list[str | Slot] = []
    sealed: list[str] = []
    complete = True
    for is_expression, piece in pieces:
        if not is_expression:
            parts.append(piece)
            continue
        checked = context.expression(piece, pointer, scope)
        if checked is None:
            complete = False
        else:
            parts.append(Slot(checked, labels_of(checked, scope, context)))
            sealed += sealed_fields(checked, scope)
    return Template(tuple(parts), tuple(dict.fromkeys(sealed))) if complete else None


def compile_both(
    source: TemplateText, pointer: str, scope: Scope, context: Context
) -> dict[str, Template] | None:
    """The template in each language, or None after adding findings."""
    compiled = {
        "zh": compile_template(source.zh, f"{pointer}/zh", scope, context),
        "en": compile_template(source.en, f"{pointer}/en", scope, context),
    }
    ready = {locale: template for locale, template in compiled.items() if template is not None}
    return ready if len(ready) == len(compiled) else None
