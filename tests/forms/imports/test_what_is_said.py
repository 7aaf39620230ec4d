"""What the report of an import says: all that helps, and nothing that is beside the point."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from forms import records
from forms.compiled import compiled_form
from forms.imports.scripts import Script
from tests.forms.imports.desk import begin_import, run_import, workbook


def told(done: Any) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["code"]) for each in done.report["errors"]]


def remarks(done: Any) -> list[str]:
    return [each["code"] for each in done.report["remarks"]]


@pytest.fixture
def orders(runtime: Any, desk: Any) -> Any:
    """The customer 甲, and two orders of its own with the same note."""
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        customer = compiled_form(app, "customer")
        return [
            records.create(work, customer, {"name": name, "note": "同样的备注"})["id"]
            for name in ("甲", "乙")
        ]


def test_a_record_that_is_not_found_is_told_alone(runtime: Any, orders: Any, tmp_path: Path) -> None:
    """What a new record would lack does not matter to one that is to be changed."""
    content = "单号,明细.产品,明细.数量\nS9,P1,1\n".encode()
    done = run_import(runtime, "sale", content, tmp_path, mode="update", on=["ref_no"])
    assert told(done) == [(2, "单号", "not_found")]


def test_a_row_without_a_key_is_told_so(runtime: Any, orders: Any, tmp_path: Path) -> None:
    content = "名称,等级\n甲,A\n,B\n丙,A\n".encode()
    done = run_import(runtime, "customer", content, tmp_path, mode="update", on=["name"])
    assert told(done) == [(3, "名称", "key_empty"), (4, "名称", "not_found")]
    assert "名称" in done.report["errors"][0]["message"]["zh"]


@pytest.mark.parametrize(
    ("header", "column"), [("单号", "客户"), ("Order ref", "Customer"), ("ref_no", "customer")]
)
def test_a_field_without_a_column_is_called_as_the_header_calls_the_others(
    runtime: Any, desk: Any, tmp_path: Path, header: str, column: str
) -> None:
    done = run_import(runtime, "sale", f"{header}\nS1\n".encode(), tmp_path)
    assert told(done) == [(2, column, "required")]


def test_several_records_of_one_key_are_named(runtime: Any, orders: Any, tmp_path: Path) -> None:
    content = "备注,等级\n同样的备注,A\n".encode()
    done = run_import(runtime, "customer", content, tmp_path, mode="update", on=["note"])
    assert told(done) == [(2, "备注", "ambiguous_record")]
    fix = done.report["errors"][0]["fix"]
    for key, name in zip(orders, ("C-0001 甲", "C-0002 乙"), strict=True):
        assert f"{key}（{name}）" in fix["zh"]
        assert f"{key} ({name})" in fix["en"]


def test_a_title_that_is_hidden_names_no_record(
    runtime: Any, desk: Any, clerk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        customer = compiled_form(work.app("desk"), "customer")
        for name in ("甲", "乙"):
            records.create(work, customer, {"name": name, "note": "x", "secret": f"s-{name}", "owner": "li"})
    # the title of the form is a field that clerks do not see
    monkeypatch.setattr(type(customer), "title", "secret", raising=False)
    content = "备注,等级\nx,A\n".encode()
    done = run_import(runtime, "customer", content, tmp_path, who=clerk, mode="update", on=["note"])
    assert told(done) == [(2, "备注", "ambiguous_record")]
    assert "C-0001" in done.report["errors"][0]["fix"]["zh"]
    assert "s-" not in str(done.report)


def test_a_column_that_groups_rows_needs_no_field(runtime: Any, orders: Any, tmp_path: Path) -> None:
    content = "参考,客户,明细.产品,明细.数量,别的\n1,甲,P1,1,x\n1,甲,P2,2,x\n2,甲,P1,1,x\n".encode()
    done = run_import(runtime, "sale", content, tmp_path, group=["参考"])
    assert done.report["counts"]["inserted"] == 2
    assert [(each["code"], each["pointer"]) for each in done.report["remarks"]] == [
        ("unknown_column", "/header/4")
    ]


@pytest.mark.parametrize("quick", [True, False])
def test_a_cell_of_another_kind_is_told_with_what_it_holds(
    runtime: Any, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    if not quick:
        monkeypatch.setattr("forms.imports.sets.may_be_quick", lambda *_: False)
    rows = [["名称", "信用额度", "合作日期"], ["一", True, 46361], ["二", date(2026, 3, 1), False]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path)
    said = [(each["row"], each["code"], each["message"]["zh"]) for each in done.report["errors"]]
    assert [each[:2] for each in said] == [(row, "wrong_type") for row in (2, 2, 3, 3)]
    for (_, _, message), held in zip(
        said, ("逻辑值 TRUE", "数字 46361", "2026-03-01", "逻辑值 FALSE"), strict=True
    ):
        assert held in message


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("25/12/2026", date(2026, 12, 25)),
        ("12/25/2026", date(2026, 12, 25)),
        ("5.5.2026", date(2026, 5, 5)),
        ("03/05/2026", "ambiguous_date"),
        ("25/12/26", "ambiguous_date"),
        ("31/11/2026", "bad_date"),
        ("13/13/2026", "bad_date"),
    ],
)
@pytest.mark.database("sqlite")
def test_a_day_is_read_where_it_can_mean_one_only(
    runtime: Any, desk: Any, tmp_path: Path, written: str, found: Any
) -> None:
    done = run_import(runtime, "customer", f"名称,合作日期\n甲,{written}\n".encode(), tmp_path)
    if isinstance(found, str):
        assert told(done) == [(2, "合作日期", found)]
        return
    with runtime.reading(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "customer")
        [(key,)] = work.rows(f"SELECT id FROM {form.table}")
        assert records.load(work, form, key)["since"] == found


@pytest.mark.database("sqlite")
def test_fields_are_listed_whole_where_no_header_is_one(runtime: Any, desk: Any, tmp_path: Path) -> None:
    done = run_import(runtime, "customer", b"a,b\n1,2\n", tmp_path)
    (finding,) = done.report["findings"]
    assert finding["code"] == "no_columns"
    assert "名称、等级、统一社会信用代码、所属区域、电话、信用额度" in finding["fix"]["zh"]
    assert "Name, Level, USCC, Region" in finding["fix"]["en"]
    assert "编号" not in finding["fix"]["zh"]  # which no file can fill


@pytest.mark.database("sqlite")
def test_a_header_that_another_encoding_made_of_it_says_how_it_was_read(
    runtime: Any, desk: Any, tmp_path: Path
) -> None:
    done = run_import(runtime, "customer", "顧客名,級別\nテスト,A\n".encode("euc-jp"), tmp_path)
    (finding,) = done.report["findings"]
    assert finding["code"] == "no_columns"
    assert "gb18030" in finding["fix"]["zh"]
    assert "gb18030" in finding["fix"]["en"]


@pytest.mark.database("sqlite")
def test_a_file_with_a_header_alone_says_that_there_are_no_rows(
    runtime: Any, desk: Any, tmp_path: Path
) -> None:
    done = run_import(runtime, "customer", "名称,等级\n".encode(), tmp_path)
    assert (done.state, remarks(done)) == ("done", ["no_rows"])


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"mode": "update", "on": ["nix"]}, "/options/on/0"),
        ({"by": {"name": "x"}}, "/options/by/name"),
    ],
)
@pytest.mark.database("sqlite")
def test_wrong_options_are_pointed_at_when_the_import_begins(
    runtime: Any, desk: Any, tmp_path: Path, options: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        begin_import(runtime, "customer", b"name\nx\n", tmp_path, **options)
    assert [each.pointer for each in refused.value.findings] == [pointer]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"mode": "update", "on": ["level"]}, "/options/on"),
        ({"mapping": {"名称": "nix"}}, "/options/mapping/名称"),
        ({"mapping": {"a/b": "name"}}, "/options/mapping/a~1b"),
        ({"group": ["nix"]}, "/options/group/0"),
        ({"header_row": 9}, "/options/header_row"),
        ({"encoding": "ascii"}, "/options/encoding"),
    ],
)
@pytest.mark.database("sqlite")
def test_options_that_do_not_fit_the_file_are_pointed_at_alike(
    runtime: Any, desk: Any, tmp_path: Path, options: dict[str, Any], pointer: str
) -> None:
    done = run_import(runtime, "customer", "名称\n甲\n".encode(), tmp_path, **options)
    assert (done.state, [each["pointer"] for each in done.report["findings"]]) == ("failed", [pointer])


@pytest.mark.parametrize(
    ("text", "encoding", "other"),
    [
        ("株式会社テスト商事,A\n日本の会社サンプル,A\n", "euc-jp", "euc-jp"),
        ("주식회사 테스트,A\n대한민국회사,A\n", "euc-kr", "euc-kr"),
        ("鲜の每日优品,A\n", "gb18030", None),
        ("百度,A\n", "gb18030", None),
        ("安徽保定钢材公司,A\n", "gb18030", None),
        ("上海实业有限公司,A\n", "gb18030", None),
    ],
)
def test_short_texts_in_other_encodings_are_doubted(text: str, encoding: str, other: str | None) -> None:
    read = text.encode(encoding).decode("gb18030")
    assert Script([read]).doubtful == other
