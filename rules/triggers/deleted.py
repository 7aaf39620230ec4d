"""The trigger `deleted`."""

from __future__ import annotations

from typing import Any

from engine.protocols import Document
from rules.trigger import Occasion, Trigger, TriggerScope


class DeletedParams(Document):
    """Nothing to say."""


class Deleted(Trigger):
    """A record was deleted; the condition and the actions see it as it was."""

    type = "deleted"
    Params = DeletedParams

    @classmethod
    def compile(cls, params: Any, scope: TriggerScope) -> Occasion:
        return Occasion(frozenset({"delete"}))
