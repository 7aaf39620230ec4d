"""An app with a form that has one field of every sample, and a child table with the same fields."""

from __future__ import annotations

from typing import Any

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import Form, compiled_form
from tests.forms.sample import RECORD, Sample
from tests.forms.samples import SAMPLES
from tests.forms.samples_files import keep_files
from tests.forms.shop import name

TARGET = {
    "key": "target",
    "label": name("target"),
    "fields": [{"key": "name", "type": "text", "label": name("name")}],
}


def field_of(key: str, sample: Sample, **more: Any) -> dict[str, Any]:
    """The document of the field of one sample."""
    return {"key": f"f_{key}", "type": sample.type, "label": name(f"f_{key}"), **sample.options, **more}


def sheet(**more: Any) -> dict[str, Any]:
    """A form with every sample, in the record and in its child rows."""
    fields = [field_of(key, sample) for key, sample in SAMPLES.items()]
    rows = {"key": "rows", "type": "subtable", "label": name("rows"), "fields": fields}
    return {"key": "sheet", "label": name("sheet"), "fields": [*fields, rows], **more}


def publish_sheet(runtime: Runtime, *forms: dict[str, Any]) -> Form:
    """The form `sheet`, published, with a record that references can name."""
    documents = {form["key"]: form for form in (TARGET, *(forms or (sheet(),)))}
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        publish(work, {"app": {"sheets": {"key": "sheets", "label": name("sheets")}}, "form": documents})
    keep_files(runtime)
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        app = work.app("sheets")
        records.create(work, compiled_form(app, "target"), {"id": RECORD, "name": "one"})
        return compiled_form(app, next(key for key in documents if key != "target"))
