"""The print templates of the CRM: quotes with the amount in capital numerals, notes without hidden prices."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.scenarios.crm import Crm
from tests.scenarios.deals import contract, quote_at


def printed(crm: Crm, user: str, form: str, record: str, template: str, language: str = "zh") -> str:
    path = f"/apps/crm/forms/{form}/records/{record}/print/{template}?language={language}"
    answer = crm.by(user).get(path)
    assert answer.status_code == 200, answer.text
    assert "x-lacking-characters" not in answer.headers
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


def test_a_quote_has_its_total_in_capital_numerals(crm: Crm) -> None:
    quote = quote_at(crm, "15", extra="0.01", reason="年度框架\n采购量大")
    paper = printed(crm, "li", "quote", quote["id"], "quote_sheet")
    for words in (
        "报价单",
        quote["no"],
        "101,999.99",
        "壹拾万壹仟玖佰玖拾玖元玖角玖分",
        "年度框架采购量大",
        "15%",
        "李娜",
        "第1页，共1页",
    ):
        assert words in paper
    assert "Pricesincludetax" in printed(crm, "li", "quote", quote["id"], "quote_sheet", "en")


def test_a_contract_lists_when_what_is_paid(crm: Crm) -> None:
    plan = [{"ratio": "30", "offset_days": 0}, {"ratio": "70", "offset_days": 30}]
    made = contract(crm, "50000", terms="<p>验收后<b>三日</b>内付款。</p>", terms_plan=plan)
    paper = printed(crm, "he", "contract", made["id"], "contract_sheet")
    for words in (
        "15,000.00",
        "2026年3月1日",
        "35,000.00",
        "2026年3月31日",
        "伍万元整",
        "验收后三日内付款。",
    ):
        assert words in paper


@pytest.fixture
def order(crm: Crm) -> str:
    lines = [{"product": crm.ids["P2"], "qty": "3", "price": "123.45"}]
    made = crm.create("li", "order", customer=crm.ids["C1"], lines=lines)
    crm.engine_sets("order", made["id"], status="approved")
    return str(made["id"])


def test_a_delivery_note_has_no_prices_for_who_may_not_see_them(crm: Crm, order: str) -> None:
    assert "123.45" in printed(crm, "li", "order", order, "delivery_note")
    without = printed(crm, "bao", "order", order, "delivery_note")
    assert "鲜啤" in without
    assert "123.45" not in without
    assert "370.35" not in without
