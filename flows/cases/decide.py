"""What approving and rejecting in test cases share."""

from __future__ import annotations

from typing import Any

from engine.cases.step import ActingOnRecord, RunningCase
from engine.definitions.app import Key
from flows.cases.open_task import open_task
from flows.decisions import decide
from flows.state import Choice


class DecideParams(ActingOnRecord):
    """`values` are the fields that the task opens; `node` tells several open tasks apart."""

    comment: str | None = None
    values: dict[str, Any] | None = None
    node: Key | None = None


def decide_task(case: RunningCase, params: DecideParams, choice: Choice) -> None:
    """Decide the only open task of who acts. Raises Unmet, and what the decision raises."""
    _, record = case.record(params.record)
    with case.acting(params.as_) as work:
        task = open_task(work, record, params.node)
        values = case.value(params.values) if params.values is not None else None
        decide(work, task, choice, comment=params.comment, values=values)
