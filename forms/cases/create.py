"""`create`: a new record, as over REST."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.cases.step import Acting, RunningCase, TestStep
from engine.definitions.app import Key
from engine.definitions.context import Context
from engine.findings import text
from forms.api_records import create_json
from forms.compiled import compiled_form


class CreateParams(Acting):
    """`values` is the body; `name` stands for the record in later steps, as `$name`."""

    form: Key
    name: Key | None = None
    values: dict[str, Any] = Field(default_factory=dict)


class Create(TestStep):
    type = "create"
    Params = CreateParams

    def check(self, pointer: str, context: Context) -> None:
        check_form(self.params.form, f"{pointer}/form", context)

    def run(self, case: RunningCase) -> None:
        params: CreateParams = self.params
        with case.acting(params.as_) as work:
            app = work.app(case.app)
            made = create_json(work, app, compiled_form(app, params.form), case.value(params.values))
        if params.name is not None:
            case.names[params.name] = params.form, made["id"]


def check_form(form: str, pointer: str, context: Context) -> None:
    """A finding when the app has no such form."""
    known = context.documents.get("form", {})
    if form not in known:
        context.unknown("unknown_form", pointer, form, known, text("表单", "form"))
