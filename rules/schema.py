"""The document of a rule as a designer writes it; triggers and actions bring their own parameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from engine.definitions.app import Key, Label
from engine.definitions.wording import Unfit
from engine.protocols import Document
from forms.schema import Condition
from rules.spans import SPAN_PATTERN, SpanError, parse_span

Phase = Literal["before", "after"]


def _offset(text: str) -> str:
    try:
        parse_span(text)
    except SpanError:
        raise Unfit(
            "请写不超过一百年的时间段，例如 168h、3d、-30d",
            "write a span of at most a century, such as 168h, 3d or -30d",
        ) from None
    return text


def _length(text: str) -> str:
    if text.startswith("-") or not parse_span(_offset(text)):
        raise Unfit("时间段须大于零，例如 168h、3d", "write a span longer than nothing, such as 168h or 3d")
    return text


OffsetText = Annotated[str, Field(pattern=SPAN_PATTERN), AfterValidator(_offset)]
"""A span that may point back: "-30d"."""
LengthText = Annotated[str, Field(pattern=SPAN_PATTERN), AfterValidator(_length)]
"""A span that lasts: "168h"."""


class RuleDocument(Document):
    """When something happens to a record of `form` and `when` holds, do `actions` in order."""

    key: Key
    label: Label
    description: Label | None = None
    form: Key
    trigger: dict[str, Any] = Field(description='{"type": ..., and what this trigger needs}')
    when: Condition = Field(default=True, description="The rule fires only when this is true.")
    phase: Phase = Field(
        default="after",
        description="before: while the record is being saved, may set its fields or forbid; after: once it is saved.",
    )
    priority: int = Field(default=100, ge=0, le=10_000, description="Lower runs first; the key breaks ties.")
    cancel_when: Condition = Field(
        default=False, description="Ends a waiting sequence as soon as the record fulfils it."
    )
    enabled: bool = True
    actions: list[dict[str, Any]] = Field(min_length=1, max_length=50)
