"""Workbooks that are written: their sheets, their lists, headers that are alike in both languages."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from python_calamine import CalamineWorkbook

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.access import Access
from forms.compiled import compiled_form
from forms.exports import service as exports
from forms.exports.options import ExportOptions
from forms.exports.run import file_of, run_export
from forms.imports.template import write_template
from forms.imports.workbook import write_workbook
from forms.transfers.folder import folder_of
from forms.transfers.sheet import NAMED, Sheet, sheet_name
from tests.forms.imports.desk import label, options, run_import

KINDS = options(a='半"寸', b="=1+1")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LABELS = [
    "进/出库[1]",
    "说明",
    "options",
    "History",
    "'单'",
    "长" * 40,
    "😀" * 16,
    "𠮷" + "客户" * 15,
    "' '单' '",
]


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("进/出库[1]:*?\\", (), "进_出库_1_____"),
        ("history", (), "history 2"),
        ("'单'", (), "单"),
        ("'' ", (), "_"),
        ("' '客户' '", (), "客户"),
        (" ' a", (), "a"),
        ("'' ' ", (), "_"),
        ("a" * 30 + "'b", (), "a" * 30),
        ("😀" * 16, (), "😀" * 15),
        ("a" * 30 + "𠮷", (), "a" * 30),
        ("😀" * 16, ("😀" * 15,), "😀" * 14 + " 2"),
        ("Notes", ("notes", "Notes 2"), "Notes 3"),
        ("长" * 40, ("长" * NAMED,), "长" * (NAMED - 2) + " 2"),
    ],
)
def test_a_label_becomes_a_name_that_spreadsheets_take(wanted: str, taken: Any, name: str) -> None:
    assert sheet_name(wanted, taken) == name


@pytest.mark.parametrize("title", LABELS)
def test_forms_of_any_label_have_templates_and_exports(
    runtime: Runtime, people: Any, tmp_path: Path, title: str
) -> None:
    fields = [
        {"key": "sku", "type": "text", "label": label("SKU", "SKU")},
        {"key": "kind", "type": "select", "label": label("种类", "Kind"), "options": KINDS},
    ]
    form = {"key": "thing", "label": label(title, title), "title": "sku", "fields": fields}
    app = {"key": "desk", "label": label("台", "desk")}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {"app": {"desk": app}, "form": {"thing": form}})
    with runtime.unit_of_work(SYSTEM) as work:
        found = compiled_form(work.app("desk"), "thing")
        access = Access(work, work.app("desk"))
        seen, writing = access.seen("thing"), access.demand("thing", "create")
        write_template(tmp_path / "template.xlsx", found, seen, writing, language="zh")
        made = exports.begin(work, work.app("desk"), found, ExportOptions(), job=False)
    book = CalamineWorkbook.from_path(str(tmp_path / "template.xlsx"))
    first, notes, lists = book.sheet_names
    assert book.get_sheet_by_name(first).to_python() == [["SKU", "种类"]]
    assert book.get_sheet_by_name(notes).to_python()[1][:2] == ["SKU", "sku"]
    assert book.get_sheet_by_name(lists).to_python() == [['半"寸'], ["=1+1"]]
    done = run_export(runtime, made.id)
    assert done.state == "done", done.report
    exported = CalamineWorkbook.from_filelike(io.BytesIO(file_of(runtime, done).read_bytes()))
    assert exported.get_sheet_by_index(0).to_python() == [["id", "SKU", "种类"]]


def test_a_header_may_be_alike_in_both_languages(runtime: Runtime, people: Any, tmp_path: Path) -> None:
    sku = {"key": "code", "type": "text", "label": label("SKU", "sku")}
    form = {"key": "thing", "label": label("物", "Thing"), "fields": [sku]}
    app = {"key": "desk", "label": label("台", "desk")}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {"app": {"desk": app}, "form": {"thing": form}})
    done = run_import(runtime, "thing", b"SKU\nA-1\n", tmp_path)
    assert (done.report["counts"]["inserted"], done.report["remarks"]) == (1, [])
    assert done.report["columns"] == {"SKU": "code"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_header_that_is_written_is_recognised_again(
    runtime: Runtime, people: Any, tmp_path: Path, language: Any
) -> None:
    """Labels like those of system fields, of each other in the other language, or the keys of other fields."""
    fields = [
        {"key": "who", "type": "text", "label": label("负责人", "Owner")},
        {"key": "first", "type": "text", "label": label("单价", "Price")},
        {"key": "second", "type": "text", "label": label("Price", "Cost")},
        {"key": "third", "type": "text", "label": label("fourth", "third *")},
        {"key": "fourth", "type": "text", "label": label("数量", "Qty")},
    ]
    form = {"key": "thing", "label": label("物", "Thing"), "title": "who", "fields": fields}
    app = {"key": "desk", "label": label("台", "desk")}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {"app": {"desk": app}, "form": {"thing": form}})
    values = {each["key"]: each["key"].upper() for each in fields}
    place = tmp_path / "template.xlsx"
    with runtime.unit_of_work(SYSTEM) as work:
        found = compiled_form(work.app("desk"), "thing")
        records.create(work, found, values)
        access = Access(work, work.app("desk"))
        write_template(
            place, found, access.seen("thing"), access.demand("thing", "create"), language=language
        )
        asked = ExportOptions.model_validate({"language": language, "fields": [*values, "created_at"]})
        made = exports.begin(work, work.app("desk"), found, asked, job=False)
    read = run_import(runtime, "thing", place.read_bytes(), tmp_path)
    assert [each["code"] for each in read.report["remarks"]] == ["no_rows"]
    assert set(read.report["columns"].values()) == set(values)
    exported = file_of(runtime, run_export(runtime, made.id)).read_bytes()
    again = run_import(runtime, "thing", exported, tmp_path)
    assert (again.report["remarks"], again.report["counts"]["inserted"]) == ([], 1)
    with runtime.reading(SYSTEM) as work:
        rows = work.rows(f"SELECT {', '.join(values)} FROM {found.table}")
    assert [tuple(row) for row in rows] == [tuple(values.values())] * 2


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("zh", "数: “x”不是数字。例如 1234.50、1,234.50 或 ￥1,234.50。"),
        ("en", "数: 'x' is not a number. For example 1234.50, 1,234.50 or ￥1,234.50."),
    ],
)
@pytest.mark.database("sqlite")
def test_the_workbook_of_bad_rows_says_reasons_in_sentences(
    runtime: Runtime, people: Any, tmp_path: Path, language: str, reason: str
) -> None:
    fields = [
        {"key": "name", "type": "text", "label": label("名称", "Name")},
        {"key": "n", "type": "int", "label": label("数", "Number")},
    ]
    form = {"key": "thing", "label": label("物", "Thing"), "fields": fields}
    app = {"key": "desk", "label": label("台", "desk")}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {"app": {"desk": app}, "form": {"thing": form}})
    done = run_import(runtime, "thing", "名称,数\n=甲,x\n".encode(), tmp_path)
    place = write_workbook(folder_of(runtime, done.id), done.progress["header"], language)
    _, row = CalamineWorkbook.from_path(str(place)).get_sheet_by_index(0).to_python()
    assert row == ["=甲", "x", 2.0, reason]


def test_reasons_and_headers_that_look_like_formulas_stay_text_when_they_are_edited(tmp_path: Path) -> None:
    place = tmp_path / "bad.xlsx"
    with Sheet(place, "errors") as sheet:
        sheet.header(["=1+1", "plain", "@why"], wide=[2])
        sheet.row(["=2+2", "a", "=cmd|' /C calc'!A0: bad\nworse"])
        sheet.row(["b", "=3+3", "plain"], marked=[1])
    with zipfile.ZipFile(place) as book:
        page, styles = (
            ET.fromstring(book.read(f"xl/{name}.xml")) for name in ("worksheets/sheet1", "styles")
        )
    looks = styles.findall(f"{MAIN}cellXfs/{MAIN}xf")
    fonts = styles.findall(f"{MAIN}fonts/{MAIN}font")

    def look(cell: str) -> tuple[bool, bool, bool]:
        found = page.find(f".//{MAIN}c[@r='{cell}']")
        assert found is not None
        assert found.find(f"{MAIN}f") is None
        xf = looks[int(found.get("s", "0"))]
        alignment = xf.find(f"{MAIN}alignment")
        wrapped = alignment is not None and alignment.get("wrapText") == "1"
        bold = fonts[int(xf.get("fontId", "0"))].find(f"{MAIN}b") is not None
        return xf.get("quotePrefix") == "1", wrapped, bold

    assert [look(cell) for cell in ("A1", "B1", "C1")] == [
        (True, False, True),
        (False, False, True),
        (True, False, True),
    ]
    assert [look(cell) for cell in ("A2", "B2", "C2")] == [
        (True, False, False),
        (False, False, False),
        (True, True, False),
    ]
    assert [look(cell) for cell in ("B3", "C3")] == [(True, False, False), (False, True, False)]
