"""The trigger `date_reached`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from engine.protocols import Document
from rules.anchors import anchor
from rules.schema import OffsetText
from rules.spans import TIME_PATTERN, Span, parse_span, parse_time
from rules.trigger import Timer, Trigger, TriggerScope


class DateReachedParams(Document):
    """`at` gives a date or a moment; `offset` moves it; `time` is the local time of day."""

    at: str | dict[str, Any]
    offset: OffsetText | None = None
    time: Annotated[str, Field(pattern=TIME_PATTERN)] | None = None
    past: Literal["fire", "skip"] = Field(
        default="fire", description="Existing records whose moment is past when the rule is published."
    )


class DateReached(Trigger):
    """A date of the record is reached, once per value of the date; entered too late, it fires at once."""

    type = "date_reached"
    Params = DateReachedParams

    @classmethod
    def compile(cls, params: DateReachedParams, scope: TriggerScope) -> Timer | None:
        checked = anchor(params.at, "at", scope)
        if checked is None:
            return None
        return Timer(
            checked,
            parse_span(params.offset) if params.offset else Span(),
            parse_time(params.time) if params.time else None,
            skip_past=params.past == "skip",
        )
