"""S18: the last approval makes the contract effective, with everything that follows, or nothing."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.deals import contract, opportunity, status

TERMS = [
    {"ratio": "30", "offset_days": 0},
    {"ratio": "60", "offset_days": 30},
    {"ratio": "10", "offset_days": 90},
]


@pytest.fixture
def quote(crm: Crm) -> Record:
    """he's approved quote for C3: lines of 86,050.01 and 50.00 off."""
    crm.at("2026-02-26 09:00")
    chance = opportunity(crm, user="he", customer="C3")
    lines = [
        {"product": crm.ids["P2"], "qty": "700"},
        {"product": crm.ids["P3"], "qty": "1", "list_price": "2050.01"},
    ]
    made = crm.create(
        "he",
        "quote",
        opportunity=chance["id"],
        valid_until="2026-12-31",
        extra_discount="50.00",
        lines=lines,
    )
    crm.submitted("he", "quote", made["id"])
    return crm.get("quote", made["id"])


@pytest.fixture
def pending(crm: Crm, quote: Record) -> Record:
    """The contract, approved by liu; zheng's task is open on 2026-02-27."""
    made = contract(crm, "86000.01", quote=quote["id"], opportunity=quote["opportunity"], terms_plan=TERMS)
    crm.submitted("he", "contract", made["id"])
    crm.at("2026-02-27 10:00")
    crm.approved("liu", made["id"])
    return made


@pytest.fixture
def effective(crm: Crm, pending: Record) -> Record:
    crm.approved("zheng", pending["id"])
    return crm.get("contract", pending["id"])


def test_the_quote_and_the_contract_have_the_same_amount(quote: Record) -> None:
    assert (quote["status"], quote["net_total"]) == ("approved", "86000.01")


def test_another_amount_than_the_quote_is_refused(crm: Crm, quote: Record) -> None:
    values = {"name": "合同", "customer": quote["customer"], "quote": quote["id"], "amount": "86000.00"}
    dates = {"start_date": "2026-03-01", "end_date": "2027-02-28"}
    answer = crm.by("he").post("/apps/crm/forms/contract/records", values | dates)
    assert answer.status_code == 422
    assert codes(answer) == {"amount:amount_differs"}


def test_the_contract_is_effective_and_signed_today(effective: Record) -> None:
    assert (effective["status"], effective["sign_date"]) == ("effective", "2026-02-27")


def test_the_customer_is_signed(crm: Crm, effective: Record) -> None:
    assert crm.get("customer", crm.ids["C3"])["lifecycle"] == "signed"


def test_one_draft_order_has_the_lines_of_the_quote(crm: Crm, effective: Record, quote: Record) -> None:
    [found] = crm.all("order")
    order = crm.get("order", found["id"])
    assert (order["status"], order["total"], order["extra_discount"]) == ("draft", "86000.01", "50.00")
    assert (order["contract"], order["customer"]) == (effective["id"], crm.ids["C3"])
    of_order = [(line["product"], line["qty"], line["price"]) for line in order["lines"]]
    assert of_order == [(line["product"], line["qty"], line["unit_price"]) for line in quote["lines"]]


def test_the_order_belongs_to_the_owner_of_the_contract(crm: Crm, effective: Record) -> None:
    [order] = crm.all("order", user="he")
    assert (order["owner"], order["dept"]) == ("he", "northwest")


def test_the_plans_add_up_to_the_amount(crm: Crm, effective: Record) -> None:
    [order] = crm.all("order")
    plans = sorted(crm.all("collection_plan"), key=lambda plan: int(plan["seq"]))
    assert [(plan["seq"], plan["amount"], plan["due_date"]) for plan in plans] == [
        (1, "25800.00", "2026-03-01"),
        (2, "51600.01", "2026-03-31"),
        (3, "8600.00", "2026-05-30"),
    ]
    assert {plan["contract"] for plan in plans} == {effective["id"]}
    assert {plan["order"] for plan in plans} == {order["id"]}


def test_owner_and_finance_are_told(crm: Crm, effective: Record) -> None:
    for user in ("he", "zhao", "qian"):
        assert len(crm.notifications(user, effective["id"])) == 1


def test_nothing_changes_when_the_order_cannot_be_created(crm: Crm, pending: Record) -> None:
    crm.change("root", "product", crm.ids["P2"], status="off")
    answer = crm.decide("zheng", pending["id"], "approve")
    assert answer.status_code == 422
    assert "lines.product:product_off" in codes(answer)
    assert status(crm, "contract", pending) == "pending"
    assert crm.get("customer", crm.ids["C3"])["lifecycle"] == "prospect"
    assert crm.all("order") == crm.all("collection_plan") == []


def test_the_approval_can_be_tried_again(crm: Crm, pending: Record) -> None:
    crm.change("root", "product", crm.ids["P2"], status="off")
    crm.decide("zheng", pending["id"], "approve")
    crm.change("root", "product", crm.ids["P2"], status="on")
    crm.approved("zheng", pending["id"])
    assert status(crm, "contract", pending) == "effective"
    assert (len(crm.all("order")), len(crm.all("collection_plan"))) == (1, 3)


def test_a_contract_without_a_quote_makes_plans_but_no_order(crm: Crm) -> None:
    made = contract(crm, "1000.00", terms_plan=TERMS)
    crm.submitted("he", "contract", made["id"])
    crm.approved("liu", made["id"])
    assert status(crm, "contract", made) == "effective"
    plans = crm.all("collection_plan", contract=made["id"])
    assert sorted(plan["amount"] for plan in plans) == ["100.00", "300.00", "600.00"]
    assert {plan["order"] for plan in plans} == {None}
    assert crm.all("order") == []


def test_ratios_must_add_up_when_submitted(crm: Crm) -> None:
    made = contract(crm, "1000.00", terms_plan=TERMS[:2])
    answer = crm.submit("he", "contract", made["id"])
    assert answer.status_code == 422
    assert codes(answer) == {"terms_plan:sum_100"}
    assert status(crm, "contract", made) == "draft"
