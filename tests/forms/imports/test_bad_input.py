"""Files that are damaged, hostile or ambiguous: each row or file gets its reason, the rest goes on."""

from __future__ import annotations

import io
import itertools
import zipfile
from datetime import date, datetime
from types import SimpleNamespace

import orjson
import pytest

from engine.identity.principal import SYSTEM
from forms import records
from forms.compiled import compiled_form
from forms.imports import child, limits, parse
from forms.imports.service import UploadMissing
from forms.imports.staged_rows import raw_rows
from forms.imports.workbook import write_workbook
from forms.transfers.folder import folder_of
from tests.forms.imports.desk import begin_import, finish, run_import, workbook


def findings(done):
    return [each["code"] for each in done.report["findings"]]


def told(done):
    return [(each["row"], each["code"]) for each in done.report.get("errors", [])]


def repacked(content, **parts):
    """The workbook with some of its parts replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"
NAMES = '<row r="1"><c r="A1" t="inlineStr"><is><t>名称</t></is></c></row>'


def one_sheet(rows):
    return repacked(workbook(["x"]), **{SHEET: (HEAD + NAMES + rows + TAIL).encode()})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 no archive at all", "broken_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old or with a password", "old_or_encrypted"),
        (b"\n\n\n", "empty_file"),
        (repacked(workbook(["x"]), **{SHEET: b"<worksheet><sheetData><row"}), "broken_file"),
        (repacked(workbook(["x"]), **{SHEET: b'<!DOCTYPE w [<!ENTITY a "b">]><w>&a;</w>'}), "forbidden_xml"),
        (repacked(workbook(["x"]), **{SHEET: b" " * 60_000_000}), "too_large_unpacked"),
        (workbook(["列一", "列二"], ["a", "b"]), "no_columns"),
        (workbook(["名称", "Name"], ["a", "b"]), "double_column"),
        (one_sheet('<row r="2"><c r="XFD2"><v>1</v></c></row>'), "too_many_columns"),
        (one_sheet('<row r="1048577"><c r="A1048577"><v>1</v></c></row>'), "too_many_rows"),
    ],
)
@pytest.mark.database("sqlite")
def test_a_file_that_cannot_be_imported_says_why(runtime, desk, tmp_path, content, code):
    done = run_import(runtime, "customer", content, tmp_path)
    assert (done.state, findings(done)) == ("failed", [code])
    for language in ("zh", "en"):
        assert done.report["findings"][0]["message"][language]


@pytest.mark.database("sqlite")
def test_an_empty_body_is_refused_at_once(runtime, desk, tmp_path):
    with pytest.raises(UploadMissing):
        begin_import(runtime, "customer", b"", tmp_path)


@pytest.mark.database("sqlite")
def test_a_sheet_with_cells_down_to_its_last_row_is_read(runtime, desk, tmp_path):
    styled = "".join(f'<row r="{row}"><c r="A{row}" s="0"/></row>' for row in range(1000, 3000))
    last = f'<row r="{limits.ROWS}"><c r="A{limits.ROWS}" t="str"><v>末行</v></c></row>'
    done = run_import(
        runtime,
        "customer",
        one_sheet('<row r="2"><c r="A2" t="str"><v>首行</v></c></row>' + styled + last),
        tmp_path,
    )
    assert done.report["counts"]["inserted"] == 2


@pytest.mark.slow
def test_a_sheet_of_a_million_rows_is_read_within_the_memory_of_its_process(tmp_path):
    source = tmp_path / "rows.csv"
    with source.open("w") as file:
        file.write("name,level\n")
        file.writelines(f"customer {row},A\n" for row in range(limits.ROWS - 1))
    parse.write_whole(tmp_path / "source.json", {"path": str(source)})
    assert child.start(tmp_path).wait() == 0  # which the system would end beyond its limit of memory
    assert orjson.loads((tmp_path / "parsed.json").read_bytes())["rows"] == limits.ROWS - 1


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
@pytest.mark.database("sqlite")
def test_csv_files_are_read_in_every_usual_encoding(runtime, desk, tmp_path, encoding, found):
    content = "名称,等级\n客户甲,战略\n客户乙,B\n".encode(encoding)
    done = run_import(runtime, "customer", content, tmp_path)
    assert (done.report["encoding"], done.report["counts"]["inserted"]) == (found, 2)


KOREAN = "이름,주소\n김철수,서울특별시 강남구 테헤란로 일백이십삼\n박영희,부산광역시 해운대구 우동\n"
JAPANESE = "名称,ノート\n田中さん,これはとてもよいおきゃくさまです\n鈴木さん,カタログをおくってください\n"
CHINESE = (
    "名称,备注\n甲公司,鲜の每日\n",
    "名称,备注\n安徽保定钢材公司,暂无备注，其余不变，成都大道北侧，半年后处理，各方面都好\n",
    "名称,備註\n臺北電腦,傳統中文與繁體字的資料處理及應用開發\n",
    "名称,备注\n百度,百度\n",
)


@pytest.mark.database("sqlite")
def test_korean_text_is_not_taken_for_chinese(runtime, desk, tmp_path):
    content = b"name," + KOREAN.encode("euc-kr")
    assert findings(run_import(runtime, "customer", content, tmp_path)) == ["wrong_encoding"]
    named = run_import(runtime, "customer", content, tmp_path, encoding="euc-kr", dry_run=True)
    assert (named.state, named.report["encoding"]) == ("done", "euc-kr")


@pytest.mark.database("sqlite")
def test_japanese_text_is_told_as_doubtful(runtime, desk, tmp_path):
    content = b"name," + JAPANESE.encode("euc-jp")
    done = run_import(runtime, "customer", content, tmp_path, dry_run=True)
    assert "encoding_doubtful" in [each["code"] for each in done.report["remarks"]]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("text", CHINESE)
def test_chinese_text_in_gb18030_is_read_without_a_word(runtime, desk, tmp_path, text):
    done = run_import(runtime, "customer", text.encode("gb18030"), tmp_path, dry_run=True)
    assert (done.state, done.report["encoding"]) == ("done", "gb18030")
    assert "encoding_doubtful" not in [each["code"] for each in done.report["remarks"]]


@pytest.mark.database("sqlite")
def test_a_file_in_no_known_encoding_names_the_place(runtime, desk, tmp_path):
    done = run_import(runtime, "customer", "名称\n好\n".encode() + b"\xff\xff\xff\n", tmp_path)
    assert findings(done) == ["wrong_encoding"]
    assert done.report["findings"][0]["details"]["line"] == 3


ROWS = [
    ["名称", "信用额度", "合作日期", "重点", "标签"],
    ["数字里的文字", "约一万", None, None, None],
    ["分不清", None, "03/05/2026", None, None],
    ["没有这一天", None, "2026-02-30", None, None],
    ["不是真假", None, None, "大概", None],
    ["没有此标签", None, None, None, "甲、丁"],
    ["位数太多", "1.005", None, None, None],
    ["好的", "￥1,200.50", "2026年3月1日", "是", "甲、z"],
    ["日期单元格", 3, datetime(2026, 3, 2), True, "x"],  # noqa: DTZ001  cells have no zone
]


def test_each_wrong_cell_is_named_and_the_rest_is_saved(runtime, desk, tmp_path):
    done = run_import(runtime, "customer", workbook(*ROWS), tmp_path)
    assert told(done) == [
        (2, "wrong_type"),
        (3, "ambiguous_date"),
        (4, "bad_date"),
        (5, "wrong_type"),
        (6, "not_in_options"),
        (7, "too_precise"),
    ]
    with runtime.reading(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "customer")
        ids = work.rows(f"SELECT id FROM {form.table} ORDER BY name")
        found = [records.load(work, form, key) for (key,) in ids]
    assert [(each["name"], each["credit"], each["since"], each["vip"], each["tags"]) for each in found] == [
        ("好的", 120050, date(2026, 3, 1), True, ("x", "z")),
        ("日期单元格", 300, date(2026, 3, 2), True, ("x",)),
    ]


@pytest.mark.database("sqlite")
def test_a_failed_formula_and_what_follows_the_header_of_another_table(runtime, desk, tmp_path):
    rows = (
        '<row r="2"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>"a"&amp;"b"</f><v>ab</v></c></row>'
    )
    done = run_import(runtime, "customer", one_sheet(rows), tmp_path)
    assert told(done) == [(2, "cell_error")]
    assert done.report["counts"]["inserted"] == 1


@pytest.mark.database("sqlite")
def test_formulas_in_text_stay_text_in_the_workbook_of_bad_rows(runtime, desk, tmp_path):
    rows = [["名称", "等级", "备注"], ["=cmd|' /C calc'!A0", "无", "@SUM(1)"]]
    done = run_import(
        runtime, "customer", workbook(rows[0], *[["'" + rows[1][0][1:], *rows[1][1:]]]), tmp_path
    )
    place = write_workbook(folder_of(runtime, done.id), done.progress["header"], "en")
    with zipfile.ZipFile(place) as book:
        assert b"<f>" not in book.read(SHEET)


def test_an_ambiguous_reference_names_the_records(runtime, desk, tmp_path):
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        region = compiled_form(app, "region")
        made = [records.create(work, region, {"code": code, "name": "华东"})["id"] for code in ("A", "B")]
    rows = [["名称", "所属区域"], ["一", "华东"], ["二", "A"], ["三", made[1]]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path, by={"region": "name"})
    assert told(done) == [(2, "ambiguous_reference"), (3, "not_found")]
    fix = done.report["errors"][0]["fix"]
    assert all(f"{key} ({code})" in fix["en"] for key, code in zip(made, "AB", strict=True))
    assert all(f"{key}（{code}）" in fix["zh"] for key, code in zip(made, "AB", strict=True))
    by_code = run_import(runtime, "customer", workbook(rows[0], ["四", "A"]), tmp_path)
    assert by_code.report["counts"]["inserted"] == 1


def test_a_record_one_may_not_see_is_not_found_by_its_name(runtime, desk, clerk, tmp_path):
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "region")
        key = records.create(work, form, {"code": "HIDDEN"})["id"]
    rows = [["名称", "所属区域", "内部"], ["一", "HIDDEN", "x"], ["二", key, "x"]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path, who=clerk)
    assert told(done) == [(2, "not_found"), (3, "not_found")]
    assert [each["code"] for each in done.report["remarks"]] == ["unknown_column"]


def test_an_import_goes_on_where_its_job_stopped(runtime, desk, tmp_path, monkeypatch):
    from forms.imports import run, sets

    monkeypatch.setattr(sets, "QUICK_SET", 7)
    monkeypatch.setattr(sets, "SET", 7)
    rows = [["名称"], *([f"客户{number % 40}"] for number in range(50))]
    transfer = begin_import(runtime, "customer", workbook(*rows), tmp_path)
    looks = itertools.count()  # a second passes whenever somebody looks at the clock
    for module in (run, sets):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(looks)))
    slices = 1
    while run.ImportRun(runtime, transfer.id).advance(seconds=3):
        slices += 1  # a new process, as it were, for every slice
    assert slices > 50 / 7
    done = finish(runtime, transfer)
    assert done.report["counts"] == {"inserted": 40, "updated": 0, "unchanged": 0, "failed": 10}
    assert [code for _, code in told(done)] == ["duplicate_in_file"] * 10
    lines = list(raw_rows(folder_of(runtime, transfer.id) / "rows.jsonl"))
    assert len(lines) == 50
