"""Saving set by set leaves the same behind as saving each record for itself."""

from __future__ import annotations

from datetime import datetime

import orjson
import pytest

from engine.identity.principal import SYSTEM
from forms import records
from forms.compiled import compiled_form
from forms.imports import sets
from tests.forms.imports.desk import run_import, workbook
from tests.forms.imports.test_bad_input import ROWS as WRONG

DAY, MOMENT = datetime(2026, 3, 1), datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001  cells have no zone
HEADER = [
    "名称", "等级", "统一社会信用代码", "所属区域", "电话", "信用额度", "合作日期", "下次联系", "重点", "标签",
    "客户经理", "备注", "owner",
]  # fmt: skip
ROWS = [
    HEADER,
    ["一", "A", None, "EAST", "13812345678", 12.5, DAY, MOMENT, True, "x、丙", "li", "两\n行", "wu"],
    ["二", None, None, None, None, "1,234.56", "2026-03-01", "2026-03-01 09:30", "否", None, None, "=1", None],
    ["三", None, None, "NOWHERE", None, 0.1 + 0.2, None, None, None, None, "nobody", None, None],
    ["一", None, "short", None, None, None, None, None, None, None, None, None, None],
    ["老", None, None, None, None, -1, None, None, None, None, None, None, None],
    [None, "x", None, None, None, None, None, None, None, None, None, "no name", None],
]  # fmt: skip


def left_behind(runtime):
    """What the records and the log say, without ids and moments."""
    with runtime.reading(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "customer")
        ids = [row[0] for row in work.rows(f"SELECT id FROM {form.table} ORDER BY name")]
        stored = [records.load(work, form, key) for key in ids]
        diffs = work.rows(
            "SELECT diff, op, rev, actor, source FROM ff_change WHERE form = 'customer' ORDER BY id"
        )
    own = [
        {key: value for key, value in each.items() if key not in ("id", "created_at", "updated_at", "region")}
        for each in stored
    ]
    plain = []
    for diff, *more in diffs:
        found = orjson.loads(diff)
        for key in ("id", "created_at", "updated_at", "region"):
            if key in found:
                found[key] = "there"
        plain.append((found, *more))
    return own, plain


@pytest.fixture
def imported(runtime, desk, tmp_path, clerk):
    def run(*, careful, monkeypatch, who):
        if careful:
            monkeypatch.setattr(sets, "may_be_quick", lambda *_: False)
        with runtime.unit_of_work(SYSTEM) as work:
            app = work.app("desk")
            work.run(f"DELETE FROM {compiled_form(app, 'customer').table}")
            work.run("DELETE FROM ff_change WHERE form = 'customer'")
            work.run("DELETE FROM ff_counter")
            if work.row(f"SELECT 1 FROM {compiled_form(app, 'region').table}") is None:
                records.create(work, compiled_form(app, "region"), {"code": "EAST"})
            records.create(work, compiled_form(app, "customer"), {"name": "老"})
        done = [
            run_import(
                runtime, "customer", workbook(*rows), tmp_path, who=clerk if who == "clerk" else SYSTEM
            )
            for rows in (ROWS, WRONG)
        ]
        errors = [
            [(each["row"], each["column"], each["code"]) for each in one.report["errors"]] for one in done
        ]
        return [one.report["counts"] for one in done], errors, left_behind(runtime)

    return run


@pytest.mark.parametrize("who", ["root", "clerk"])
def test_both_ways_leave_the_same_records_errors_and_history(imported, monkeypatch, who, runtime, desk):
    quick = imported(careful=False, monkeypatch=monkeypatch, who=who)
    careful = imported(careful=True, monkeypatch=monkeypatch, who=who)
    assert quick[0] == careful[0]
    assert quick[1] == careful[1]
    assert quick[2][0] == careful[2][0]
    assert quick[2][1] == careful[2][1]
    assert quick[0][0]["inserted"] == 2


def test_the_quick_way_is_taken_for_a_plain_form(runtime, desk, tmp_path, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("one by one")

    monkeypatch.setattr(sets, "save_set", forbidden)
    done = run_import(runtime, "customer", workbook(["名称"], ["甲"], ["乙"]), tmp_path)
    assert done.report["counts"]["inserted"] == 2
