"""Who sees what in the CRM: row scopes and field rules of its roles."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import opportunity, quote_at
from tests.scenarios.fixture import RECORDS

FORBIDDEN, NOT_FOUND, UNPROCESSABLE = 403, 404, 422


def seen(crm: Crm, user: str, form: str) -> set[str]:
    return {each["id"] for each in crm.all(form, user=user)}


def fetched(crm: Crm, user: str, form: str, record: str) -> int:
    return crm.by(user).get(f"{RECORDS.format(form)}/{record}").status_code


@pytest.fixture
def chances(crm: Crm) -> dict[str, Record]:
    """One opportunity each of li (Jiangsu), zhou (Zhejiang) and wu (North)."""
    return {
        "li": opportunity(crm, user="li", customer="C1"),
        "zhou": opportunity(crm, user="zhou", customer="C2"),
        "wu": opportunity(crm, user="wu", customer="C4"),
    }


@pytest.mark.parametrize(
    ("user", "owners"),
    [
        ("li", {"li"}),
        ("sun", set()),
        ("wang", {"li", "zhou"}),
        ("zhang", {"wu"}),
        ("liu", {"li", "zhou", "wu"}),
        ("fang", {"li", "zhou", "wu"}),
        ("root", {"li", "zhou", "wu"}),
    ],
)
def test_row_scopes(crm: Crm, chances: dict[str, Record], user: str, owners: set[str]) -> None:
    assert seen(crm, user, "opportunity") == {chances[owner]["id"] for owner in owners}


def test_a_record_out_of_scope_does_not_exist(crm: Crm, chances: dict[str, Record]) -> None:
    assert fetched(crm, "zhou", "opportunity", chances["li"]["id"]) == NOT_FOUND


def test_records_of_my_customers_are_readable_but_not_writable(crm: Crm) -> None:
    made = opportunity(crm, user="root", customer="C1")
    assert fetched(crm, "li", "opportunity", made["id"]) == 200
    assert crm.patch("li", "opportunity", made["id"], name="改名").status_code == FORBIDDEN


@pytest.mark.parametrize("user", ["li", "wang", "lin", "xu"])
def test_cost_does_not_exist_for_most(crm: Crm, user: str) -> None:
    assert "cost" not in crm.get("product", crm.ids["P1"], user=user)
    asked = crm.by(user).get(RECORDS.format("product"), params={"sort": "cost"})
    assert (asked.status_code, asked.json()["code"]) == (UNPROCESSABLE, "unknown_field")


@pytest.mark.parametrize("user", ["fang", "zheng", "liu", "qian"])
def test_cost_is_seen_by_those_who_decide(crm: Crm, user: str) -> None:
    assert crm.get("product", crm.ids["P1"], user=user)["cost"] == "38.00"


def test_cost_and_margin_of_a_quote_are_hidden_from_its_owner(crm: Crm) -> None:
    quote = quote_at(crm, "8")
    assert "margin" not in quote
    assert not {"cost", "cost_amount"} & quote["lines"][0].keys()
    whole = crm.get("quote", quote["id"], user="liu")
    assert (whole["margin"], whole["lines"][0]["cost_amount"]) == ("40400.00", "70000.00")


def test_credit_is_hidden_from_marketing_and_service(crm: Crm) -> None:
    assert crm.get("customer", crm.ids["C1"], user="li")["credit_limit"] == "100000.00"
    for user in ("lin", "xu"):
        assert not {"credit_limit", "credit_days"} & crm.get("customer", crm.ids["C1"], user=user).keys()


def test_logistics_writes_shipments_and_sees_no_price(crm: Crm) -> None:
    lines = [{"product": crm.ids["P1"], "qty": "10"}]
    order = crm.create("li", "order", customer=crm.ids["C1"], lines=lines)
    shown = crm.get("order", order["id"], user="bao")
    assert not {"total", "extra_discount"} & shown.keys()
    assert not {"price", "amount", "cost"} & shown["lines"][0].keys()
    crm.change("bao", "order", order["id"], shipments=[{"carrier": "顺丰速运", "tracking": "QH1"}])
    assert crm.patch("bao", "order", order["id"], deliver_by="2026-03-01").status_code == FORBIDDEN


def test_the_general_manager_reads_everything_and_changes_nothing(crm: Crm) -> None:
    made = opportunity(crm)
    assert fetched(crm, "zheng", "opportunity", made["id"]) == 200
    assert crm.patch("zheng", "opportunity", made["id"], name="改名").status_code == FORBIDDEN


def test_a_sales_rep_deletes_nothing(crm: Crm) -> None:
    made = opportunity(crm)
    assert crm.delete("li", "opportunity", made["id"]).status_code == FORBIDDEN


def test_archived_messages_are_read_only(crm: Crm) -> None:
    about = {"customer": crm.ids["C1"], "subject": "企业微信会话"}
    made = crm.create("root", "activity", type="wecom", content="你好", **about)
    for user in ("li", "wang", "root"):
        assert crm.patch(user, "activity", made["id"], content="改").status_code in {FORBIDDEN, UNPROCESSABLE}
    typed = crm.by("li").post(RECORDS.format("activity"), {**about, "type": "wecom"})
    assert typed.status_code == FORBIDDEN
