"""The trigger `created`."""

from __future__ import annotations

from typing import Any

from engine.protocols import Document
from rules.trigger import Occasion, Trigger, TriggerScope


class CreatedParams(Document):
    """Nothing to say."""


class Created(Trigger):
    """A record was created."""

    type = "created"
    Params = CreatedParams

    @classmethod
    def compile(cls, params: Any, scope: TriggerScope) -> Occasion:
        return Occasion(frozenset({"create"}))
