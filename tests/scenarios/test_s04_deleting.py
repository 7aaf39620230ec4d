"""S04: deleting is refused, empties a reference or takes along, and comes back as one unit."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import contract, opportunity
from tests.scenarios.fixture import RECORDS

CONFLICT = 409


@pytest.fixture
def of_c4(crm: Crm) -> dict[str, Record]:
    """C4 with two contacts, an opportunity with one of them, and a draft contract with three plans."""
    about = {"customer": crm.ids["C4"]}
    first = crm.create("wu", "contact", name="钱一", is_primary=True, mobile="13900000001", **about)
    crm.create("wu", "contact", name="孙二", mobile="13900000002", **about)
    chance = opportunity(crm, user="wu", customer="C4", contact=first["id"])
    draft = contract(crm, "30000.00", user="wu", customer="C4")
    plans = [
        crm.create(
            "qian",
            "collection_plan",
            contract=draft["id"],
            seq=seq,
            due_date=f"2026-0{seq + 2}-01",
            amount="10000.00",
            **about,
        )
        for seq in (1, 2, 3)
    ]
    return {
        "contact": first,
        "opportunity": chance,
        "contract": draft,
        **{f"plan{n}": p for n, p in enumerate(plans)},
    }


def bin_of(crm: Crm, form: str) -> list[Record]:
    answer = crm.by("root").get(f"/apps/crm/forms/{form}/recycled")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_customer_with_orders_stays(crm: Crm) -> None:
    lines = [{"product": crm.ids["P1"], "qty": "10"}]
    crm.create("li", "order", customer=crm.ids["C1"], lines=lines)
    answer = crm.delete("root", "customer", crm.ids["C1"])
    assert answer.status_code == CONFLICT
    problem = answer.json()
    assert (problem["code"], problem["details"]["references"]) == ("restrict", {"order": 1})
    assert crm.get("customer", crm.ids["C1"])["name"] == "苏州鼎盛商贸有限公司"


def test_an_opportunity_forgets_a_deleted_contact(crm: Crm, of_c4: dict[str, Record]) -> None:
    assert crm.delete("root", "contact", of_c4["contact"]["id"]).status_code == 204
    assert crm.get("opportunity", of_c4["opportunity"]["id"])["contact"] is None


def test_a_contract_takes_its_plans_along_and_brings_them_back(crm: Crm, of_c4: dict[str, Record]) -> None:
    draft = of_c4["contract"]["id"]
    assert crm.delete("root", "contract", draft).status_code == 204
    assert crm.all("collection_plan") == []
    answer = crm.by("root").post(f"{RECORDS.format('contract')}/{draft}:restore", {})
    assert answer.status_code == 200, answer.text
    assert crm.get("contract", draft)["no"] == of_c4["contract"]["no"]
    assert {each["id"] for each in crm.all("collection_plan")} == {of_c4[f"plan{n}"]["id"] for n in range(3)}


def test_a_plan_with_an_allocation_keeps_its_contract(crm: Crm, of_c4: dict[str, Record]) -> None:
    allocs = [{"plan": of_c4["plan0"]["id"], "amount": "10000.00"}]
    paid = {"pay_date": "2026-03-02", "amount": "10000.00", "method": "bank", "allocs": allocs}
    crm.create("qian", "payment", customer=crm.ids["C4"], **paid)
    answer = crm.delete("root", "contract", of_c4["contract"]["id"])
    assert answer.status_code == CONFLICT
    assert answer.json()["details"]["references"] == {"payment.allocs": 1}
    assert len(crm.all("collection_plan")) == 3
    assert crm.get("contract", of_c4["contract"]["id"])["status"] == "draft"


def test_a_customer_with_an_opportunity_stays(crm: Crm, of_c4: dict[str, Record]) -> None:
    assert crm.delete("root", "contract", of_c4["contract"]["id"]).status_code == 204
    answer = crm.delete("root", "customer", crm.ids["C4"])
    assert answer.status_code == CONFLICT
    assert answer.json()["details"]["references"]["opportunity"] == 1
    assert len(crm.all("contact")) == 2
