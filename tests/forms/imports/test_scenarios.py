"""Importing customers and orders: bad rows, repeated files, undo, child rows."""

from __future__ import annotations

import time

import pytest

from engine.identity.principal import SYSTEM
from forms import records
from forms.compiled import compiled_form
from forms.imports import service, sets
from forms.imports.run import ImportRun
from forms.imports.workbook import write_workbook
from forms.transfers.folder import folder_of
from forms.transfers.repository import TransferMoved
from tests.forms.imports.desk import begin_import, finish, run_import, workbook

HEADER = ["名称", "等级", "统一社会信用代码", "所属区域", "电话", "信用额度"]
USCC = "91320500MA1XXXXX0A"
ROWS = [
    HEADER,
    ["客户甲", "A", USCC, "EAST", "13812345671", 100],  # row 2
    ["客户乙", "普通", None, "EAST", None, "1,200.50"],  # 3
    [None, "A", None, None, None, None],  # 4 no name
    ["客户丁", "重要", None, None, None, None],  # 5 no such level
    ["客户戊", None, None, None, None, None],  # 6
    ["客户己", "B", USCC[:17], None, None, None],  # 7 too short
    ["客户甲\u3000", "B", None, None, None, None],  # 8 as row 2 but for a blank
    ["客户辛", "B", None, "EAST-XX", None, None],  # 9 no such region
    ["客户壬", "B", None, None, 13812345679, None],  # 10 a phone number as a number
    ["老客户", "A", None, None, None, 5],  # 11 is there already
]
EXPECTED = [
    (4, "required", "名称"),
    (5, "not_in_options", "等级"),
    (7, "pattern", "统一社会信用代码"),
    (8, "duplicate_in_file", "名称"),
    (9, "not_found", "所属区域"),
    (11, "exists", "名称"),
]


@pytest.fixture
def c3(runtime, desk):
    """A customer that is there before, and a region."""
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        records.create(work, compiled_form(app, "region"), {"code": "EAST", "name": "华东"})
        made = records.create(
            work, compiled_form(app, "customer"), {"name": "老客户", "credit": 100, "owner": "wu"}
        )
        return made["id"]


def told(transfer):
    return [(each["row"], each["code"], each["column"]) for each in transfer.report["errors"]]


def stored(runtime, form="customer"):
    with runtime.reading(SYSTEM) as work:
        table = compiled_form(work.app("desk"), form).table
        return work.rows(f"SELECT * FROM {table} WHERE deleted_at IS NULL")


def test_a_dry_run_tells_everything_and_stores_nothing(runtime, c3, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path, dry_run=True)
    assert done.state == "done"
    assert done.report["counts"] == {"inserted": 4, "updated": 0, "unchanged": 0, "failed": 6}
    assert told(done) == EXPECTED
    assert len(stored(runtime)) == 1


def test_bad_rows_are_skipped_and_come_back_in_a_workbook_that_can_be_imported(runtime, c3, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path)
    assert done.state == "done"
    assert done.report["counts"] == {"inserted": 4, "updated": 0, "unchanged": 0, "failed": 6}
    assert told(done) == EXPECTED
    assert len(stored(runtime)) == 5
    place = write_workbook(folder_of(runtime, done.id), done.progress["header"], "zh")
    again = run_import(runtime, "customer", place.read_bytes(), tmp_path)
    # in the file of the bad rows, the name of row 8 is no double any more but there already
    assert [(code, column) for _, code, column in told(again)] == [
        ("required", "名称"),
        ("not_in_options", "等级"),
        ("pattern", "统一社会信用代码"),
        ("exists", "名称"),
        ("not_found", "所属区域"),
        ("exists", "名称"),
    ]
    assert again.report["remarks"] == []


def test_all_or_nothing_stores_nothing_and_uses_up_no_number(runtime, c3, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path, errors="all")
    assert done.state == "rejected"
    assert done.report["counts"]["inserted"] == 0
    assert told(done) == EXPECTED
    assert len(stored(runtime)) == 1
    with runtime.unit_of_work(SYSTEM) as work:
        made = records.create(work, compiled_form(work.app("desk"), "customer"), {"name": "新"})
    assert made["no"] == "C-0002"


