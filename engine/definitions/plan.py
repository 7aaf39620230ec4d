"""The plan of a publish: each step with its risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.findings import Text

Risk = Literal["safe", "warn", "destructive"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that publishing does, e.g. `add_field` at `/forms/quote/fields/note`."""

    action: str
    risk: Risk
    pointer: str
    message: Text

    def as_json(self) -> dict[str, object]:
        return {
            "action": self.action,
            "risk": self.risk,
            "pointer": self.pointer,
            "message": dict(self.message),
        }
