"""The action `forbid`: refuse the save, with a sentence for the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from engine.errors import Invalid
from engine.findings import Text, error, text
from engine.protocols import Action, ActionContext, ActionScope, Document


class Sentence(Document):
    """A message in both languages."""

    zh: str = Field(min_length=1, max_length=500)
    en: str = Field(min_length=1, max_length=500)


class ForbidParams(Document):
    """`field` is where the message stands; `code` is what other systems look at."""

    message: Sentence
    field: str | None = None
    code: str = Field(default="forbidden_by_rule", pattern=r"^[a-z][a-z0-9_]{0,59}$")


@dataclass(frozen=True, slots=True)
class Forbid(Action):
    """Only in rules before saving: nothing of the save is stored."""

    type = "forbid"
    Params = ForbidParams

    code: str
    field: str | None
    message: Text

    @classmethod
    def compile(cls, params: ForbidParams, scope: ActionScope) -> Forbid | None:
        if params.field is not None and params.field not in set(scope.shape.names()):
            scope.context.unknown(
                "unknown_field",
                f"{scope.pointer}/field",
                params.field,
                scope.shape.names(),
                text("字段", "field"),
            )
            return None
        return cls(params.code, params.field, text(params.message.zh, params.message.en))

    def run(self, context: ActionContext) -> dict[str, Any]:
        """Raises Invalid."""
        raise Invalid([error(self.code, f"/{self.field}" if self.field else "", self.message)])
