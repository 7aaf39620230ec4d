"""`set`: values that people may not write, as a flow or a rule would set them."""

from __future__ import annotations

from typing import Any

from engine.cases.step import ActingOnRecord, RunningCase, TestStep
from engine.errors import Invalid
from engine.findings import Finding
from engine.identity.principal import SYSTEM
from forms import records
from forms.compiled import Form, compiled_form
from forms.unknown_fields import unknown_field
from forms.values import Problem


class SetParams(ActingOnRecord):
    """`values` as JSON; read-only fields are written too."""

    values: dict[str, Any]


class SetValues(TestStep):
    type = "set"
    Params = SetParams

    def run(self, case: RunningCase) -> None:
        form, record = case.record(self.params.record)
        with case.runtime.unit_of_work(SYSTEM, source="engine") as work:
            compiled = compiled_form(work.app(case.app), form)
            records.update(work, compiled, record, _read(compiled, case.value(self.params.values)))


def _read(form: Form, values: dict[str, Any]) -> dict[str, Any]:
    """Memory form. Raises Invalid."""
    found: dict[str, Any] = {}
    findings: list[Finding] = []
    for key, raw in values.items():
        field = form.fields.get(key)
        if field is None or field.system or field.derived or form.reading is None:
            findings.append(unknown_field(f"/values/{key}", key))
            continue
        try:
            found[key] = None if raw is None else field.kind.parse(raw, form.reading)
        except Problem as problem:
            findings.append(
                Finding(
                    "error", problem.code, f"/values/{key}{problem.pointer}", problem.message, problem.fix
                )
            )
    if findings:
        raise Invalid(findings)
    return found
