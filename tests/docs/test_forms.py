"""The tables of docs/forms.md are true of every type."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.docs.pages import DOCS, code, table
from tests.support.client import AsUser

COLUMNS = ("类型 / type", "选项 / options", "值 / value", "单元格 / cell")
NOTHING = "–"
PATH = "/apps/sheets/forms/sheet/records"


def rows() -> list[tuple[str, dict[str, Any], Any, str | None]]:
    """(type, options, value, cell) of the types that the page shows a value of."""
    found = []
    for row in table("forms.md", *COLUMNS):
        kind, options, value, cell = (row[column] for column in COLUMNS)
        if value != NOTHING:
            shown = None if cell == NOTHING else code(cell)
            found.append((code(kind), json.loads(code(options)), json.loads(code(value)), shown))
    return found


def test_every_type_is_on_the_page() -> None:
    from api.boot import BUILT_INS
    from engine.plugins import extensions
    from engine.registry import fill

    types = fill(extensions(BUILT_INS))["field_type"]
    page = (DOCS / "forms.md").read_text("utf-8")
    section = page.split("### 排版 / Layout")[1]
    listed = {code(row[COLUMNS[0]]) for row in table("forms.md", *COLUMNS)}
    arranging = {key for key in types if types[key].layout and key not in listed}
    assert listed | arranging == set(types)
    assert arranging <= set(re.findall(r"`(\w+)`", section))


def test_values_and_cells_of_the_tables_mean_what_the_page_says(
    runtime: Any, people: Any, as_user: AsUser
) -> None:
    from tests.forms.sheet import publish_sheet
    from tests.forms.shop import name
    from tests.forms.test_field_types import READING

    shown = rows()
    fields = [
        {"key": f"f_{kind}", "type": kind, "label": name(kind), **options} for kind, options, _, _ in shown
    ]
    form = publish_sheet(runtime, {"key": "sheet", "label": name("sheet"), "fields": fields})
    root = as_user("root")
    for kind, _, value, cell in shown:
        made = root.post(PATH, {f"f_{kind}": value})
        assert made.status_code == 201, (kind, made.json()["errors"])
        assert made.json()[f"f_{kind}"] == value, kind
        if cell is not None:
            read = form.fields[f"f_{kind}"].kind.read_cell(cell, READING)
            again = root.post(PATH, {f"f_{kind}": read})
            assert again.status_code == 201, (kind, cell, again.json()["errors"])
            assert again.json()[f"f_{kind}"] == value, (kind, cell)
