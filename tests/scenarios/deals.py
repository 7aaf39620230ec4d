"""Opportunities, quotes and contracts as the scenarios give them."""

from __future__ import annotations

from typing import Any

from tests.scenarios.crm import Crm, Record

AN_OPPORTUNITY = {"name": "夏季鲜啤供应", "amount": "120000.00", "expect_close": "2026-06-30"}


def opportunity(crm: Crm, *, user: str = "li", customer: str = "C1", **values: Any) -> Record:
    """A new opportunity of the user with one of the fixture's customers."""
    return crm.create(user, "opportunity", customer=crm.ids[customer], **(AN_OPPORTUNITY | values))


def quote_at(crm: Crm, discount: str, *, extra: str = "0", **values: Any) -> Record:
    """li's quote of 1000 boxes of P2 at 120.00 with this line discount in percent."""
    line = {"product": crm.ids["P2"], "qty": "1000", "discount": discount}
    given = {"extra_discount": extra, "valid_until": "2026-12-31", "lines": [line]}
    return crm.create("li", "quote", opportunity=opportunity(crm)["id"], **(given | values))


def contract(crm: Crm, amount: str, *, user: str = "he", customer: str = "C3", **values: Any) -> Record:
    """A sales contract of the user over one year from 2026-03-01."""
    given = {
        "name": "年度供货合同",
        "type": "sales",
        "customer": crm.ids[customer],
        "amount": amount,
        "start_date": "2026-03-01",
        "end_date": "2027-02-28",
    }
    return crm.create(user, "contract", **(given | values))


def status(crm: Crm, form: str, record: Record) -> str:
    """The status as it is now."""
    return str(crm.get(form, record["id"])["status"])
