"""Files that are called like tables and are none, and pages that programs export under the name of one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from forms.imports import limits
from forms.imports.page import read_page
from forms.imports.refusal import Refusal
from tests.forms.imports.desk import run_import, workbook
from tests.forms.imports.test_bad_input import SHEET, findings, repacked

pytestmark = pytest.mark.database("sqlite")  # nothing of them reaches a database

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
SHEET_2003 = (
    b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)


def archive(first: str, content: bytes = b"") -> bytes:
    """A zip archive with one entry that is not packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(first, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (PNG, "not_a_table", "图片"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "not_a_table", "PDF"),
        (archive("word/document.xml"), "not_a_table", "Word"),
        (b"<?xml version='1.0'?><orders><order/></orders>", "not_a_table", "XML"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "not_a_table", "压缩包"),
        (SHEET_2003, "xml_spreadsheet", "XML"),
        (archive("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), "open_document", ".ods"),
        (b"PK\x03\x04 no archive", "broken_file", "压缩结构不完整"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(
    runtime: Any, desk: Any, tmp_path: Path, content: bytes, code: str, said: str
) -> None:
    done = run_import(runtime, "customer", content, tmp_path)
    (finding,) = done.report["findings"]
    assert (done.state, finding["code"]) == ("failed", code)
    assert said in finding["message"]["zh"]
    assert finding["fix"]["zh"]


def test_a_table_that_begins_like_another_format_is_a_table(runtime: Any, desk: Any, tmp_path: Path) -> None:
    done = run_import(runtime, "customer", "ID3,名称\nx,甲\n".encode(), tmp_path)
    assert done.report["counts"]["inserted"] == 1


EXPORTED = """
<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<style>td { mso-number-format: "\\@" }</style></head><body>
<table><tr><td colspan=3>客户名单</td></tr></table>
<TABLE border=1>
 <tr><th>名称<th>备注</th><th>信用额度</th></tr>
 <tr><td>甲 &amp;
   乙</td><td>一行<br>又一行</td><td> 1,234.50 </td></tr>
 <tr><td rowspan="2">丙</td><td colspan="2">&nbsp;</td>
 <tr><td>没有名称</td><td>5</td></tr>
 <tr><td><script>document.write("<td>")</script>丁</td></tr>
</TABLE></body></html>
"""


def test_a_page_with_a_table_is_read_as_spreadsheet_programs_show_it(
    runtime: Any, desk: Any, tmp_path: Path
) -> None:
    done = run_import(runtime, "customer", EXPORTED.encode("gb18030"), tmp_path)
    assert (done.report["format"], done.report["encoding"]) == ("html", "gb18030")
    assert (done.report["header_row"], done.report["counts"]["inserted"]) == (2, 3)
    assert [(each["row"], each["code"]) for each in done.report["errors"]] == [(5, "required")]
    page = tmp_path / "page"
    page.write_text(EXPORTED, "utf-8")
    rows: list[Any] = []
    read_page(page, encoding="utf-8", row=lambda number, cells: rows.append((number, cells.copy())))
    assert rows == [
        (1, ["客户名单", None, None]),
        (2, ["名称", "备注", "信用额度"]),
        (3, ["甲 & 乙", "一行\n又一行", "1,234.50"]),
        (4, ["丙", None, None]),
        (5, [None, "没有名称", "5"]),
        (6, ["丁"]),
    ]


def test_tables_inside_tables_are_read_and_those_around_them_are_not(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.write_text("<table><tr><td>menu<table><tr><td>名称<tr><td>甲</table></td></tr></table><td>lost")
    rows: list[Any] = []
    read_page(page, encoding=None, row=lambda _, cells: rows.append(cells))
    assert rows == [["名称"], ["甲"]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<table>" + "<tr><td>a" * 12, "too_many_rows"),
        ("<table><tr>" + "<td>a" * (limits.COLUMNS + 1), "too_many_columns"),
        ("<table><tr><td colspan=99999>a<td>b", "too_many_columns"),
        ("<table><tr><td>" + "a" * (limits.CELL_TEXT + 1), "too_large"),
        ("<table>" * 200_000 + "<tr><td rowspan=500>x", None),
        ("<table><tr><td>" + "<!--" * 100_000, None),
        ("<table><tr><td>" + "<!--" * 500_000, "broken_file"),
        ("<table><tr><td " + "a" * 3_000_000, "broken_file"),
        ("<table><tr><td>" + "&" * 900_000, None),
    ],
)
def test_a_page_made_to_hurt_is_refused_or_read_quickly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, code: str | None
) -> None:
    monkeypatch.setattr(limits, "ROWS", 10)
    page = tmp_path / "page"
    page.write_text(content)
    if code is None:
        read_page(page, encoding=None, row=lambda *_: None)
        return
    with pytest.raises(Refusal) as refused:
        read_page(page, encoding=None, row=lambda *_: None)
    assert refused.value.code == code


def test_an_encoding_that_there_is_not_is_refused_for_workbooks_too(
    runtime: Any, desk: Any, tmp_path: Path
) -> None:
    done = run_import(runtime, "customer", workbook(["名称"], ["甲"]), tmp_path, encoding="klingon")
    assert [(each["code"], each["pointer"]) for each in done.report["findings"]] == [
        ("unknown_encoding", "/options/encoding")
    ]


def test_an_unpacked_size_is_told_in_megabytes(runtime: Any, desk: Any, tmp_path: Path) -> None:
    content = repacked(workbook(["x"]), **{SHEET: b" " * 60_000_000})
    (finding,) = run_import(runtime, "customer", content, tmp_path).report["findings"]
    assert "60 MB" in finding["message"]["zh"]
    assert "bytes" not in finding["message"]["zh"]


def test_a_file_in_two_encodings_says_where_the_second_one_begins(
    runtime: Any, desk: Any, tmp_path: Path
) -> None:
    content = "名称,备注\n".encode() + "坏公司甲乙,丙丁\n".encode("gb18030")
    done = run_import(runtime, "customer", content, tmp_path)
    assert findings(done) == ["wrong_encoding"]
    assert "混有不同的编码" in done.report["findings"][0]["message"]["zh"]
    assert done.report["findings"][0]["details"]["line"] == 2
