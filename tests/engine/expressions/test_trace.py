"""A trace names each part as it was written, with its value."""

from __future__ import annotations

from typing import Any

from engine.expressions import check, trace
from tests.engine.expressions.world import SCOPE, environment, record_of

RECORD = record_of({"amount": "600.50", "stage": "open", "n": 2, "lines": [{"qty": 3}, {"qty": 1}]})


def test_every_part_is_shown_with_its_value() -> None:
    found = trace(check('amount * 2 > 500 and stage = "won"', SCOPE), RECORD, environment())
    assert found.as_json() == {
        "text": 'amount * 2 > 500 and stage = "won"',
        "value": False,
        "parts": [
            {
                "text": "amount * 2 > 500",
                "value": True,
                "parts": [
                    {
                        "text": "amount * 2",
                        "value": "1201.00",
                        "parts": [{"text": "amount", "value": "600.50", "parts": []}],
                    }
                ],
            },
            {
                "text": 'stage = "won"',
                "value": False,
                "parts": [{"text": "stage", "value": "open", "parts": []}],
            },
        ],
    }


def test_a_json_condition_is_traced_in_its_text_spelling() -> None:
    condition: dict[str, Any] = {"and": [{"n": {"gt": 1}}, {"expr": "ANY(lines, qty > 2)"}]}
    found = trace(check(condition, SCOPE), RECORD, environment())
    assert [(part.text, part.value) for part in found.parts] == [
        ("n > 1", True),
        ("ANY(lines, qty > 2)", True),
    ]


def test_the_trace_of_a_missing_value_is_null() -> None:
    found = trace(check("n / (n - 2) > 1", SCOPE), RECORD, environment())
    assert found.value is None
    assert found.parts[0].text == "n / (n - 2)"
    assert found.parts[0].value is None
