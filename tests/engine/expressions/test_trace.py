"""A trace names each part as it was written, with its value."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from simpleeval import FeatureNotAvailable

from engine.expressions import check, trace
from tests.engine.expressions.conformance import rows, situation_of
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


def notes(source: str, record: dict[str, Any]) -> dict[str, str]:
    """The English notes of all parts, by their text."""
    found = {}
    waiting = [trace(check(source, SCOPE), record_of(record), environment())]
    while waiting:
        part = waiting.pop()
        waiting += part.parts
        if part.note is not None:
            found[part.text] = part.note["en"]
    return found


NOTES = {
    "n / (n - 2) > 1": ({"n": 2}, {"n / (n - 2)": "The divisor is zero."}),
    "MOD(n, m) = 1": ({"n": 2, "m": 0}, {"MOD(n, m)": "The divisor is zero."}),
    "wide * n > 1": (
        {"wide": "999999999999999", "n": 9},
        {"wide * n": "The number is beyond the range."},
    ),
    "LEN(name & name) > 1": (
        {"name": "x" * 9_000},
        {"name & name": "The text has more than 10,000 characters."},
    ),
    "DATE(n, 2, 30) > d": (
        {"n": 2026, "d": "2026-01-01"},
        {"DATE(n, 2, 30)": "All parts have values, but there is no such result."},
    ),
    "n + m > 1": ({"n": 2}, {}),
    "SUM(lines.qty) > 1": (
        {"lines": [{"qty": 1}] * 10_001},
        {"SUM(lines.qty)": "There are more than 10,000 rows; use a rollup field instead."},
    ),
}


@pytest.mark.parametrize("source", NOTES)
def test_a_part_that_is_null_on_its_own_account_says_why(source: str) -> None:
    record, wanted = NOTES[source]
    assert notes(source, record) == wanted
    json = trace(check(source, SCOPE), record_of(record), environment()).as_json()
    assert ("note" in str(json)) is bool(wanted)


def test_a_number_beyond_the_range_is_null_in_the_trace_as_in_the_value() -> None:
    found = trace(check("wide * n", SCOPE), record_of({"wide": "999999999999999", "n": 9}), environment())
    assert (found.text, found.value, [part.value for part in found.parts]) == (
        "wide * n",
        None,
        [999_999_999_999_999_000_000, 9],
    )


def test_parts_that_were_passed_over_are_shown_with_the_value_they_have() -> None:
    found = trace(check('n > 1 or stage = "won" or amount / 0 > 1', SCOPE), RECORD, environment())
    assert [part.value for part in found.parts] == [True, False, None]


def test_the_traced_value_is_the_computed_one_for_every_row_of_the_table() -> None:
    for case, checked in rows():
        situation = situation_of(case)
        env = environment(case.zone, old=situation.old)
        assert trace(checked, situation.record, env).value == checked.evaluate(situation.record, env), case


def test_one_program_serves_several_evaluations_at_a_time() -> None:
    checked = check("IF(ANY(lines, qty > parent.n), name & n, note)", SCOPE)
    records = [
        record_of({"n": number, "name": "x", "note": "y", "lines": [{"qty": number % 3}]})
        for number in range(60)
    ]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda record: checked.program.value(record, None, environment()), records * 5))
    assert found == [checked.evaluate(record, environment()) for record in records * 5]


def test_the_interpreter_knows_five_kinds_of_parts_and_no_others() -> None:
    walk = check("n + 1", SCOPE).program.walk(RECORD, None, environment())
    for source in ("n.real", "r[0]", "1 + 1", "f'{n}'", "-1", "[1]", "(lambda: 1)", "1 < 2"):
        with pytest.raises((FeatureNotAvailable, KeyError)):
            walk._eval(ast.parse(source, mode="eval").body)
    for source in ("n", "open('x')"):
        with pytest.raises(KeyError):
            walk._eval(ast.parse(source, mode="eval").body)
