"""`submit`: a record is handed over to its flow."""

from __future__ import annotations

from engine.cases.step import ActingOnRecord, RunningCase, TestStep
from engine.definitions.app import Key
from flows.submission import submit


class SubmitParams(ActingOnRecord):
    """`flow` names one of several."""

    flow: Key | None = None


class Submit(TestStep):
    type = "submit"
    Params = SubmitParams

    def run(self, case: RunningCase) -> None:
        form, record = case.record(self.params.record)
        with case.acting(self.params.as_) as work:
            submit(work, case.app, form, record, flow=self.params.flow)
