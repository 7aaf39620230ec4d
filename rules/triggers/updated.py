"""The trigger `updated`."""

from __future__ import annotations

from pydantic import Field

from engine.findings import text
from engine.protocols import Document
from rules.trigger import Occasion, Trigger, TriggerScope, is_stored


class UpdatedParams(Document):
    """`fields` narrows to changes of these; child tables count as fields."""

    fields: list[str] | None = Field(default=None, min_length=1, max_length=100)


class Updated(Trigger):
    """A record was changed, or one of the named fields of it."""

    type = "updated"
    Params = UpdatedParams

    @classmethod
    def compile(cls, params: UpdatedParams, scope: TriggerScope) -> Occasion | None:
        if params.fields is None:
            return Occasion(frozenset({"update"}))
        known = set(scope.shape.names())
        for position, name in enumerate(params.fields):
            if name not in known:
                pointer = f"{scope.pointer}/fields/{position}"
                scope.context.unknown("unknown_field", pointer, name, known, text("字段", "field"))
            elif not is_stored(scope.form, name):
                scope.refuse_unnoticed(name, f"{scope.pointer}/fields/{position}")
        if not all(is_stored(scope.form, name) for name in params.fields):
            return None
        return Occasion(frozenset({"update"}), frozenset(params.fields))
