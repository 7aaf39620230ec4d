"""Records of one file that refer to each other: a region below another one."""

from __future__ import annotations

from itertools import cycle
from math import inf
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


def far(count: int) -> list[list[Any]]:
    """A tree whose rows refer to rows of sets before: a root, a branch, leaves, and two rows that are wrong."""
    leaves = [[f"K{number}", f"k{number}", "B1" if number % 2 else "root", None] for number in range(count)]
    wrong = [["W1", "w1", "NONE", None], ["W2", "w2", f"W3 [{count}]", None]]
    return [HEADER, ["R", "root", None, None], *leaves[:8], ["B1", "branch", "R", "K0"], *leaves[8:], *wrong]


@pytest.fixture
def small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "SET", 4)
    monkeypatch.setattr(sets, "WHOLE", 4)


@pytest.mark.parametrize("mode", [{}, {"mode": "upsert", "on": ["code"]}])
def test_a_check_of_many_sets_says_of_references_what_saving_does(
    runtime: Runtime, areas: None, small_sets: None, tmp_path: Path, mode: dict[str, Any]
) -> None:
    rows = far(30)
    dry = run_import(runtime, "area", workbook(*rows), tmp_path, dry_run=True, **mode)
    assert above(runtime) == {}
    done = run_import(runtime, "area", workbook(*rows), tmp_path, **mode)
    assert dry.report["counts"] == done.report["counts"]
    assert told(dry) == told(done)
    early = [number for number, row in enumerate(rows, 1) if row[2] == "B1" and number < 10]
    assert told(done) == [*((number, "上级") for number in early), (34, "上级"), (35, "上级")]
    assert above(runtime)["k29"] == "branch"


def test_all_or_nothing_takes_a_tree_of_many_sets_or_nothing_of_it(
    runtime: Runtime, areas: None, small_sets: None, tmp_path: Path
) -> None:
    rows = [
        HEADER,
        ["R", "root", None, None],
        *[[f"K{n}", f"k{n}", "root", f"K{n - 1}"] for n in range(1, 3)],
    ]
    rows[2][3] = None
    rows += [[f"L{n}", f"l{n}", f"K{n % 2 + 1}", "R"] for n in range(20)]
    refused = run_import(runtime, "area", workbook(*rows, ["X", "x", "gone", None]), tmp_path, errors="all")
    assert (refused.state, told(refused), above(runtime)) == ("rejected", [(len(rows) + 1, "上级")], {})
    done = run_import(runtime, "area", workbook(*rows), tmp_path, errors="all")
    assert (done.state, done.report["counts"]["inserted"]) == ("done", 23)
    assert above(runtime)["l19"] == "k2"


def test_a_check_that_goes_on_later_knows_the_names_of_its_earlier_sets(
    runtime: Runtime, areas: None, small_sets: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OneSet:
        """A clock by which the time is over after every set."""

        monotonic = cycle([0.0, inf]).__next__

    monkeypatch.setattr(sets, "time", OneSet)
    done = run_import(
        runtime, "area", workbook(*far(20)[:-2]), tmp_path, mode="upsert", on=["code"], dry_run=True
    )
    assert [row for row, _ in told(done)] == [4, 6, 8]
    assert done.report["counts"]["inserted"] == 19


def test_a_name_that_two_earlier_rows_have_stays_ambiguous_in_a_check(
    runtime: Runtime, areas: None, small_sets: None, tmp_path: Path
) -> None:
    twins = [[f"T{number}", "twin", None, None] for number in range(4)]
    rows = [HEADER, *twins, *[[f"K{n}", f"k{n}", None, None] for n in range(4)], ["C", "child", "twin", None]]
    dry = run_import(runtime, "area", workbook(*rows), tmp_path, dry_run=True)
    assert [(each["row"], each["code"]) for each in dry.report["errors"]] == [(10, "ambiguous_reference")]


def test_a_row_whose_earlier_parent_is_refused_is_refused_in_a_check(
    runtime: Runtime, areas: None, small_sets: None, tmp_path: Path
) -> None:
    fill = [[f"K{n}", f"k{n}", None, None] for n in range(4)]
    rows = [HEADER, ["SD", None, None, None], *fill, ["QD", "青岛", "SD", None]]
    dry = run_import(runtime, "area", workbook(*rows), tmp_path, dry_run=True)
    assert [(each["row"], each["code"]) for each in dry.report["errors"]] == [
        (2, "required"),
        (7, "not_found"),
    ]


@pytest.mark.parametrize("again", [1, 3, 8])
def test_a_check_finds_whatever_saving_finds_however_much_rows_refer_to(
    runtime: Runtime,
    areas: None,
    small_sets: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    again: int,
) -> None:
    chain = [[f"K{n}", f"k{n}", f"K{n - 1}" if n else None, None] for n in range(12)]
    several = [
        [f"L{n}", f"l{n}", f"K{n}", f"K{n}、L{n ^ 1}、K{11 - n}" if n % 3 else f"K{n}"] for n in range(12)
    ]
    wrong = [
        ["M1", "m1", "K1", "L1、M2"],
        ["M2", None, "K2", None],
        ["M3", "m3", "M1", None],
        ["M4", "m4", "M5", None],
    ]
    rows = [HEADER, *chain, *several, *wrong, ["M5", "m5", None, None]]
    monkeypatch.setattr(sets, "AGAIN", again)
    dry = run_import(runtime, "area", workbook(*rows), tmp_path, dry_run=True)
    done = run_import(runtime, "area", workbook(*rows), tmp_path)
    assert done.report["counts"]["inserted"] > 12
    assert dry.report["counts"] == done.report["counts"]
    assert [(each["row"], each["code"]) for each in dry.report["errors"]] == [
        (each["row"], each["code"]) for each in done.report["errors"]
    ]


def test_a_check_saves_so_many_other_rows_again_and_no_more(
    runtime: Runtime, areas: None, small_sets: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    save = sets.Sets._save_parts

    def counted(self: sets.Sets, work: Any, access: Any, found: list[Any]) -> Any:
        saved.append(len(found))
        return save(self, work, access, found)

    monkeypatch.setattr(sets.Sets, "_save_parts", counted)
    monkeypatch.setattr(sets, "AGAIN", 5)
    chain = [[f"K{n}", f"k{n}", f"K{n - 1}" if n else None, None] for n in range(12)]
    chain += [[f"L{n}", f"l{n}", "K11", "、".join(f"K{n + at}" for at in range(3))] for n in range(8)]
    dry = run_import(runtime, "area", workbook(HEADER, *chain), tmp_path, dry_run=True)
    assert dry.report["errors"] == []
    assert sum(saved[1::2]) == len(chain)
    assert max(saved[::2]) == 5
