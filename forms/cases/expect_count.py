"""`expect_count`: how many records fit a condition for who looks."""

from __future__ import annotations

from pydantic import Field

from engine.cases.step import Acting, RunningCase, TestStep, Unmet
from engine.definitions.app import Key
from engine.definitions.context import Context
from engine.findings import text
from forms.cases.create import check_form
from forms.compiled import compiled_form
from forms.listing import ListQuery, list_json


class ExpectCountParams(Acting):
    """Without `filter` all records of the form count."""

    form: Key
    filter: str | None = Field(default=None, min_length=1, max_length=2000)
    count: int = Field(ge=0)


class ExpectCount(TestStep):
    type = "expect_count"
    Params = ExpectCountParams

    def check(self, pointer: str, context: Context) -> None:
        check_form(self.params.form, f"{pointer}/form", context)

    def run(self, case: RunningCase) -> None:
        params: ExpectCountParams = self.params
        with case.acting(params.as_) as work:
            app = work.app(case.app)
            query = ListQuery(filter=params.filter, fields="id", limit=1, count="exact")
            found = list_json(work, app, compiled_form(app, params.form), query)["count"]
        if found != params.count:
            message = text(
                f"应有 {params.count} 条记录，实有 {found} 条。",
                f"Expected {params.count} records, found {found}.",
            )
            raise Unmet(message, pointer="/count")
