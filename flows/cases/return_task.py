"""`return`: the open task of a user sends the record back."""

from __future__ import annotations

from engine.cases.step import ActingOnRecord, RunningCase, TestStep
from engine.definitions.app import Key
from flows.cases.open_task import open_task
from flows.decisions import send_back


class ReturnParams(ActingOnRecord):
    """`to` is an approval passed before, "previous" or "start"."""

    to: str = "start"
    comment: str | None = None
    node: Key | None = None


class Return(TestStep):
    type = "return"
    Params = ReturnParams

    def run(self, case: RunningCase) -> None:
        params: ReturnParams = self.params
        _, record = case.record(params.record)
        with case.acting(params.as_) as work:
            task = open_task(work, record, params.node)
            send_back(work, task, to=params.to, comment=params.comment)
