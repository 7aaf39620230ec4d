"""S12: thresholds are compared on exact money, so one fen more needs the sales director."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.deals import quote_at, status


@pytest.fixture
def quote(crm: Crm) -> Record:
    return quote_at(crm, "8", extra="0.01")


def test_the_displayed_rate_still_says_8(quote: Record) -> None:
    assert quote["discount_total"] == "9600.01"
    assert quote["discount_rate"] == "8.0000"


def test_without_a_reason_the_submission_is_refused(crm: Crm, quote: Record) -> None:
    answer = crm.submit("li", "quote", quote["id"])
    assert answer.status_code == 422
    assert codes(answer) == {"reason:required"}


def test_a_refused_submission_stores_nothing(crm: Crm, quote: Record) -> None:
    crm.submit("li", "quote", quote["id"])
    after = crm.get("quote", quote["id"])
    assert (after["status"], after["rev"]) == ("draft", quote["rev"])
    assert crm.tasks("liu", quote["id"]) == []


def test_with_a_reason_only_the_sales_director_is_asked(crm: Crm, quote: Record) -> None:
    crm.change("li", "quote", quote["id"], reason="竞品低价")
    crm.submitted("li", "quote", quote["id"])
    assert status(crm, "quote", quote) == "pending"
    assert len(crm.tasks("liu", quote["id"])) == 1
    assert crm.tasks("fang", quote["id"]) == []


def test_the_sales_director_approves_alone(crm: Crm, quote: Record) -> None:
    crm.change("li", "quote", quote["id"], reason="竞品低价")
    crm.submitted("li", "quote", quote["id"])
    crm.approved("liu", quote["id"])
    assert status(crm, "quote", quote) == "approved"
    assert crm.tasks("fang", quote["id"]) == []
