"""`expect_task`: somebody has, or has not, an open task on a record."""

from __future__ import annotations

from engine.cases.step import ActingOnRecord, RunningCase, TestStep, Unmet
from engine.definitions.app import Key
from engine.findings import text
from flows.cases.open_task import open_tasks


class ExpectTaskParams(ActingOnRecord):
    """`as` is whose task it is; `open` false expects that there is none."""

    node: Key | None = None
    open: bool = True


class ExpectTask(TestStep):
    type = "expect_task"
    Params = ExpectTaskParams

    def run(self, case: RunningCase) -> None:
        params: ExpectTaskParams = self.params
        _, record = case.record(params.record)
        with case.acting(params.as_) as work:
            found = open_tasks(work, record, params.node)
            who = work.principal.user
        if bool(found) is params.open:
            return
        nodes = ", ".join(each["node"] for each in found)
        if params.open:
            raise Unmet(text(f"{who} 在该记录上没有待办。", f"{who} has no open task on the record."))
        raise Unmet(
            text(f"{who} 本应没有待办，却有：{nodes}。", f"{who} should have no open task, but has: {nodes}.")
        )
