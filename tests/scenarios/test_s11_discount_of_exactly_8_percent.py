"""S11: a discount of exactly 8 % needs nobody."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import quote_at


@pytest.fixture
def quote(crm: Crm) -> Record:
    made = quote_at(crm, "8")
    crm.submitted("li", "quote", made["id"])
    return made


def test_amounts_are_exact(crm: Crm) -> None:
    made = quote_at(crm, "8")
    amounts = {key: made[key] for key in ("list_total", "net_total", "discount_total", "discount_rate")}
    assert amounts == {
        "list_total": "120000.00",
        "net_total": "110400.00",
        "discount_total": "9600.00",
        "discount_rate": "8.0000",
    }
    assert made["lines"][0]["unit_price"] == "110.40"


def test_the_quote_is_approved_at_once(crm: Crm, quote: Record) -> None:
    assert crm.get("quote", quote["id"])["status"] == "approved"


def test_the_sales_director_gets_no_task(crm: Crm, quote: Record) -> None:
    assert crm.tasks("liu", quote["id"]) == []


def test_the_opportunity_moves_to_quote(crm: Crm, quote: Record) -> None:
    assert crm.get("opportunity", quote["opportunity"])["stage"] == "quote"


def test_no_reason_is_asked_for(crm: Crm, quote: Record) -> None:
    assert crm.get("quote", quote["id"])["reason"] is None


def test_the_owner_is_told(crm: Crm, quote: Record) -> None:
    assert len(crm.notifications("li", quote["id"])) == 1
