"""`update`: a record is changed, as by PATCH."""

from __future__ import annotations

from typing import Any

from engine.cases.step import ActingOnRecord, RunningCase, TestStep
from forms.api_records import update_json
from forms.compiled import compiled_form


class UpdateParams(ActingOnRecord):
    """`values` is the body."""

    values: dict[str, Any]


class Update(TestStep):
    type = "update"
    Params = UpdateParams

    def run(self, case: RunningCase) -> None:
        params: UpdateParams = self.params
        form, record = case.record(params.record)
        with case.acting(params.as_) as work:
            app = work.app(case.app)
            update_json(work, app, compiled_form(app, form), record, case.value(params.values))
