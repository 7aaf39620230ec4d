"""What payments, plans, invoices and points add up to in the CRM, and what may not be exceeded."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.deals import contract
from tests.scenarios.fixture import RECORDS


@pytest.fixture
def plans(crm: Crm) -> list[Record]:
    """Two plans of a contract of C3 over 30,000.00."""
    deal = contract(crm, "30000.00")
    rows = ((1, "2026-03-01", "10000.00"), (2, "2026-06-01", "20000.00"))
    return [
        crm.create(
            "qian",
            "collection_plan",
            contract=deal["id"],
            customer=crm.ids["C3"],
            seq=seq,
            due_date=due,
            amount=amount,
        )
        for seq, due, amount in rows
    ]


def pay(crm: Crm, amount: str, *allocs: tuple[Record, str], customer: str = "C3") -> Record:
    rows = [{"plan": plan["id"], "amount": part} for plan, part in allocs]
    about = {"customer": crm.ids[customer], "pay_date": "2026-02-20", "amount": amount, "method": "bank"}
    answer = crm.by("qian").post(RECORDS.format("payment"), {**about, "allocs": rows})
    assert answer.status_code == 201, answer.text
    made: Record = answer.json()
    return made


def test_a_draft_pays_nothing_a_confirmed_payment_does(crm: Crm, plans: list[Record]) -> None:
    made = pay(crm, "15000.00", (plans[0], "10000.00"), (plans[1], "4000.00"))
    assert made["unallocated"] == "1000.00"
    assert crm.get("collection_plan", plans[0]["id"])["received"] == "0.00"
    crm.change("qian", "payment", made["id"], status="confirmed")
    first, second = (crm.get("collection_plan", plan["id"]) for plan in plans)
    assert (first["received"], first["left"], first["state"]) == ("10000.00", "0.00", "paid")
    assert (second["received"], second["state"], second["paid_on"]) == ("4000.00", "partial", "2026-02-20")
    deal = crm.get("contract", plans[0]["contract"])
    assert (deal["received"], deal["left"]) == ("14000.00", "16000.00")
    assert crm.get("customer", crm.ids["C3"])["paid"] == "15000.00"
    assert crm.get("payment", made["id"])["confirmed_at"] is not None


def test_a_void_payment_is_taken_back(crm: Crm, plans: list[Record]) -> None:
    made = pay(crm, "10000.00", (plans[0], "10000.00"))
    crm.change("qian", "payment", made["id"], status="confirmed")
    assert codes(crm.patch("qian", "payment", made["id"], amount="1.00")) == {"amount:read_only"}
    assert codes(crm.patch("qian", "payment", made["id"], status="draft")) == {"status:status_back"}
    crm.change("qian", "payment", made["id"], status="void")
    after = crm.get("collection_plan", plans[0]["id"])
    assert (after["received"], after["paid_on"]) == ("0.00", None)


def test_no_more_is_settled_than_is_due(crm: Crm, plans: list[Record]) -> None:
    first, second = (pay(crm, "6000.00", (plans[0], "6000.00")) for _ in range(2))
    crm.change("qian", "payment", first["id"], status="confirmed")
    answer = crm.patch("qian", "payment", second["id"], status="confirmed")
    assert (answer.status_code, codes(answer)) == (422, {"allocs:over_collected"})
    assert crm.get("payment", second["id"])["status"] == "draft"
    assert crm.get("collection_plan", plans[0]["id"])["received"] == "6000.00"


def test_a_payment_settles_plans_of_its_customer_only(crm: Crm, plans: list[Record]) -> None:
    rows = [{"plan": plans[0]["id"], "amount": "1.00"}]
    about = {"customer": crm.ids["C4"], "pay_date": "2026-02-20", "amount": "1.00", "method": "bank"}
    answer = crm.by("qian").post(RECORDS.format("payment"), {**about, "allocs": rows})
    assert codes(answer) == {"allocs.plan:other_customer"}


def test_no_more_is_settled_than_was_paid(crm: Crm, plans: list[Record]) -> None:
    rows = [{"plan": plans[0]["id"], "amount": "100.00"}]
    about = {"customer": crm.ids["C3"], "pay_date": "2026-02-20", "amount": "99.99", "method": "bank"}
    answer = crm.by("qian").post(RECORDS.format("payment"), {**about, "allocs": rows})
    assert codes(answer) == {"allocs:over_allocated"}


def test_no_more_is_invoiced_than_was_ordered(crm: Crm) -> None:
    lines = [{"product": crm.ids["P1"], "qty": "10", "price": "57.00"}]
    order = crm.create("li", "order", customer=crm.ids["C1"], lines=lines)
    about = {"customer": crm.ids["C1"], "order": order["id"], "title": "苏州鼎盛", "status": "issued"}
    first = crm.create("qian", "invoice", **about, amount="570.00", issue_date="2026-02-02")
    more = {**about, "amount": "0.01", "issue_date": "2026-02-02"}
    assert codes(crm.by("qian").post(RECORDS.format("invoice"), more)) == {"order:over_invoiced"}
    red = {**about, "kind": "red", "origin": first["id"], "amount": "570.00", "issue_date": "2026-02-02"}
    crm.create("qian", "invoice", **red)
    assert crm.get("order", order["id"])["invoiced"] == "0.00"
    crm.create("qian", "invoice", **more)


def test_points_are_never_below_nothing(crm: Crm) -> None:
    about = {"customer": crm.ids["C1"], "happened_at": "2026-02-01T10:00:00+08:00"}
    crm.create("lin", "touch_event", event_id="e1", type="scan", points=3, **about)
    crm.create("lin", "touch_event", event_id="e2", type="redeem", points=-2, **about)
    answer = crm.by("lin").post(
        RECORDS.format("touch_event"), {"event_id": "e3", "type": "redeem", "points": -2, **about}
    )
    assert codes(answer) == {"customer:points_negative"}
    assert crm.get("customer", crm.ids["C1"])["points"] == 1


def test_events_are_not_changed(crm: Crm) -> None:
    made = crm.create(
        "lin", "touch_event", event_id="e1", type="scan", happened_at="2026-02-01T10:00:00+08:00"
    )
    assert crm.patch("root", "touch_event", made["id"], points=5).status_code == 422
    assert crm.delete("lin", "touch_event", made["id"]).status_code == 403


PRICES = (
    {"level": "A", "min_qty": 1, "price": "55.00", "valid_from": "2026-01-01"},
    {"level": "A", "min_qty": 100, "price": "52.00", "valid_from": "2026-01-01"},
    {"level": "A", "min_qty": 200, "price": "40.00", "valid_from": "2026-01-01", "valid_to": "2026-01-31"},
    {"level": "A", "min_qty": 1, "price": "50.00", "valid_from": "2026-01-01", "region": "EAST-JS"},
    {"level": "B", "min_qty": 1, "price": "57.00", "valid_from": "2026-01-01"},
    {"level": "B", "min_qty": 1, "price": "30.00", "valid_from": "2027-01-01", "region": "EAST-ZJ"},
)


@pytest.mark.parametrize(
    ("customer", "qty", "price"),
    [
        ("C1", "99", "50.00"),  # of its region, though another one asks for less
        ("C1", "300", "50.00"),
        ("C5", "5", "57.00"),  # that of its region is not valid yet
        ("C4", "5", "60.00"),  # none of its level: the list price
    ],
)
def test_the_price_is_picked_by_level_region_and_quantity(
    crm: Crm, customer: str, qty: str, price: str
) -> None:
    rows = [{**row, "region": crm.ids[row["region"]] if "region" in row else None} for row in PRICES]
    crm.change("root", "product", crm.ids["P1"], prices=rows)
    lines = [{"product": crm.ids["P1"], "qty": qty}]
    made = crm.create("root", "order", customer=crm.ids[customer], lines=lines)
    assert made["lines"][0]["price"] == price


def test_a_larger_quantity_has_a_better_price(crm: Crm) -> None:
    rows = [row for row in PRICES if "region" not in row]
    crm.change("root", "product", crm.ids["P1"], prices=rows)
    lines = [{"product": crm.ids["P1"], "qty": qty} for qty in ("99", "100", "500")]
    made = crm.create("root", "order", customer=crm.ids["C1"], lines=lines)
    assert [line["price"] for line in made["lines"]] == ["55.00", "52.00", "52.00"]
