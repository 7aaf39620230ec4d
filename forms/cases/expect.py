"""`expect`: what a record is for who looks at it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.cases.step import ActingOnRecord, RunningCase, TestStep, Unmet
from engine.findings import text
from forms.api_records import get_json
from forms.cases.expected import differing
from forms.compiled import compiled_form


class ExpectParams(ActingOnRecord):
    """`values` is a part of the record as JSON; fields in `hidden` are not shown to who looks."""

    values: dict[str, Any] = Field(default_factory=dict)
    hidden: tuple[str, ...] = ()


class Expect(TestStep):
    type = "expect"
    Params = ExpectParams

    def run(self, case: RunningCase) -> None:
        params: ExpectParams = self.params
        form, record = case.record(params.record)
        with case.acting(params.as_) as work:
            app = work.app(case.app)
            found = get_json(work, app, compiled_form(app, form), record)
        for name in params.hidden:
            if name in found:
                message = text(f"字段“{name}”本应不可见。", f"'{name}' should be hidden.")
                raise Unmet(message, pointer="/hidden")
        for pointer, expected, value in differing(case.value(params.values), found):
            message = text(f"应为 {expected!r}，实为 {value!r}。", f"Expected {expected!r}, found {value!r}.")
            raise Unmet(message, pointer=f"/values{pointer}")