def test_upsert_inserts_and_updates_and_a_second_run_changes_nothing(runtime, c3, tmp_path):
    first = run_import(runtime, "customer", workbook(*ROWS), tmp_path, mode="upsert", on=["name"])
    assert first.report["counts"] == {"inserted": 4, "updated": 1, "unchanged": 0, "failed": 5}
    with runtime.reading(SYSTEM) as work:
        found = records.load(work, compiled_form(work.app("desk"), "customer"), c3)
    assert (found["level"], found["credit"]) == ("A", 500)
    again = run_import(runtime, "customer", workbook(*ROWS), tmp_path, mode="upsert", on=["name"])
    assert again.report["counts"] == {"inserted": 0, "updated": 0, "unchanged": 5, "failed": 5}


def test_undo_removes_the_new_records_and_restores_the_changed_one(runtime, c3, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path, mode="upsert", on=["name"])
    with runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, done.id)
    undone = finish(runtime, done)
    assert (undone.state, undone.report["counts"]) == ("undone", done.report["counts"])
    assert len(stored(runtime)) == 1
    with runtime.reading(SYSTEM) as work:
        found = records.load(work, compiled_form(work.app("desk"), "customer"), c3)
    assert (found["level"], found["credit"]) == ("C", 100)


def test_undo_is_refused_with_a_list_when_a_new_record_is_used(runtime, c3, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path, mode="upsert", on=["name"])
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        form = compiled_form(app, "customer")
        used = work.row(f"SELECT id FROM {form.table} WHERE name = '客户甲'")[0]
        order = records.create(work, compiled_form(app, "sale"), {"ref_no": "S1", "customer": used})
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(service.NotUndoable) as refused:
        service.undo(work, done.id)
    assert refused.value.details["records"] == [
        {"record": used, "reason": "referenced", "by": [f"sale/{order['id']}"], "name": "C-0002 客户甲"}
    ]
    assert len(stored(runtime)) == 5


def test_a_record_changed_since_keeps_the_import_from_being_undone(runtime, c3, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path, mode="upsert", on=["name"])
    with runtime.unit_of_work(SYSTEM) as work:
        records.update(work, compiled_form(work.app("desk"), "customer"), c3, {"credit": 7})
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(service.NotUndoable) as refused:
        service.undo(work, done.id)
    assert refused.value.details["records"] == [
        {"record": c3, "reason": "changed_since", "name": "C-0001 老客户"}
    ]


ORDERS = [
    ["单号", "客户", "明细.产品", "明细.数量", "明细.单价"],
    ["S1", "老客户", "P1", 1, 10],
    ["S1", "老客户", "P2", 2, 20],
    ["S2", "老客户", "P1", 3, 10],
    ["S3", "老客户", "P1", 1, 1],
    ["S3", None, "P2", 1, 2],
    [None, None, "P3", 1, 3],
    ["S2x", "老客户", "P9", 1, None],
]


def test_rows_of_one_order_become_its_lines(runtime, c3, tmp_path):
    done = run_import(
        runtime, "sale", workbook(*ORDERS[:7], ["S3", None, "P4", 5, 1]), tmp_path, group=["单号"]
    )
    assert done.report["counts"] == {"inserted": 3, "updated": 0, "unchanged": 0, "failed": 0}
    assert len(stored(runtime, "sale")) == 3
    with runtime.reading(SYSTEM) as work:
        app = work.app("desk")
        form = compiled_form(app, "sale")
        assert work.row(f"SELECT count(*) FROM {form.children['lines'].table}")[0] == 7
        key = work.row(f"SELECT id FROM {form.table} WHERE ref_no = 'S3'")[0]
        assert [(row["product"], row["qty"]) for row in records.load(work, form, key)["lines"]] == [
            ("P1", 1),
            ("P2", 1),
            ("P3", 1),
            ("P4", 5),
        ]


def test_one_bad_line_rejects_its_whole_order_only(runtime, c3, tmp_path):
    rows = [*ORDERS[:2], ["S1", "老客户", "P2", 0, 20], *ORDERS[3:7]]
    done = run_import(runtime, "sale", workbook(*rows), tmp_path, group=["单号"])
    assert done.report["counts"] == {"inserted": 2, "updated": 0, "unchanged": 0, "failed": 1}
    assert [(row, column) for row, _, column in told(done)] == [(3, "明细.数量")]


