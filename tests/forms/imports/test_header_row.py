"""Sheets as companies keep them: a title and notes above the header, headers of two rows."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from engine.runtime import Runtime
from forms.imports.titles import Titles, find_header, likely_header
from forms.imports.workbook import write_workbook
from forms.transfers.folder import folder_of
from forms.transfers.repository import Transfer
from tests.forms.imports.desk import run_import, workbook

TITLES = Titles(
    {"name": "name", "lines.product": "lines.product"},
    {
        "名称": "name",
        "电话": "phone",
        "日期": "since",
        "明细.产品": "lines.product",
        "明细.数量": "lines.qty",
    },
)
ABOVE: list[list[Any]] = [["客户名单（二〇二六年）"], ["制表：", "李娜", "合作日期：", "2026 年"], []]
TABLE: list[list[Any]] = [
    ["名称*", "电话", "信用额度"],
    ["甲", "13800000001", 5],
    ["乙", "x", 6],
    ["丙", None, "?"],
]
WRONG = [(6, "电话", "bad_phone"), (7, "信用额度", "wrong_type")]


def told(done: Transfer) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["code"]) for each in done.report["errors"]]


def csv_of(rows: list[list[Any]], sign: str) -> bytes:
    """The rows as lines; a title stands there without separators."""
    return "\n".join(sign.join("" if each is None else str(each) for each in row) for row in rows).encode()


@pytest.mark.parametrize(
    ("rows", "at", "titles"),
    [
        ([["名称", "电话"], ["甲", "1"]], 0, ["名称", "电话"]),
        ([["名单"], ["名称", "电话"], ["甲", "1"]], 1, ["名称", "电话"]),
        ([["名称"], ["名称", "电话"]], 1, ["名称", "电话"]),
        ([["日期", "2026"], ["名称", "电话", "其他"]], 1, ["名称", "电话", "其他"]),
        ([["名单"], [None, "name", 3], ["甲"]], 1, ["", "name", "3"]),
        ([["名称", "电话"], ["名称", "电话"]], 0, ["名称", "电话"]),
        ([["甲", "乙"], ["丙", "丁"]], 0, ["甲", "乙"]),
        ([["未知", "其他"], ["甲", "名称 "]], 1, ["甲", "名称"]),
        (
            [["订单"], ["名称", "明细", None, "电话"], [None, "产品", "数量"]],
            2,
            ["名称", "明细.产品", "明细.数量", "电话"],
        ),
        ([["备注", "名称", None], ["", "", "明细.产品"]], 1, ["备注", "名称", "明细.产品"]),
    ],
)
def test_the_header_is_the_row_with_most_of_the_known_titles(rows: Any, at: int, titles: list[str]) -> None:
    found = find_header(rows, TITLES)
    assert (found.at, found.titles) == (at, titles)


@pytest.mark.parametrize("kind", ["xlsx", "csv", "csv;"])
def test_a_title_and_notes_above_the_header_are_passed_over(
    runtime: Runtime, desk: Any, tmp_path: Any, kind: str
) -> None:
    rows = [*ABOVE, *TABLE]
    file = workbook(*rows) if kind == "xlsx" else csv_of(rows, kind[3:] or ",")
    done = run_import(runtime, "customer", file, tmp_path)
    assert done.report["counts"]["inserted"] == 1
    assert (done.report["header_row"], done.report["rows_above"], done.report["rows"]) == (4, 2, 3)
    assert told(done) == WRONG
    assert [each["code"] for each in done.report["remarks"]] == ["rows_above_header"]


def test_the_workbook_of_errors_has_the_header_alone_and_the_true_rows(
    runtime: Runtime, desk: Any, tmp_path: Any
) -> None:
    done = run_import(runtime, "customer", workbook(*ABOVE, *TABLE), tmp_path)
    place = write_workbook(folder_of(runtime, done.id), done.progress["header"], "zh")
    rows = CalamineWorkbook.from_path(place).get_sheet_by_index(0).to_python()
    assert [row[:4] for row in rows] == [
        ["名称*", "电话", "信用额度", "#行号 row"],
        ["乙", "x", 6, 6],
        ["丙", "", "?", 7],
    ]
    again = run_import(runtime, "customer", place.read_bytes(), tmp_path)
    assert again.report["remarks"] == []


def test_the_row_of_the_header_can_be_named(runtime: Runtime, desk: Any, tmp_path: Any) -> None:
    rows = [["名称", "电话", "等级"], ["甲", None, None], ["name", "phone"], ["乙", "13800000002"]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path, header_row=3, dry_run=True)
    assert done.report["header_row"] == 3
    assert done.report["counts"]["inserted"] == 1
    assert done.report["remarks"] == []


@pytest.mark.parametrize("row", [3, 9])
def test_an_empty_row_is_no_header(runtime: Runtime, desk: Any, tmp_path: Any, row: int) -> None:
    done = run_import(runtime, "customer", workbook(*ABOVE, *TABLE), tmp_path, header_row=row)
    assert done.state == "failed"
    assert [each["code"] for each in done.report["findings"]] == ["header_row_empty"]


def test_titles_over_several_columns_belong_to_the_titles_below_them(
    runtime: Runtime, desk: Any, tmp_path: Any
) -> None:
    run_import(runtime, "customer", "名称\n甲\n".encode(), tmp_path)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.merge_range("A1:D1", "订单汇总")
        page.merge_range("A2:A3", "单号")
        page.merge_range("B2:B3", "客户")
        page.merge_range("C2:D2", "明细")
        for at, row in enumerate([["产品", "数量"], ["x", 1], ["y", 0]], start=2):
            page.write_row(at, 2, row)
        page.write_row(3, 0, ["S1", "甲"])
    done = run_import(runtime, "sale", stream.getvalue(), tmp_path)
    assert told(done) == [(5, "明细.数量", "too_small")]
    assert done.report["columns"] == {
        "单号": "ref_no",
        "客户": "customer",
        "明细.产品": "lines.product",
        "明细.数量": "lines.qty",
    }


def test_titles_that_a_person_may_not_see_make_no_header(
    runtime: Runtime, desk: Any, clerk: Any, tmp_path: Any
) -> None:
    rows = [["内部", "secret"], ["名称"], ["甲"]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path, who=clerk)
    assert done.report["header_row"] == 2
    assert done.report["counts"]["inserted"] == 1


def test_columns_named_in_the_options_are_titles(runtime: Runtime, desk: Any, tmp_path: Any) -> None:
    rows = [["客户名单"], ["公司", "负责人"], ["甲", "无"]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path, mapping={"公司": "name", "负责人": ""})
    assert done.report["header_row"] == 2
    assert done.report["counts"]["inserted"] == 1


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        ([["名称", "电话"], ["甲", "1"]], 0),
        ([["名单"], ["名称", "电话", "地址"], ["甲", 1, "x"]], 1),
        ([["名单"], ["制表：", "李娜"], ["名称", "电话", "地址", "日期"], ["甲", 1, "x", "y"]], 2),
        ([["名单"], [None, 2026, "a", "b"], ["名称", "电话", "地址", "日期"], ["甲", 1, "x", "y"]], 2),
        ([["名单"], ["甲", "甲", "乙"], ["名称", "电话", "地址"]], 2),
        ([["名称"], ["甲"], ["乙"]], 0),
        ([["名单"], [1, 2, 3], [4, 5, 6]], 0),
        ([["名称", None, "电话", None], ["甲", 1, 2, 3]], 0),
    ],
)
def test_the_header_of_an_unknown_table_is_told_by_its_looks(rows: Any, at: int) -> None:
    assert likely_header(rows).at == at


def test_titles_below_the_name_of_a_group_are_titles(runtime: Runtime, desk: Any, tmp_path: Any) -> None:
    rows = [["基本信息", None, "备注"], ["名称", "电话", None], ["甲", "13800000001", "要紧"]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path)
    assert done.report["columns"] == {"名称": "name", "电话": "phone", "备注": "note"}
    assert done.report["counts"]["inserted"] == 1
    assert done.report["remarks"] == []


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_columns_with_data_and_no_title_are_told(
    runtime: Runtime, desk: Any, tmp_path: Any, kind: str
) -> None:
    rows = [["名称", None, "电话", " ", None], ["甲", None, None, None, "y"], ["乙", None, None, 5, " "]]
    rows = [[*row, *[None] * 23, more] for row, more in zip(rows, (None, "z", None), strict=True)]
    file = workbook(*rows) if kind == "xlsx" else csv_of(rows, ",")
    done = run_import(runtime, "customer", file, tmp_path)
    [remark] = done.report["remarks"]
    assert remark["code"] == "untitled_column"
    assert "D、E、AC 列" in remark["message"]["zh"]
    assert remark["message"]["en"].endswith("D, E, AC.")
    assert done.report["counts"]["inserted"] == 2


def test_two_rows_that_may_be_the_header_are_told(runtime: Runtime, desk: Any, tmp_path: Any) -> None:
    rows = [["名称", "问题一", "问题二"], ["甲", "x", "y"], ["乙", "备注", "内部"], ["丙", "p", "q"]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path)
    assert done.state == "failed"
    [finding] = done.report["findings"]
    assert (finding["code"], finding["pointer"]) == ("header_doubtful", "/options/header_row")
    assert "第 1 行和第 3 行" in finding["message"]["zh"]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path, header_row=1)
    assert done.report["counts"]["inserted"] == 3
