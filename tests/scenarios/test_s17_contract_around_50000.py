"""S17: contracts of 50,000 and more take the longer way; key accounts pass the lawyers first."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import contract, status

APPROVERS = ("shen", "liu", "zheng")
COMPANY = {"user": "he", "customer": "C3"}
KEY_ACCOUNT = {"user": "zhou", "customer": "C2"}
LOCKED = 423


def submitted(crm: Crm, amount: str, *, user: str, customer: str) -> Record:
    made = contract(crm, amount, user=user, customer=customer)
    crm.submitted(user, "contract", made["id"])
    return made


def asked(crm: Crm, record: Record) -> list[str]:
    """Who has a task on the contract now."""
    return [user for user in APPROVERS if crm.tasks(user, record["id"])]


def way_through(crm: Crm, record: Record) -> list[str]:
    """Approve until nobody is asked any more; who was asked, in order."""
    way: list[str] = []
    while now := asked(crm, record):
        assert len(now) == 1
        crm.approved(now[0], record["id"])
        way += now
    return way


@pytest.mark.parametrize(
    ("amount", "who", "way"),
    [
        ("49999.99", COMPANY, ["liu"]),
        ("50000.00", COMPANY, ["liu", "zheng"]),
        ("50000.01", COMPANY, ["liu", "zheng"]),
        ("10000.00", KEY_ACCOUNT, ["shen", "liu"]),
        ("50000.00", KEY_ACCOUNT, ["shen", "liu", "zheng"]),
    ],
)
def test_who_is_asked(crm: Crm, amount: str, who: dict[str, str], way: list[str]) -> None:
    made = submitted(crm, amount, **who)
    assert way_through(crm, made) == way
    assert status(crm, "contract", made) == "effective"


def test_a_rejection_by_the_general_manager_leads_back_to_the_draft(crm: Crm) -> None:
    made = submitted(crm, "50000.00", **KEY_ACCOUNT)
    crm.approved("shen", made["id"])
    crm.approved("liu", made["id"])
    crm.rejected("zheng", made["id"], "账期过长")
    assert status(crm, "contract", made) == "draft"
    timeline = crm.timeline("zhou", made["id"])
    assert [each["comment"] for each in timeline if each["kind"] == "rejected"] == ["账期过长"]


def test_a_resubmission_starts_with_the_lawyers_again(crm: Crm) -> None:
    made = submitted(crm, "50000.00", **KEY_ACCOUNT)
    crm.approved("shen", made["id"])
    crm.approved("liu", made["id"])
    crm.rejected("zheng", made["id"], "账期过长")
    crm.submitted("zhou", "contract", made["id"])
    assert way_through(crm, made) == ["shen", "liu", "zheng"]


def test_the_amount_cannot_change_during_approval(crm: Crm) -> None:
    made = submitted(crm, "50000.00", **COMPANY)
    assert crm.patch("he", "contract", made["id"], amount="49999.99").status_code == LOCKED
    assert crm.get("contract", made["id"])["amount"] == "50000.00"


def test_the_lawyers_write_their_opinion_and_nothing_else(crm: Crm) -> None:
    made = submitted(crm, "50000.00", **KEY_ACCOUNT)
    assert crm.decide("shen", made["id"], "approve", values={"name": "改名"}).status_code == 403
    assert crm.decide("shen", made["id"], "approve", values={"legal_note": "已审"}).status_code == 200
    after = crm.get("contract", made["id"])
    assert (after["name"], after["legal_note"]) == (made["name"], "已审")
