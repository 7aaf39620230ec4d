"""S52: the same file again, taken back, and orders with their lines."""

from __future__ import annotations

from typing import Any

from tests.scenarios.crm import Crm, Record
from tests.scenarios.sheets import IMPORTS, ROWS, refused_rows, run_import

UPSERT: dict[str, Any] = {"mode": "upsert", "on": ["name"]}
ORDERS = (
    ["订单", "客户", "明细.产品", "明细.数量", "明细.单价"],
    ["一", "苏州鼎盛商贸有限公司", "P1", 10, 57],
    ["一", "苏州鼎盛商贸有限公司", "P2", 2, 114],
    ["一", "苏州鼎盛商贸有限公司", "P3", 1, 198],
    ["二", "西安大唐餐饮管理有限公司", "P1", 5, 60],
    ["二", "西安大唐餐饮管理有限公司", "P9", 1, 80],
    ["三", "北京中关村软件有限公司", "P3", 4, 198],
    ["三", "北京中关村软件有限公司", "P1", 1, 60],
)
GROUPED: dict[str, Any] = {"group": ["订单"], "mapping": {"订单": ""}}


def names(crm: Crm) -> set[str]:
    return {each["name"] for each in crm.all("customer")}


def undo(crm: Crm, done: Record) -> Any:
    answer = crm.by("root").post(f"{IMPORTS.format('customer')}/{done['id']}:undo", {})
    crm.work()
    return answer


def test_upsert_changes_what_is_there_and_repeating_it_nothing(crm: Crm) -> None:
    run_import(crm, "root", "customer", *ROWS)
    done = run_import(crm, "root", "customer", *ROWS, **UPSERT)
    assert done["counts"] == {"inserted": 0, "updated": 1, "unchanged": 4, "failed": 5}
    assert crm.get("customer", crm.ids["C3"])["level"] == "A"
    again = run_import(crm, "root", "customer", *ROWS, **UPSERT)
    assert (again["counts"]["inserted"], again["counts"]["updated"]) == (0, 0)


def test_an_import_is_taken_back(crm: Crm) -> None:
    before = names(crm)
    done = run_import(crm, "root", "customer", *ROWS, **UPSERT)
    assert len(names(crm)) == len(before) + 4
    assert undo(crm, done).status_code < 300
    assert names(crm) == before
    assert crm.get("customer", crm.ids["C3"])["level"] == "B"


def test_a_customer_with_an_order_keeps_the_import(crm: Crm) -> None:
    done = run_import(crm, "root", "customer", *ROWS, **UPSERT)
    [used] = crm.all("customer", name="无锡万和餐饮管理有限公司")
    crm.create("root", "order", customer=used["id"], lines=[{"product": crm.ids["P1"], "qty": "1"}])
    answer = undo(crm, done)
    assert answer.status_code == 409
    assert [each["record"] for each in answer.json()["details"]["records"]] == [used["id"]]
    assert "无锡万和餐饮管理有限公司" in names(crm)


def test_two_imports_are_taken_back_the_last_one_first(crm: Crm) -> None:
    header = ["客户全称", "级别", "区域", "电话"]
    made = [
        ["甲乙丙商贸有限公司", "A", "EAST-JS", "13812340001"],
        ["丁戊己商贸有限公司", "B", "EAST-JS", None],
    ]
    changed = [["甲乙丙商贸有限公司", "B", "EAST-JS", "13812340002"], ["丁戊己商贸有限公司", "B", None, None]]
    before = names(crm)
    first = run_import(crm, "root", "customer", header, *made)
    second = run_import(crm, "root", "customer", header, *changed, **UPSERT)
    assert (second["counts"]["updated"], second["counts"]["unchanged"]) == (1, 1)
    refused = undo(crm, first)
    assert refused.status_code == 409
    [told] = refused.json()["details"]["records"]
    assert (told["reason"], told["name"][-9:]) == ("changed_since", "甲乙丙商贸有限公司")
    assert undo(crm, second).status_code < 300
    [one] = crm.all("customer", name="甲乙丙商贸有限公司")
    assert crm.get("customer", one["id"])["level"] == "A"
    assert undo(crm, first).status_code < 300
    assert names(crm) == before


def test_who_may_not_change_c3_does_not_find_it(crm: Crm) -> None:
    done = run_import(crm, "li", "customer", *ROWS, **UPSERT)
    assert refused_rows(crm, "li", "customer", done)[-1] == (11, "客户全称", "not_found")
    assert crm.get("customer", crm.ids["C3"])["level"] == "B"


def test_seven_rows_are_three_orders(crm: Crm) -> None:
    done = run_import(crm, "root", "order", *ORDERS, **GROUPED)
    assert done["counts"]["inserted"] == 3, refused_rows(crm, "root", "order", done)
    made = [crm.get("order", each["id"]) for each in crm.all("order")]
    assert sorted(len(each["lines"]) for each in made) == [2, 2, 3]
    assert sorted(each["total"] for each in made) == ["380.00", "852.00", "996.00"]


def test_one_bad_line_rejects_its_order_only(crm: Crm) -> None:
    rows = [*ORDERS[:3], ["一", "苏州鼎盛商贸有限公司", "P3", 0, 198], *ORDERS[4:]]
    done = run_import(crm, "root", "order", *rows, **GROUPED)
    assert (done["counts"]["inserted"], done["counts"]["failed"]) == (2, 1)
    assert [row for row, _, _ in refused_rows(crm, "root", "order", done)] == [4]
