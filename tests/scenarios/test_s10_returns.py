"""S10: totals of orders with gifts, and how much of an order may come back."""

from __future__ import annotations

import threading

import httpx
import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.fixture import RECORDS

ORDERED = (("P1", "100", "57.00", False), ("P2", "20", "114.00", False), ("P1", "10", "57.00", True))


def lines(crm: Crm, *rows: tuple[str, str, str, bool]) -> list[Record]:
    return [
        {"product": crm.ids[name], "qty": qty, "price": price, "gift": gift}
        for name, qty, price, gift in rows
    ]


@pytest.fixture
def o1(crm: Crm) -> Record:
    made = crm.create("li", "order", customer=crm.ids["C1"], lines=lines(crm, *ORDERED))
    crm.engine_sets("order", made["id"], status="completed")
    return crm.get("order", made["id"])


def send_back(
    crm: Crm, order: Record, qty: str, *, product: str = "P1", gift: bool = False
) -> httpx.Response:
    """li's return of this much."""
    rows = lines(crm, (product, qty, "57.00", gift))
    about = {"type": "return", "customer": crm.ids["C1"], "origin": order["id"], "lines": rows}
    return crm.by("li").post(RECORDS.format("order"), about)


def returned(crm: Crm, order: Record, qty: str) -> Record:
    """A return that was approved."""
    answer = send_back(crm, order, qty)
    assert answer.status_code == 201, answer.text
    crm.engine_sets("order", answer.json()["id"], status="approved")
    return crm.get("order", answer.json()["id"])


def test_gifts_count_but_cost_nothing(crm: Crm, o1: Record) -> None:
    assert (o1["total"], o1["qty_total"]) == ("7980.00", "130.00")
    assert crm.get("customer", crm.ids["C1"])["ordered"] == "7980.00"


def test_a_return_is_negative_and_reduces_what_was_ordered(crm: Crm, o1: Record) -> None:
    back = returned(crm, o1, "30")
    assert (back["total"], back["qty_total"]) == ("-1710.00", "-30.00")
    assert crm.get("customer", crm.ids["C1"])["ordered"] == "6270.00"


def test_no_more_comes_back_than_is_left(crm: Crm, o1: Record) -> None:
    returned(crm, o1, "30")
    refused = send_back(crm, o1, "75")
    assert (refused.status_code, codes(refused)) == (422, {"lines.qty:over_return"})
    [told] = refused.json()["errors"]
    assert told["message"]["zh"] == "退货数量超过可退数量。还剩 70.00。"
    assert send_back(crm, o1, "70").status_code == 201


def test_gifts_are_counted_apart(crm: Crm, o1: Record) -> None:
    assert codes(send_back(crm, o1, "11", gift=True)) == {"lines.qty:over_return"}
    assert send_back(crm, o1, "10", gift=True).status_code == 201


def test_what_was_not_ordered_cannot_come_back(crm: Crm, o1: Record) -> None:
    assert codes(send_back(crm, o1, "1", product="P3")) == {"lines.qty:over_return"}


def test_a_draft_takes_nothing_from_others(crm: Crm, o1: Record) -> None:
    assert send_back(crm, o1, "100").status_code == 201
    assert send_back(crm, o1, "100").status_code == 201


def test_a_deleted_return_gives_back(crm: Crm, o1: Record) -> None:
    back = returned(crm, o1, "100")
    assert send_back(crm, o1, "1").status_code == 422
    assert crm.delete("root", "order", back["id"]).status_code == 204
    assert send_back(crm, o1, "100").status_code == 201


def test_of_two_returns_submitted_at_once_one_succeeds(crm: Crm, o1: Record) -> None:
    from engine.errors import Invalid

    returned(crm, o1, "30")
    both = [send_back(crm, o1, "40").json()["id"] for _ in range(2)]
    start, outcomes = threading.Barrier(2), []

    def submit(record: str) -> None:
        start.wait()
        try:
            crm.engine_sets("order", record, status="pending")
        except Invalid as refused:
            outcomes.append({finding.code for finding in refused.findings})
        else:
            outcomes.append({"accepted"})

    threads = [threading.Thread(target=submit, args=(record,)) for record in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [{"accepted"}, {"over_return"}]
    assert sorted(crm.get("order", record)["status"] for record in both) == ["draft", "pending"]


@pytest.mark.parametrize("qty", ["0", "-5"])
def test_a_quantity_is_positive(crm: Crm, o1: Record, qty: str) -> None:
    answer = send_back(crm, o1, qty)
    assert answer.status_code == 422
    assert {code.partition(":")[0] for code in codes(answer)} == {"lines.qty"}


def test_a_return_names_its_order(crm: Crm) -> None:
    rows = lines(crm, ("P1", "1", "57.00", False))
    about = {"type": "return", "customer": crm.ids["C1"], "lines": rows}
    answer = crm.by("li").post(RECORDS.format("order"), about)
    assert codes(answer) == {"origin:required"}


def test_a_transfer_is_worth_nothing(crm: Crm) -> None:
    first, second = (
        crm.create(
            "root",
            "dealer",
            name=name,
            customer=crm.ids[customer],
            tier="t1",
            region=crm.ids[region],
            manager=manager,
        )["id"]
        for name, customer, region, manager in (
            ("鼎盛", "C1", "EAST-JS", "li"),
            ("钱塘", "C5", "EAST-ZJ", "zhou"),
        )
    )
    rows = lines(crm, ("P1", "50", "57.00", False))
    about = {"customer": crm.ids["C1"], "dealer": first, "to_dealer": second, "lines": rows}
    made = crm.create("root", "order", type="transfer", **about)
    crm.engine_sets("order", made["id"], status="approved")
    assert crm.get("order", made["id"])["total"] == "0.00"
    assert crm.get("customer", crm.ids["C1"])["ordered"] == "0.00"
