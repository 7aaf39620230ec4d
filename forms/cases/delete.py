"""`delete`: a record goes into the recycle bin."""

from __future__ import annotations

from engine.cases.step import ActingOnRecord, RunningCase, TestStep
from forms.api_records import delete_json
from forms.compiled import compiled_form


class Delete(TestStep):
    type = "delete"
    Params = ActingOnRecord

    def run(self, case: RunningCase) -> None:
        form, record = case.record(self.params.record)
        with case.acting(self.params.as_) as work:
            app = work.app(case.app)
            delete_json(work, app, compiled_form(app, form), record)
