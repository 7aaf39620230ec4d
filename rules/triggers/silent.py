"""The trigger `silent`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.protocols import Document
from rules.anchors import anchor
from rules.schema import LengthText
from rules.spans import parse_span
from rules.trigger import Timer, Trigger, TriggerScope


class SilentParams(Document):
    """`since` gives the last sign of life, `for` how long nothing may follow it."""

    since: str | dict[str, Any]
    span: LengthText = Field(alias="for")
    past: Literal["fire", "skip"] = Field(
        default="fire", description="Existing records that are silent for longer when the rule is published."
    )


class Silent(Trigger):
    """Nothing happened for a span, once per silence: a new sign of life starts the next one."""

    type = "silent"
    Params = SilentParams

    @classmethod
    def compile(cls, params: SilentParams, scope: TriggerScope) -> Timer | None:
        checked = anchor(params.since, "since", scope)
        if checked is None:
            return None
        return Timer(checked, parse_span(params.span), skip_past=params.past == "skip")
