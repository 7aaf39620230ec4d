"""Files made to break what reads them: each is refused with a reason, and none takes the server along."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from forms.imports import limits, sets
from tests.forms.imports.desk import run_import, workbook
from tests.forms.imports.test_bad_input import HEAD, NAMES, SHEET, TAIL, findings, repacked, told

pytestmark = pytest.mark.database("sqlite")  # nothing of them reaches a database
NAME = '<row r="2"><c r="A2" t="str"><v>一</v></c></row>'


def many_parts() -> bytes:
    """A workbook of more parts than any program writes."""
    stream = io.BytesIO(workbook(["名称"], ["一"]))
    with zipfile.ZipFile(stream, "a") as book:
        for number in range(limits.PARTS + 1):
            book.writestr(f"xl/media/{number}", b"")
    return stream.getvalue()


def lying() -> bytes:
    """A workbook whose directory says that a part is smaller than what it unpacks to."""
    content = bytearray(repacked(workbook(["x"]), **{SHEET: (HEAD + NAMES + NAME * 2000 + TAIL).encode()}))
    entry = content.index(b"PK\x01\x02")
    while SHEET.encode() not in content[entry + 46 : entry + 46 + len(SHEET)]:
        entry = content.index(b"PK\x01\x02", entry + 4)
    struct.pack_into("<I", content, entry + 24, 400)
    return bytes(content)


def strings_bomb() -> bytes:
    """Texts that unpack to hundreds of megabytes."""
    book = workbook(["名称"], ["一"])
    return repacked(book, **{"xl/sharedStrings.xml": b"<sst>" + b"<si><t>a</t></si>" * 3_000_000 + b"</sst>"})


def deep() -> bytes:
    """Elements inside elements without end."""
    return repacked(workbook(["x"]), **{SHEET: b"<worksheet>" + b"<a>" * 500_000})


def outside() -> bytes:
    """A sheet that is said to lie outside the archive."""
    relations = zipfile.ZipFile(io.BytesIO(workbook(["x"]))).read("xl/_rels/workbook.xml.rels")
    moved = relations.replace(b"worksheets/sheet1.xml", b"../../../../../etc/passwd")
    return repacked(workbook(["x"]), **{"xl/_rels/workbook.xml.rels": moved})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (many_parts, "too_large_unpacked"),
        (lying, "broken_file"),
        (strings_bomb, "too_large_unpacked"),
        (deep, "broken_file"),
        (outside, "broken_file"),
    ],
)
def test_a_workbook_made_to_hurt_is_refused(
    runtime: Any, desk: Any, tmp_path: Path, make: Any, code: str
) -> None:
    done = run_import(runtime, "customer", make(), tmp_path)
    assert (done.state, findings(done)) == ("failed", [code])


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ("名称\n".encode() + b"a" * (limits.CELL_TEXT + 1), ["broken_csv"]),
        ('名称\n"never closed\nand on\n'.encode() + b"x,y\n" * limits.CELL_TEXT, ["broken_csv"]),
        (("," * limits.COLUMNS + "名称\n").encode(), ["too_many_columns"]),
        (b"<html><body><table><tr><td>x</td></tr></table></body></html>", ["no_columns"]),
        (b"<html><body><p>name</p></body></html>", ["empty_file"]),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", None),
        (b"\xff\xfe", ["empty_file"]),
    ],
)
def test_a_text_that_is_no_table_is_refused(
    runtime: Any, desk: Any, tmp_path: Path, content: bytes, codes: list[str] | None
) -> None:
    done = run_import(runtime, "customer", content, tmp_path)
    assert done.state == "failed"
    assert codes is None or findings(done) == codes
    assert all(each["message"]["zh"] and each["message"]["en"] for each in done.report["findings"])


@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        ("no-such", "unknown_encoding"),
        ("zlib", "unknown_encoding"),
        ("rot13", "unknown_encoding"),
        ("undefined", "wrong_encoding"),
        ("ascii", "wrong_encoding"),
        ("utf-32", "wrong_encoding"),
        ("../x", "unknown_encoding"),
    ],
)
def test_an_encoding_that_does_not_fit_is_named(
    runtime: Any, desk: Any, tmp_path: Path, encoding: str, code: str
) -> None:
    done = run_import(runtime, "customer", "名称\n一\n".encode(), tmp_path, encoding=encoding)
    assert (done.state, findings(done)) == ("failed", [code])


def test_signs_that_cannot_be_kept_are_told_by_row(runtime: Any, desk: Any, tmp_path: Path) -> None:
    done = run_import(runtime, "customer", "名称,备注\n一\x00,x\n二,a\x07b\n三,\x7f\n".encode(), tmp_path)
    assert told(done) == [(2, "bad_character"), (3, "bad_character")]
    assert done.report["counts"]["inserted"] == 1


def test_two_writings_of_one_key_in_a_file_are_doubles(runtime: Any, desk: Any, tmp_path: Path) -> None:
    rows = [["名称"], ["ACME"], ["acme"], ["ＡＣＭＥ"], [" Acme\u3000"], ["Acme 2"]]
    done = run_import(runtime, "customer", workbook(*rows), tmp_path)
    assert told(done) == [(3, "duplicate_in_file"), (4, "duplicate_in_file"), (5, "duplicate_in_file")]


def sheet_of(*rows: str) -> bytes:
    """A workbook with the columns 名称 and 信用额度 and rows written by hand."""
    title = '<c r="B1" t="inlineStr"><is><t>信用额度</t></is></c></row>'
    parts = HEAD + NAMES.replace("</row>", title) + "".join(rows) + TAIL
    return repacked(workbook(["x"]), **{SHEET: parts.encode()})


def line(number: int, cell: str) -> str:
    """A row with a name and one more cell."""
    name = f'<c r="A{number}" t="str"><v>客户{number}</v></c>'
    return f'<row r="{number}">{name}{cell}</row>'


def test_a_cell_that_has_no_value_is_no_empty_cell(runtime: Any, desk: Any, tmp_path: Path) -> None:
    """Programs that only write sheets leave formulas without results; that of an empty text is a result."""
    content = sheet_of(
        line(2, '<c r="B2"><f>1+1</f></c>'),
        line(3, '<c r="B3"><f>1+1</f><v></v></c>'),
        line(4, '<c r="B4" t="str"><f>""</f><v></v></c>'),
        line(5, '<c r="B5"><f>1+1</f><v>2</v></c>'),
        line(6, '<c r="B6"><v>NaN</v></c>'),
        line(7, '<c r="B7"><v>rubbish</v></c>'),
        line(8, '<c r="B8" t="d"><v>rubbish</v></c>'),
    )
    done = run_import(runtime, "customer", content, tmp_path)
    assert done.report["counts"]["inserted"] == 2
    assert told(done) == [
        *((row, "formula_not_calculated") for row in (2, 3)),
        *((row, "cell_error") for row in (6, 7, 8)),
    ]


def test_rows_of_a_sheet_that_go_backwards_are_a_broken_file(runtime: Any, desk: Any, tmp_path: Path) -> None:
    done = run_import(runtime, "customer", sheet_of(line(5, ""), line(3, "")), tmp_path)
    assert findings(done) == ["broken_file"]


def test_half_a_sign_harms_only_its_own_cell(runtime: Any, desk: Any, tmp_path: Path) -> None:
    content = repacked(workbook(["名称", "备注"], ["一", "half"]))
    strings = zipfile.ZipFile(io.BytesIO(content)).read("xl/sharedStrings.xml")
    odd = repacked(content, **{"xl/sharedStrings.xml": strings.replace(b"half", b"_xD83D_")})
    assert run_import(runtime, "customer", odd, tmp_path).report["counts"]["inserted"] == 1


def test_quotes_that_are_never_closed_are_found(runtime: Any, desk: Any, tmp_path: Path) -> None:
    content = '名称,备注\n一,x\n二,"open\n三,y\n'.encode()
    done = run_import(runtime, "customer", content, tmp_path)
    (finding,) = done.report["findings"]
    assert (finding["code"], finding["details"]) == ("broken_csv", {"line": 3})
    closed = run_import(runtime, "customer", content.replace(b"y\n", b'y"'), tmp_path)
    assert closed.report["counts"]["inserted"] == 2


@pytest.mark.parametrize("quick", [True, False])
def test_a_row_of_more_cells_than_the_header_is_refused(
    runtime: Any, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    """An unquoted separator moves all cells behind it."""
    if not quick:
        monkeypatch.setattr(sets, "may_be_quick", lambda *_: False)
    content = "名称,备注,信用额度\n一,甲,5\n二,甲,5,乙\n三,,5,,\n".encode()
    done = run_import(runtime, "customer", content, tmp_path)
    assert (told(done), done.report["counts"]["inserted"]) == ([(3, "too_many_cells")], 2)
    beside = workbook(["名称"], ["四", "a remark beside the table"])
    assert run_import(runtime, "customer", beside, tmp_path).report["counts"]["inserted"] == 1


@pytest.mark.parametrize(
    ("content", "encoding", "taken"),
    [
        ("name;credit\nMüller;5\nStraße;6\n", "windows-1252", 0),
        ("name;credit\n田中商店;5\nテスト;6\n", "shift_jis", 0),
        ("name;credit\n青岛啤酒;5\n", "gb18030", 1),
        ("name;credit\n臺灣積體電路製造;5\n客戶編號與聯絡電話;6\n", "gb18030", 2),
        ("sep=;\r\nname;credit\r\n青岛啤酒;5\r\n", "utf-8", 1),
        ("name\tcredit\n青岛啤酒\t5\n", "utf-32", 1),
    ],
)
def test_an_encoding_is_guessed_only_where_it_gives_common_words(
    runtime: Any, desk: Any, tmp_path: Path, content: str, encoding: str, taken: int
) -> None:
    done = run_import(runtime, "customer", content.encode(encoding, "replace"), tmp_path)
    if taken:
        assert (done.report["counts"]["inserted"], done.report["counts"]["failed"]) == (taken, 0)
    else:
        assert findings(done) == ["wrong_encoding"]
        asked = run_import(runtime, "customer", content.encode(encoding), tmp_path, encoding=encoding)
        assert asked.report["counts"]["failed"] == 0
