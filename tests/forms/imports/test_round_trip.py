"""What is exported imports again identically."""

from __future__ import annotations

import random

import pytest

from engine.identity.principal import SYSTEM
from forms import records
from forms.compiled import compiled_form
from forms.exports import service as exports
from forms.exports.options import ExportOptions
from forms.exports.run import file_of, run_export
from tests.forms.imports.desk import run_import

TRICKY = [
    "=1+1",
    "'=1+1",
    "''",
    "+8613800000000",
    "-1",
    "@SUM(A1)",
    "＝全角",
    "0012",
    "1e5",
    "TRUE",
    "2026-03-01",
    "a,b;c\td",
    '引号"内"',
    "line one\nline two",
    "_x000D_ literally",
    "😀 and é",
    "123456789012345678",
]

SHOWN = {"region": "code", "customer": "name"}
"""What names a record of another form, whatever its id."""


def fill(runtime):
    dice = random.Random(7)
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        regions = [
            records.create(work, compiled_form(app, "region"), {"code": code, "name": "同名"})["id"]
            for code in ("EAST", "N,W", "a [b]")
        ]
        customers = []
        for number, text in enumerate(TRICKY):
            values = {
                "name": text.replace("\n", " "),
                "note": text,
                "region": regions[number % 3],
            }
            if number % 2:
                values |= {"credit": dice.randrange(10**12), "vip": bool(number % 3), "tags": ("x", "z")}
            if number % 3:
                values |= {"phone": f"+86138{number:08d}", "manager": "li", "level": None}
            if number % 5:
                values |= {"since": work.now.date(), "next_call": work.now}
            customers.append(records.create(work, compiled_form(app, "customer"), values)["id"])
        for number in range(5):
            lines = [
                {"product": f"P{line}", "qty": line + 1, "price": None if line == 1 else line * 100}
                for line in range(number)
            ]
            order = {"ref_no": f"S{number}", "customer": customers[number], "lines": lines}
            records.create(work, compiled_form(app, "sale"), order)


def export(runtime, form, who=SYSTEM, **options):
    with runtime.unit_of_work(who) as work:
        app = work.app("desk")
        asked = ExportOptions.model_validate(options)
        made = exports.begin(work, app, compiled_form(app, form), asked, job=False)
    done = run_export(runtime, made.id)
    assert done.state == "done", done.report
    return file_of(runtime, done).read_bytes()


def content(runtime, form):
    with runtime.reading(SYSTEM) as work:
        kind = compiled_form(work.app("desk"), form)
        rows = work.rows(f"SELECT id FROM {kind.table} WHERE deleted_at IS NULL ORDER BY created_at, id")
        found = []
        for (key,) in rows:
            record = records.load(work, kind, key)
            own = {each.key: record[each.key] for each in kind.fields.values() if not each.system}
            for each in (each for each in kind.fields.values() if each.target in SHOWN and record[each.key]):
                other = compiled_form(work.app("desk"), each.target)
                own[each.key] = records.load(work, other, record[each.key])[SHOWN[each.target]]
            own |= {
                child: [(row["product"], row["qty"], row["price"]) for row in record[child]]
                for child in kind.children
            }
            found.append(own)
        return found


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_file_imported_over_what_it_was_made_of_changes_nothing(runtime, desk, tmp_path, kind, language):
    fill(runtime)
    for form, count in (("region", 3), ("customer", len(TRICKY)), ("sale", 5)):
        file = export(runtime, form, format=kind, language=language)
        done = run_import(runtime, form, file, tmp_path, mode="upsert")
        assert done.report.get("errors", []) == []
        assert done.report["counts"] == {"inserted": 0, "updated": 0, "unchanged": count, "failed": 0}
        assert done.report["remarks"] == []


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_file_imported_into_an_empty_store_makes_the_same_records(runtime, desk, tmp_path, kind):
    fill(runtime)
    files = {form: export(runtime, form, format=kind) for form in ("region", "customer", "sale")}
    before = {form: content(runtime, form) for form in files}
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        for form in ("sale", "customer", "region"):
            kind_ = compiled_form(app, form)
            for child in kind_.children.values():
                work.run(f"DELETE FROM {child.table}")
            work.run(f"DELETE FROM {kind_.table}")
        work.run("DELETE FROM ff_counter")
    for form, file in files.items():
        done = run_import(runtime, form, file, tmp_path)
        assert done.report.get("errors", []) == []
        assert content(runtime, form) == before[form]


@pytest.mark.parametrize(("kind", "codes"), [("xlsx", ["cell_cut_off"]), ("csv", [])])
def test_a_text_longer_than_a_cell_is_never_replaced_by_its_first_part(runtime, desk, tmp_path, kind, codes):
    text = "长" * 40_000
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "customer")
        made = records.create(work, form, {"name": "甲", "note": text})
        asked = ExportOptions(format=kind)
        exported = exports.begin(work, work.app("desk"), form, asked, job=False)
    done = run_export(runtime, exported.id)
    remarks = [each["code"] for each in done.report["remarks"]]
    assert remarks == ["cells_cut_off"][: len(codes)]
    back = run_import(runtime, "customer", file_of(runtime, done).read_bytes(), tmp_path, mode="update")
    assert [each["code"] for each in back.report["errors"]] == codes
    with runtime.reading(SYSTEM) as work:
        assert records.load(work, form, made["id"])["note"] == text
