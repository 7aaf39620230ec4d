"""`find`: the only record that fits a condition gets a name."""

from __future__ import annotations

from pydantic import Field

from engine.cases.step import Acting, RunningCase, TestStep, Unmet
from engine.definitions.app import Key
from engine.definitions.context import Context
from engine.findings import text
from forms.cases.create import check_form
from forms.compiled import compiled_form
from forms.listing import ListQuery, list_json


class FindParams(Acting):
    """`filter` is an expression over the form."""

    form: Key
    filter: str = Field(min_length=1, max_length=2000)
    name: Key


class Find(TestStep):
    type = "find"
    Params = FindParams

    def check(self, pointer: str, context: Context) -> None:
        check_form(self.params.form, f"{pointer}/form", context)

    def run(self, case: RunningCase) -> None:
        params: FindParams = self.params
        with case.acting(params.as_) as work:
            app = work.app(case.app)
            query = ListQuery(filter=params.filter, fields="id", limit=2, count="exact")
            found = list_json(work, app, compiled_form(app, params.form), query)
        if len(found["items"]) != 1:
            count = found["count"]
            message = text(
                f"符合条件的记录有 {count} 条，应恰有一条。", f"{count} records fit; exactly one should."
            )
            raise Unmet(message, pointer="/filter")
        case.names[params.name] = params.form, found["items"][0]["id"]
