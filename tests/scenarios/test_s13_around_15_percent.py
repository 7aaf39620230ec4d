"""S13: exactly 15 % ends with the sales director, one fen more goes on to the CEO."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import quote_at, status


@pytest.fixture
def exactly(crm: Crm) -> Record:
    made = quote_at(crm, "15", reason="年度框架采购量大")
    crm.submitted("li", "quote", made["id"])
    return made


@pytest.fixture
def above(crm: Crm) -> Record:
    made = quote_at(crm, "15", extra="0.01", reason="年度框架采购量大")
    crm.submitted("li", "quote", made["id"])
    return made


def test_exactly_15_percent_is_approved_by_the_sales_director(crm: Crm, exactly: Record) -> None:
    assert (exactly["net_total"], exactly["discount_total"]) == ("102000.00", "18000.00")
    crm.approved("liu", exactly["id"])
    assert status(crm, "quote", exactly) == "approved"
    assert crm.tasks("fang", exactly["id"]) == []


def test_one_fen_above_goes_on_to_the_ceo(crm: Crm, above: Record) -> None:
    assert above["discount_total"] == "18000.01"
    assert crm.tasks("fang", above["id"]) == []
    crm.approved("liu", above["id"])
    assert len(crm.tasks("fang", above["id"])) == 1
    crm.approved("fang", above["id"])
    assert status(crm, "quote", above) == "approved"


def test_the_status_is_never_approved_in_between(crm: Crm, above: Record) -> None:
    crm.approved("liu", above["id"])
    assert status(crm, "quote", above) == "pending"
    crm.approved("fang", above["id"])
    moves = [each["status"] for each in crm.history("quote", above["id"]) if "status" in each]
    assert moves == [["pending", "approved"], ["draft", "pending"], [None, "draft"]]


def test_the_flow_log_holds_two_approvals_with_times(crm: Crm, above: Record) -> None:
    crm.at("2026-02-02 10:00")
    crm.approved("liu", above["id"])
    crm.at("2026-02-02 11:30")
    crm.approved("fang", above["id"])
    timeline = crm.timeline("li", above["id"])
    approvals = [(each["actor"], each["at"]) for each in timeline if each["kind"] == "approved"]
    assert approvals == [("liu", "2026-02-02T02:00:00Z"), ("fang", "2026-02-02T03:30:00Z")]
