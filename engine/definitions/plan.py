"""The plan of a publish: each step with its risk and what it does to stored data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.findings import Finding, Text, error

Risk = Literal["safe", "warn", "destructive"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that publishing does, e.g. `add_field` at `/forms/quote/fields/note`: `pointer` names things
    by their keys, since it may lead to what only the old or only the new version has.

    `rows` is how many rows it concerns, `lost` how many values no field will show afterwards. A step that is
    `long` is done by a job before the version is flipped.
    """

    action: str
    risk: Risk
    pointer: str
    message: Text
    rows: int | None = None
    lost: int | None = None
    long: bool = False

    def as_json(self) -> dict[str, object]:
        found: dict[str, object] = {
            "action": self.action,
            "risk": self.risk,
            "pointer": self.pointer,
            "message": dict(self.message),
        }
        counts = {"rows": self.rows, "lost": self.lost}
        return found | {key: count for key, count in counts.items() if count is not None}


@dataclass(frozen=True, slots=True)
class Impact:
    """What a kind of definition says about a publish: its steps, and what must not be done at all."""

    steps: Sequence[Step] = ()
    findings: Sequence[Finding] = ()


NO_IMPACT = Impact()


def unapproved(steps: Iterable[Step], approve: Sequence[str]) -> list[Finding]:
    """A finding for each destructive step that nobody approved by its pointer, and for each approval of
    something that no step destroys.
    """
    wanted = [step for step in steps if step.risk == "destructive"]
    known = {step.pointer for step in wanted}
    found = [_needs_approval(step) for step in wanted if step.pointer not in approve]
    return found + [_nothing(pointer) for pointer in approve if pointer not in known]


def _needs_approval(step: Step) -> Finding:
    return error(
        "needs_approval",
        step.pointer,
        step.message,
        Text(
            zh=f"确认无误后，请在发布时于 approve 中写明“{step.pointer}”。",
            en=f"If that is meant, name '{step.pointer}' in `approve` when publishing.",
        ),
    )


def _nothing(pointer: str) -> Finding:
    return error(
        "nothing_to_approve",
        "/approve",
        Text(
            zh=f"此次发布没有需要批准的“{pointer[:200]}”。",
            en=f"Nothing at '{pointer[:200]}' needs approval in this publish.",
        ),
        Text(
            zh="请逐一写出计划中标为 destructive 的步骤的 pointer。",
            en="Name the pointer of each destructive step of the plan, one by one.",
        ),
    )
