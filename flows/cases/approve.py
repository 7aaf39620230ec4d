"""`approve`: the open task of a user on a record is approved."""

from __future__ import annotations

from engine.cases.step import RunningCase, TestStep
from flows.cases.decide import DecideParams, decide_task


class Approve(TestStep):
    type = "approve"
    Params = DecideParams

    def run(self, case: RunningCase) -> None:
        decide_task(case, self.params, "approve")
