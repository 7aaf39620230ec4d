"""S15: a rejected quote is changed and submitted again; while it is pending it is locked."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.deals import quote_at, status

LOCKED, FORBIDDEN, CONFLICT = 423, 403, 409
AN_ATTEMPT = {
    "key": "an_attempt",
    "label": {"zh": "尝试改锁定的报价", "en": "Tries to change a locked quote"},
    "form": "quote",
    "trigger": {"type": "date_reached", "at": "created_at", "offset": "1h"},
    "actions": [{"type": "set_fields", "set": {"reason": "规则改写"}}],
}


@pytest.fixture
def quote(crm: Crm) -> Record:
    """v1 at 16 %, submitted by li."""
    made = quote_at(crm, "16", reason="大客户首单")
    assert made["discount_total"] == "19200.00"
    crm.submitted("li", "quote", made["id"])
    return made


def line_at(quote: Record, discount: str) -> list[Record]:
    return [{"id": quote["lines"][0]["id"], "discount": discount}]


def reject_by_ceo(crm: Crm, quote: Record) -> None:
    crm.approved("liu", quote["id"])
    crm.rejected("fang", quote["id"], "低于15.5%再议")


def resubmit(crm: Crm, quote: Record) -> None:
    crm.change("li", "quote", quote["id"], lines=line_at(quote, "15.5"))
    crm.submitted("li", "quote", quote["id"])


def test_a_rejection_needs_a_comment(crm: Crm, quote: Record) -> None:
    crm.approved("liu", quote["id"])
    answer = crm.decide("fang", quote["id"], "reject")
    assert answer.status_code == 422
    assert codes(answer) == {"comment:required"}
    assert status(crm, "quote", quote) == "pending"


def test_the_rejected_quote_goes_back_and_its_owner_is_told(crm: Crm, quote: Record) -> None:
    reject_by_ceo(crm, quote)
    assert status(crm, "quote", quote) == "rejected"
    assert len(crm.notifications("li", quote["id"])) == 1


def test_while_pending_the_owner_cannot_change_a_line(crm: Crm, quote: Record) -> None:
    answer = crm.patch("li", "quote", quote["id"], lines=line_at(quote, "10"))
    assert (answer.status_code, answer.json()["code"]) == (LOCKED, "record_locked")


def test_while_pending_the_approver_cannot_change_a_line(crm: Crm, quote: Record) -> None:
    answer = crm.patch("liu", "quote", quote["id"], lines=line_at(quote, "10"))
    assert answer.status_code == FORBIDDEN


def test_while_pending_a_rule_cannot_change_it_either(crm: Crm, quote: Record) -> None:
    root = crm.by("root")
    assert root.put("/apps/crm/draft/rule/an_attempt", AN_ATTEMPT).status_code == 200
    published = root.post("/apps/crm/draft:publish", {})
    assert published.status_code == 200, published.text
    crm.work_at("2026-02-02 11:00")
    assert crm.get("quote", quote["id"])["reason"] == "大客户首单"
    for day in range(3, 10):  # it comes again for a while, as the approval may end
        crm.work_at(f"2026-02-{day:02} 11:00")
    [run] = crm.by("root").get("/apps/crm/rules/an_attempt/runs").json()["items"]
    assert (run["state"], run["error"]["code"]) == ("failed", "record_locked")
    assert crm.get("quote", quote["id"])["reason"] == "大客户首单"


def test_resubmission_is_version_2_and_asks_the_director_anew(crm: Crm, quote: Record) -> None:
    reject_by_ceo(crm, quote)
    resubmit(crm, quote)
    again = crm.get("quote", quote["id"])
    assert (again["version"], again["status"], again["discount_total"]) == (2, "pending", "18600.00")
    assert len(crm.tasks("liu", quote["id"])) == 1
    assert crm.tasks("fang", quote["id"]) == []


def test_version_2_goes_through_both_again(crm: Crm, quote: Record) -> None:
    reject_by_ceo(crm, quote)
    resubmit(crm, quote)
    crm.approved("liu", quote["id"])
    assert len(crm.tasks("fang", quote["id"])) == 1
    crm.approved("fang", quote["id"])
    assert status(crm, "quote", quote) == "approved"


def test_history_shows_old_and_new_values_side_by_side(crm: Crm, quote: Record) -> None:
    reject_by_ceo(crm, quote)
    resubmit(crm, quote)
    saves = crm.history("quote", quote["id"])
    changed = [row for each in saves for row in each.get("lines", {}).get("update", [])]
    assert [1, 2] in [each["version"] for each in saves if "version" in each]
    assert [row["discount"] for row in changed] == [["16.0000", "15.5000"]]


def test_a_submission_is_withdrawn_before_the_first_decision(crm: Crm, quote: Record) -> None:
    reject_by_ceo(crm, quote)
    resubmit(crm, quote)
    crm.rejected("liu", quote["id"], "再降")
    crm.submitted("li", "quote", quote["id"])
    withdrawn = crm.by("li").post(f"/instances/{crm.instance('li', quote['id'])}:withdraw", {})
    assert withdrawn.status_code == 200, withdrawn.text
    after = crm.get("quote", quote["id"])
    assert (after["version"], after["status"]) == (3, "draft")
    assert crm.tasks("liu", quote["id"]) == []


def test_after_a_decision_it_cannot_be_withdrawn(crm: Crm, quote: Record) -> None:
    crm.approved("liu", quote["id"])
    answer = crm.by("li").post(f"/instances/{crm.instance('li', quote['id'])}:withdraw", {})
    assert answer.status_code == CONFLICT
    assert status(crm, "quote", quote) == "pending"
