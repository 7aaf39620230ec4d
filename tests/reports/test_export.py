from __future__ import annotations

from reports.answer import Answer
from reports.export import as_csv

COLUMNS = [
    {"id": "customer", "label": {"zh": "客户", "en": "Customer"}, "type": "ref"},
    {
        "id": "stage",
        "label": {"zh": "阶段", "en": "Stage"},
        "type": "select",
        "options": {"won": {"zh": "赢单", "en": "Won"}},
    },
    {"id": "amount", "label": {"zh": "金额", "en": "Amount"}, "type": "money"},
]


def test_text_that_looks_like_a_formula_is_disarmed_and_numbers_stay_numbers() -> None:
    rows = [
        {"customer": {"id": "1", "label": "=HYPERLINK(1)"}, "stage": "won", "amount": "-30.00"},
        {"customer": {"id": "2", "label": None}, "stage": None, "amount": None},
    ]
    text = as_csv(Answer(COLUMNS, rows, [{"amount": "-30.00"}]), "en")
    assert text == ("\ufeffCustomer,Stage,Amount\r\n'=HYPERLINK(1),Won,-30.00\r\n2,,\r\nTotal,,-30.00\r\n")


def test_headings_and_options_follow_the_language() -> None:
    text = as_csv(Answer(COLUMNS, [{"customer": None, "stage": "won", "amount": "1.00"}], []), "zh")
    assert text.splitlines() == ["\ufeff客户,阶段,金额", ",赢单,1.00"]
