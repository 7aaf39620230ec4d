"""S51: customers from a spreadsheet with six bad rows: the dry run says what the run does."""

from __future__ import annotations

import io

import python_calamine

from tests.scenarios.crm import Crm
from tests.scenarios.sheets import IMPORTS, ROWS, refused_rows, run_import

EXPECTED = [
    (4, "客户全称", "required"),
    (5, "级别", "not_in_options"),
    (7, "统一社会信用代码", "pattern"),
    (8, "客户全称", "duplicate_in_file"),
    (9, "区域", "not_found"),
    (11, "客户全称", "exists"),
]
COUNTS = {"inserted": 4, "updated": 0, "unchanged": 0, "failed": 6}
BEFORE = 5


def test_the_dry_run_tells_all_and_stores_nothing(crm: Crm) -> None:
    done = run_import(crm, "root", "customer", *ROWS, dry_run=True)
    assert (done["state"], done["counts"]) == ("done", COUNTS)
    assert refused_rows(crm, "root", "customer", done) == EXPECTED
    assert len(crm.all("customer")) == BEFORE


def test_bad_rows_are_skipped_and_come_back_in_a_workbook(crm: Crm) -> None:
    done = run_import(crm, "root", "customer", *ROWS)
    assert done["counts"] == COUNTS
    assert refused_rows(crm, "root", "customer", done) == EXPECTED
    made = {each["name"]: each for each in crm.all("customer")}
    assert len(made) == BEFORE + 4
    assert made["苏州泰安商贸有限公司"]["phone"] == "+8613812345679"
    assert made["南通宏图商贸有限公司"]["level"] == "C"
    answer = crm.by("root").get(
        f"{IMPORTS.format('customer')}/{done['id']}/errors", params={"format": "xlsx"}
    )
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    assert len(sheet.to_python()) == 1 + 6


def test_all_or_nothing_stores_nothing_and_uses_no_number(crm: Crm) -> None:
    last = max(each["no"] for each in crm.all("customer"))
    done = run_import(crm, "root", "customer", *ROWS, errors="all")
    assert (done["state"], done["counts"]["inserted"]) == ("rejected", 0)
    assert len(crm.all("customer")) == BEFORE
    made = crm.create("root", "customer", name="苏州下一家商贸有限公司", region=crm.ids["EAST-JS"])
    assert int(made["no"][2:]) == int(last[2:]) + 1
