"""S02: what is required depends on the kind of an invoice; what its kind hides is cleared."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.fixture import RECORDS

TAX_NO = "91320500MA1ABCDE2X"


@pytest.fixture
def special(crm: Crm) -> Record:
    return {
        "kind": "special",
        "customer": crm.ids["C1"],
        "title": "苏州鼎盛",
        "amount": "11300.00",
        "tax_rate": "13",
    }


def test_a_special_invoice_needs_the_tax_number(crm: Crm, special: Record) -> None:
    answer = crm.by("qian").post(RECORDS.format("invoice"), special)
    assert (answer.status_code, codes(answer)) == (422, {"tax_no:required"})
    assert crm.all("invoice") == []


def test_net_and_tax_are_computed(crm: Crm, special: Record) -> None:
    made = crm.create("qian", "invoice", **special, tax_no=TAX_NO)
    assert (made["net"], made["tax"]) == ("10000.00", "1300.00")


def test_what_another_kind_hides_is_cleared_and_the_log_keeps_it(crm: Crm, special: Record) -> None:
    made = crm.create("qian", "invoice", **special, tax_no=TAX_NO)
    crm.change("qian", "invoice", made["id"], kind="normal")
    after = crm.get("invoice", made["id"])
    assert (after["kind"], after["tax_no"]) == ("normal", None)
    [newest, *_] = crm.history("invoice", made["id"])
    assert newest["tax_no"] == [TAX_NO, None]


def test_a_red_letter_names_the_invoice_it_takes_back(crm: Crm, special: Record) -> None:
    made = crm.create("qian", "invoice", **special, tax_no=TAX_NO)
    answer = crm.patch("qian", "invoice", made["id"], kind="red")
    assert (answer.status_code, codes(answer)) == (422, {"origin:required"})
    assert crm.get("invoice", made["id"])["kind"] == "special"
    red = crm.create("qian", "invoice", **special | {"kind": "red"}, origin=made["id"])
    assert red["tax_no"] is None
