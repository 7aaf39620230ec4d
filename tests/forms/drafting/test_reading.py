"""Files that become drafts: where their header stands."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid
from forms.drafting.reading import read_sheet
from tests.forms.imports.desk import workbook

pytestmark = pytest.mark.database("sqlite")  # nothing of them reaches a database

ROWS: list[list[Any]] = [
    ["名称", "电话", "日期"],
    ["甲", "13800000001", date(2026, 3, 1)],
    ["乙", None, None],
]


@pytest.mark.parametrize("above", [[], [["客户名单（二〇二六年）"], ["制表：李娜"], []]])
def test_a_title_above_the_header_is_no_header(runtime: Any, tmp_path: Path, above: list[list[Any]]) -> None:
    file = tmp_path / "sheet"
    file.write_bytes(workbook(*above, *ROWS))
    sheet = read_sheet(runtime, file)
    assert sheet.header == ROWS[0]
    assert [row[0] for row in sheet.rows] == ["甲", "乙"]


def test_the_table_of_a_page_can_be_drafted(runtime: Any, tmp_path: Path) -> None:
    file = tmp_path / "sheet.xls"
    file.write_text("<html><table><tr><th>名称<th>电话<tr><td>甲<td>1</table></html>", "utf-8")
    sheet = read_sheet(runtime, file)
    assert (sheet.header, sheet.rows) == (["名称", "电话"], [["甲", "1"]])


def test_what_is_no_table_is_refused(runtime: Any, tmp_path: Path) -> None:
    file = tmp_path / "sheet.xlsx"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    with pytest.raises(Invalid) as refused:
        read_sheet(runtime, file)
    assert [each.code for each in refused.value.findings] == ["not_a_table"]
