"""What the CRM says about records that refer to one another: who handles a customer's tickets, periods and places."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.fixture import RECORDS
from tests.scenarios.sheets import refused_rows, run_import

CUSTOMERS = RECORDS.format("customer")


def ticket(crm: Crm, customer: str, handler: str | None, **more: object) -> Record:
    about = {"subject": "漏水", "kind": "fault", "channel": "phone", "detail": "现场漏水"}
    return crm.create("root", "ticket", customer=crm.ids[customer], handler=handler, **about | more)


def shown(crm: Crm, user: str) -> set[str]:
    return {each["id"] for each in crm.all("customer", user=user)}


def test_an_engineer_sees_customers_with_a_ticket_of_his_and_no_others(crm: Crm) -> None:
    assert shown(crm, "guo") == set()
    made = ticket(crm, "C1", "guo")
    ticket(crm, "C3", "xu")
    assert shown(crm, "guo") == {crm.ids["C1"]}
    seen = crm.get("customer", crm.ids["C1"], user="guo")
    assert seen["phone"].endswith("13812345678")
    assert "credit_limit" not in seen
    assert crm.by("guo").get(f"{CUSTOMERS}/{crm.ids['C3']}").status_code == 404
    assert crm.by("guo").get("/apps/crm/search", params={"q": "大唐餐饮"}).json()["items"] == []
    assert crm.by("guo").get(f"{CUSTOMERS}/{crm.ids['C1']}/history").status_code == 200
    crm.change("root", "ticket", made["id"], handler="xu")
    assert shown(crm, "guo") == set()
    assert crm.by("guo").get(f"{CUSTOMERS}/{crm.ids['C1']}/history").status_code == 404


def test_an_agent_sees_the_phone_of_who_waits_for_him(crm: Crm) -> None:
    place = f"{CUSTOMERS}/{crm.ids['C1']}"
    made = ticket(crm, "C1", "xu")
    assert crm.by("xu").get(place).json()["phone"] == "138****5678"
    crm.engine_sets("ticket", made["id"], status="accepted")
    assert crm.by("xu").get(place).json()["phone"].endswith("13812345678")
    assert crm.by("gao").get(place).json()["phone"] == "138****5678"
    listed = crm.by("xu").get(CUSTOMERS, params={"fields": "name,phone"}).json()["items"]
    assert {each["phone"] for each in listed if each["phone"]} == {"+8613812345678"}
    crm.engine_sets("ticket", made["id"], status="closed")
    assert crm.by("xu").get(place).json()["phone"] == "138****5678"


def test_a_customer_is_found_by_what_refers_to_it(crm: Crm) -> None:
    ticket(crm, "C1", "guo", priority="P1")
    ticket(crm, "C1", None)
    ticket(crm, "C3", None)
    asked = 'COUNT(tickets) > 1 or ANY(tickets, priority = "P1")'
    found = crm.by("root").get(CUSTOMERS, params={"filter": asked}).json()["items"]
    assert [each["id"] for each in found] == [crm.ids["C1"]]
    asked = "COUNT(tickets) = 1"  # guo sees one of the two
    found = crm.by("guo").get(CUSTOMERS, params={"filter": asked}).json()["items"]
    assert [each["id"] for each in found] == [crm.ids["C1"]]


def test_a_province_lies_in_one_active_region_without_regions_below(crm: Crm) -> None:
    about = {"unit": "east", "manager": "wang", "provinces": ["jiangsu", "shanghai"]}
    answer = crm.by("root").post(RECORDS.format("region"), {"code": "X", "name": "沪苏", **about})
    assert (answer.status_code, codes(answer)) == (422, {"provinces:province_taken"})
    crm.change("root", "region", crm.ids["EAST"], provinces=["jiangsu", "zhejiang"])  # it has regions below
    made = crm.create("root", "region", code="X", name="沪苏", active=False, **about)
    refused = crm.patch("root", "region", made["id"], active=True)
    assert (refused.status_code, codes(refused)) == (422, {"provinces:province_taken"})
    crm.change("root", "region", crm.ids["EAST-JS"], provinces=[])
    crm.change("root", "region", made["id"], active=True)


def test_managers_see_promotions_of_their_regions_and_of_all(crm: Crm) -> None:
    for name, regions in (
        ("江苏", ["EAST-JS"]),
        ("东与西北", ["EAST", "NW"]),
        ("西北", ["NW"]),
        ("全国", []),
    ):
        made = crm.create(
            "root", "promotion", name=name, type="display", start="2026-01-01", end="2026-12-31",
            budget="1000.00", regions=[crm.ids[each] for each in regions],
        )  # fmt: skip
        crm.engine_sets("promotion", made["id"], status="approved")
    shown = {
        user: {each["name"] for each in crm.all("promotion", user=user)} for user in ("wang", "ma", "zhang")
    }
    assert shown == {
        "wang": {"江苏", "东与西北", "全国"},
        "ma": {"东与西北", "西北", "全国"},
        "zhang": {"全国"},
    }


def test_an_import_does_not_put_one_province_into_two_regions(crm: Crm) -> None:
    header = ["区域代码", "区域名称", "对应部门", "区域经理", "覆盖省份"]
    rows = [
        ["X1", "山东", "east", "wang", "shandong"],
        ["X2", "鲁豫", "east", "wang", "shandong;henan"],
        ["X3", "河南", "east", "wang", "henan"],
    ]
    done = run_import(crm, "root", "region", header, *rows)
    assert done["counts"] == {"inserted": 2, "updated": 0, "unchanged": 0, "failed": 1}
    assert refused_rows(crm, "root", "region", done) == [(3, "覆盖省份", "province_taken")]


@pytest.mark.parametrize(
    ("more", "passes"),
    [
        ({"valid_from": "2026-02-01"}, True),
        ({"valid_from": "2026-01-31"}, False),
        ({"valid_from": "2025-12-01", "valid_to": "2025-12-31"}, True),
        ({"valid_from": "2026-01-10", "min_qty": 10}, True),
        ({"valid_from": "2026-01-10", "level": "B"}, True),
        ({"valid_from": "2026-01-10", "region": "EAST-JS"}, True),
    ],
)
def test_prices_of_one_level_region_and_quantity_do_not_overlap(
    crm: Crm, more: dict[str, object], passes: bool
) -> None:
    row = {"level": "A", "min_qty": 1, "price": "50.00", "valid_from": "2026-01-01", "valid_to": "2026-01-31"}
    other = {**row, "valid_to": None, **more}
    if "region" in more:
        other["region"] = crm.ids[str(more["region"])]
    answer = crm.patch("root", "product", crm.ids["P1"], prices=[row, other])
    if passes:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, codes(answer)) == (422, {"prices.valid_from:period_overlap"})


def test_a_report_counts_what_refers_to_its_rows_as_its_reader_sees_it(crm: Crm) -> None:
    ticket(crm, "C1", "guo", priority="P1")
    ticket(crm, "C1", None)
    ticket(crm, "C3", None)
    spec = {
        "from": "customer",
        "where": "HAS(tickets)",
        "measures": [
            {"id": "customers", "agg": "count"},
            {"id": "busy", "agg": "count", "where": "COUNT(tickets) > 1"},
        ],
    }

    def told(user: str) -> tuple[object, object]:
        answer = crm.by(user).post("/apps/crm/draft/reports:preview", spec)
        assert answer.status_code == 200, answer.text
        [row] = answer.json()["rows"]
        return row["customers"], row["busy"]

    assert told("root") == (2, 1)
    assert told("guo") == (1, 0)  # he sees one of the two tickets of C1
