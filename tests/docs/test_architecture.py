"""The field type that docs/architecture.md shows works as an extension."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from tests.docs.pages import ROOT, blocks, code, table


def field_type() -> Any:
    """The class of the page, in a module of its own."""
    (block,) = blocks("architecture.md", "python")
    module = types.ModuleType("plate_field_of_the_docs")
    sys.modules[module.__name__] = module
    exec(compile(block.text, block.place, "exec"), module.__dict__)
    return module.Plate


@pytest.mark.database("sqlite")
def test_the_field_type_of_the_page_checks_and_keeps_plates(settings: Any, clock: Any) -> None:
    from api.boot import build
    from engine.definitions.publish import publish
    from engine.errors import Invalid
    from engine.identity.principal import SYSTEM
    from forms import api_records
    from forms.compiled import compiled_form

    label = {"zh": "车辆", "en": "Car"}
    plate = {"key": "plate", "type": "plate", "label": label}
    documents = {
        "app": {"garage": {"key": "garage", "label": label}},
        "form": {"car": {"key": "car", "label": label, "fields": [plate]}},
    }
    runtime = build(settings, clock=clock, extra=[field_type()])
    try:
        with runtime.unit_of_work(SYSTEM) as work:
            publish(work, documents)
        with runtime.unit_of_work(SYSTEM) as work:
            app = work.app("garage")
            form = compiled_form(app, "car")
            made = api_records.create_json(work, app, form, {"plate": "沪a12345"})
            assert made["plate"] == "沪A12345"
            with pytest.raises(Invalid) as refused:
                api_records.create_json(work, app, form, {"plate": "12345"})
        assert [each.code for each in refused.value.findings] == ["bad_plate"]
    finally:
        runtime.close()


def test_the_files_that_the_page_names_are_there() -> None:
    for row in table("architecture.md", "文件夹 / folder"):
        assert (ROOT / code(row["文件夹 / folder"])).is_dir()
    for row in table("architecture.md", "文件 / file", "基类 / base"):
        module, name = code(row["基类 / base"]).rsplit(".", 1)
        path = ROOT / (module.replace(".", "/") + ".py")
        assert f"class {name}" in path.read_text("utf-8")
