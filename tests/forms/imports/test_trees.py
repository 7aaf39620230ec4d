"""Records of one file that refer to each other: a region below another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.compiled import compiled_form
from forms.imports import sets
from forms.transfers.repository import Transfer
from tests.forms.imports.desk import label, run_import, workbook

AREA = {
    "key": "area",
    "label": label("地区", "Area"),
    "title": "name",
    "fields": [
        {"key": "code", "type": "text", "label": label("代码", "Code"), "unique": True},
        {"key": "name", "type": "text", "label": label("名称", "Name"), "required": True},
        {"key": "above", "type": "tree_parent", "label": label("上级", "Above")},
        {"key": "like", "type": "refs", "form": "area", "label": label("相似", "Like")},
    ],
}
HEADER = ["代码", "名称", "上级", "相似"]
ROWS = [
    HEADER,
    ["QD", "青岛", "SD", "YT"],
    ["SD", "山东", "CN", None],
    ["CN", "中国", None, None],
    ["YT", "烟台", "山东", None],
    ["A", "甲", "乙", None],
    ["B", "乙", "甲", None],
    ["C", "自己", "C", None],
    ["D", "丁", "没有", None],
]
WRONG = [(6, "上级"), (7, "上级"), (8, "上级"), (9, "上级")]


@pytest.fixture
def areas(runtime: Runtime, people: Any) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(
            work, {"app": {"desk": {"key": "desk", "label": label("台", "desk")}}, "form": {"area": AREA}}
        )


def told(done: Transfer) -> list[tuple[int, str]]:
    assert {each["code"] for each in done.report["errors"]} <= {"not_found"}
    return [(each["row"], each["column"]) for each in done.report["errors"]]


def above(runtime: Runtime) -> dict[str, str | None]:
    with runtime.reading(SYSTEM) as work:
        table = compiled_form(work.app("desk"), "area").table
        return dict(work.rows(f"SELECT a.name, b.name FROM {table} a LEFT JOIN {table} b ON b.id = a.above"))


def test_rows_may_refer_to_rows_of_the_file_in_any_order(
    runtime: Runtime, areas: None, tmp_path: Path
) -> None:
    dry = run_import(runtime, "area", workbook(*ROWS), tmp_path, dry_run=True)
    assert (told(dry), above(runtime)) == (WRONG, {})
    done = run_import(runtime, "area", workbook(*ROWS), tmp_path)
    assert (told(done), done.report["counts"]["inserted"]) == (WRONG, 4)
    assert above(runtime) == {"青岛": "山东", "山东": "中国", "中国": None, "烟台": "山东"}
    again = run_import(runtime, "area", workbook(*ROWS[:5]), tmp_path, mode="upsert", on=["code"])
    assert again.report["counts"] == {"inserted": 0, "updated": 0, "unchanged": 4, "failed": 0}


def test_all_or_nothing_takes_a_whole_tree(runtime: Runtime, areas: None, tmp_path: Path) -> None:
    done = run_import(runtime, "area", workbook(*ROWS[:5]), tmp_path, errors="all")
    assert (done.state, done.report["counts"]["inserted"]) == ("done", 4)


def test_a_row_whose_parent_is_refused_is_refused_too(runtime: Runtime, areas: None, tmp_path: Path) -> None:
    rows = [HEADER, ["SD", None, None, None], ["QD", "青岛", "SD", None]]
    done = run_import(runtime, "area", workbook(*rows), tmp_path)
    assert [(each["row"], each["code"]) for each in done.report["errors"]] == [
        (2, "required"),
        (3, "not_found"),
    ]


def test_a_parent_of_an_earlier_set_is_found_after_it_was_not(
    runtime: Runtime, areas: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "SET", 2)
    monkeypatch.setattr(sets, "WHOLE", 2)
    rows = [
        HEADER,
        ["A", "甲", "SD", None],
        ["X", "丙", None, None],
        ["SD", "山东", None, None],
        ["QD", "青岛", "SD", None],
    ]
    done = run_import(runtime, "area", workbook(*rows), tmp_path)
    assert (told(done), above(runtime)["青岛"]) == ([(2, "上级")], "山东")