def test_orders_imported_again_keep_their_lines(runtime, c3, tmp_path):
    asked = {"mode": "upsert", "on": ["ref_no"], "group": ["ref_no"]}
    run_import(runtime, "sale", workbook(*ORDERS), tmp_path, **asked)
    again = run_import(runtime, "sale", workbook(*ORDERS), tmp_path, **asked)
    assert again.report["counts"] == {"inserted": 0, "updated": 0, "unchanged": 4, "failed": 0}
    fewer = run_import(runtime, "sale", workbook(*ORDERS[:2]), tmp_path, **asked)
    assert fewer.report["counts"] == {"inserted": 0, "updated": 1, "unchanged": 0, "failed": 0}
    with runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, fewer.id)
    assert finish(runtime, fewer).state == "undone"
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(TransferMoved):
        service.undo(work, fewer.id)  # that its records have changed since would be no reason
    same = run_import(runtime, "sale", workbook(*ORDERS), tmp_path, **asked)
    assert same.report["counts"] == {"inserted": 0, "updated": 0, "unchanged": 4, "failed": 0}


def test_a_record_that_one_may_not_change_answers_as_if_it_were_not_there(runtime, c3, clerk, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path, who=clerk, mode="upsert", on=["name"])
    assert done.report["counts"] == {"inserted": 4, "updated": 0, "unchanged": 0, "failed": 6}
    assert told(done) == [*EXPECTED[:5], (11, "not_found", "名称")]


def test_cancelling_all_or_nothing_leaves_nothing(runtime, c3, tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "WHOLE", 1000)
    rows = [["名称"], *([f"客户{number}"] for number in range(1200))]
    transfer = begin_import(runtime, "customer", workbook(*rows), tmp_path, errors="all")
    run = ImportRun(runtime, transfer.id)
    while run.transfer().progress["phase"] != "saving" or not run.transfer().progress["done"]:
        run.advance(seconds=0.01)
    assert len(stored(runtime)) > 1
    with runtime.unit_of_work(SYSTEM) as work:
        service.cancel(work, transfer.id)
    done = finish(runtime, transfer)
    assert done.state == "cancelled"
    assert done.report["counts"]["inserted"] == 0
    assert len(stored(runtime)) == 1


@pytest.mark.parametrize(("whole", "seen"), [(5, [0]), (4, [0, 2, 4])])
def test_all_or_nothing_of_a_short_file_is_seen_whole_or_not_at_all(
    runtime, desk, tmp_path, monkeypatch, whole, seen
):
    for name, size in (("SET", 2), ("QUICK_SET", 2), ("WHOLE", whole)):
        monkeypatch.setattr(sets, name, size)
    real, there = sets.Sets._save, []

    def save(self: sets.Sets, *given):
        if not self.dry:
            there.append(len(stored(runtime)))
        return real(self, *given)

    monkeypatch.setattr(sets.Sets, "_save", save)
    rows = [["名称"], *([f"客户{number}"] for number in range(5))]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path, errors="all")
    assert (done.state, done.report["counts"]["inserted"]) == ("done", 5)
    assert there == seen


def test_nothing_of_a_short_file_is_stored_when_somebody_else_was_first(runtime, desk, tmp_path):
    rows = [["名称"], *([f"客户{number}"] for number in range(5))]
    transfer = begin_import(runtime, "customer", workbook(*rows), tmp_path, errors="all")
    run, found = ImportRun(runtime, transfer.id), transfer
    while found.progress["phase"] != "saving":
        found = run._step(found, time.monotonic() + 5)  # ends with its phase
    with runtime.unit_of_work(SYSTEM) as work:
        records.create(work, compiled_form(work.app("desk"), "customer"), {"name": "客户3"})
    done = finish(runtime, transfer)
    assert (done.state, told(done)) == ("rejected", [(5, "exists", "名称")])
    assert done.report["counts"] == {"inserted": 0, "updated": 0, "unchanged": 0, "failed": 1}
    assert len(stored(runtime)) == 1
    with runtime.reading(SYSTEM) as work:
        assert work.rows("SELECT count(*) FROM ff_change WHERE source = 'import'") == [(0,)]
