"""S01: a quote is computed by the server, exactly, half up, whatever way it comes in."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import opportunity
from tests.scenarios.sheets import refused_rows, run_import

LINES = (
    ("P1", "38.50", "120", "7.5", "24.10"),
    ("P2", "199.99", "15", "0", "120.00"),
    ("P3", "0.25", "333.5", "10", "0.11"),
)
OF_LINES = {
    "unit_price": ["35.61", "199.99", "0.23"],
    "list_amount": ["4620.00", "2999.85", "83.38"],
    "amount": ["4273.20", "2999.85", "76.71"],
}
OF_QUOTE = {
    "list_total": "7703.23",
    "net_total": "7300.00",
    "discount_total": "403.23",
    "discount_rate": "5.2346",
    "margin": "2571.31",
}


@pytest.fixture
def body(crm: Crm) -> Record:
    """The quote as a client sends it; costs are those of the products at that time."""
    for name, _, _, _, cost in LINES:
        crm.change("root", "product", crm.ids[name], cost=cost)
    lines = [
        {"product": crm.ids[name], "list_price": price, "qty": qty, "discount": discount}
        for name, price, qty, discount, _ in LINES
    ]
    return {
        "opportunity": opportunity(crm)["id"],
        "valid_until": "2026-12-31",
        "extra_discount": "49.76",
        "lines": lines,
    }


def assert_computed(quote: Record) -> None:
    assert {key: quote[key] for key in OF_QUOTE} == OF_QUOTE
    assert {key: [line[key] for line in quote["lines"]] for key in OF_LINES} == OF_LINES


def test_over_rest(crm: Crm, body: Record) -> None:
    made = crm.create("li", "quote", **body)
    assert_computed(crm.get("quote", made["id"]))


def test_what_a_client_sends_for_a_formula_is_ignored(crm: Crm, body: Record) -> None:
    made = crm.create("li", "quote", **body, net_total="9999.99")
    assert_computed(crm.get("quote", made["id"]))
    crm.change("li", "quote", made["id"], net_total="9999.99", reason="重新发送")
    assert_computed(crm.get("quote", made["id"]))


def test_an_engine_save_computes_the_same(crm: Crm, body: Record) -> None:
    made = crm.create("li", "quote", **body | {"extra_discount": "0"})
    crm.engine_sets("quote", made["id"], extra_discount=4976)
    assert_computed(crm.get("quote", made["id"]))


def test_a_spreadsheet_gives_the_same(crm: Crm, body: Record) -> None:
    chance = crm.get("opportunity", body["opportunity"])
    rows = [
        [chance["no"], "2026-12-31", 49.76, name, float(price), float(qty), float(discount)]
        for name, price, qty, discount, _ in LINES
    ]
    header = ["商机", "有效期", "整单优惠", "明细.产品", "明细.标准价", "明细.数量", "明细.折扣%"]
    asked = {"group": ["商机"], "by": {"opportunity": "no"}}
    done = run_import(crm, "li", "quote", header, *rows, **asked)
    assert done["counts"]["inserted"] == 1, refused_rows(crm, "li", "quote", done)
    [made] = crm.all("quote")
    assert_computed(crm.get("quote", made["id"]))
