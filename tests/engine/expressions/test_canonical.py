"""Canonical JSON carries all meaning, and both spellings carry the same tree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.expressions import check, parse
from engine.expressions.canonical import type_json, value_json
from engine.expressions.checked import CheckedExpression
from engine.expressions.from_canonical import from_canonical, type_of
from engine.expressions.functions import BUILTIN, INTERNAL, OPERATORS
from engine.expressions.generate import compiled
from engine.expressions.reading import value_of
from engine.expressions.spelling import text_of
from engine.expressions.typed import Node, walk
from engine.expressions.types import DURATION
from tests.engine.expressions.conformance import rows, situation_of
from tests.engine.expressions.world import DEAL, LINE, SCOPE, WITH_OLD, environment, record_of, spelled

EXPRESSIONS = {case.expression: checked for case, checked in rows()}


def rebuilt(checked: CheckedExpression) -> Node:
    """The tree after a journey through JSON text."""
    return from_canonical(json.loads(json.dumps(checked.canonical(), allow_nan=False)))


def test_an_expression_as_json_says_what_it_reads_and_yields() -> None:
    made = check("amount * 2 > $limit", SCOPE).canonical()
    tree = made.pop("tree")
    assert made == {
        "version": 1,
        "type": {"kind": "bool"},
        "dependencies": [["amount"]],
        "variables": ["limit"],
        "volatile": False,
    }
    assert tree == {
        "is": "apply",
        "type": {"kind": "bool"},
        "function": ">",
        "arguments": [
            {
                "is": "apply",
                "type": {"kind": "money", "digits": 16, "scale": 2},
                "function": "*",
                "arguments": [
                    {
                        "is": "field",
                        "type": {"kind": "money", "digits": 15, "scale": 2},
                        "root": "record",
                        "path": ["amount"],
                        "forms": [],
                    },
                    {"is": "constant", "type": {"kind": "number", "digits": 1, "scale": 0}, "value": "2"},
                ],
            },
            {"is": "variable", "type": {"kind": "money", "digits": 15, "scale": 2}, "name": "limit"},
        ],
    }


def test_what_is_read_from_canonical_json_gives_what_the_table_says() -> None:
    wrong = []
    for case, checked in rows():
        node, situation = rebuilt(checked), situation_of(case)
        env = environment(case.zone, old=situation.old)
        given = spelled(compiled(node)(situation.record, env), node.type)
        if given != case.result:
            wrong.append(f"line {case.line}: {case.expression}: {given}, not {case.result}")
    assert wrong == []


def test_a_tree_from_json_has_the_same_json() -> None:
    for expression, checked in EXPRESSIONS.items():
        again = CheckedExpression(expression, parse(expression), rebuilt(checked))
        assert again.canonical() == checked.canonical(), expression


def test_another_version_is_not_read() -> None:
    made = {**check("n > 1", SCOPE).canonical(), "version": 2}
    with pytest.raises(ValueError, match="version 2"):
        from_canonical(made)


def test_every_part_that_the_table_makes_is_known_by_name() -> None:
    named = {(each.type, each.variant) for each in (*BUILTIN, *OPERATORS, *INTERNAL)}
    used = {
        (part.function.type, part.function.variant)
        for e in EXPRESSIONS.values()
        for part in walk(e.node)
        if _calls(part)
    }
    assert used <= named
    assert len(named) == len(BUILTIN) + len(OPERATORS) + len(INTERNAL)


def _calls(part: Any) -> bool:
    return hasattr(part, "function")


def test_text_printed_from_a_tree_parses_to_the_same_tree() -> None:
    for expression in EXPRESSIONS:
        tree = parse(expression)
        assert parse(text_of(tree)) == tree, expression
        assert text_of(parse(text_of(tree))) == text_of(tree)


def test_json_printed_from_a_condition_means_the_same() -> None:
    for expression, checked in EXPRESSIONS.items():
        if checked.type.kind != "bool":
            continue
        spelling = json.loads(json.dumps(checked.to_json_condition()))
        again = check(spelling, WITH_OLD)
        assert again.canonical() == checked.canonical(), (expression, spelling)
        assert check(again.text(), WITH_OLD).canonical() == checked.canonical(), (expression, again.text())


@pytest.mark.parametrize("shape", [DEAL, LINE], ids=["deal", "lines"])
def test_values_come_back_from_json(shape: Any) -> None:
    given = record_of(
        {
            "big": 999999999999999999,
            "amount": "-0.01",
            "at": "2026-03-01T16:00:00.000001Z",
            **({"tags": ["vip", "old"], "d": "0001-01-01", "flag": False} if shape is DEAL else {}),
        },
        shape,
    )
    for name, kind in shape.fields.items():
        assert value_of(json.loads(json.dumps(value_json(given[name], kind))), kind) == given[name], name
        assert type_of(type_json(kind)) == kind


def test_a_duration_is_seconds_in_json() -> None:
    assert value_json(5_400_000_001, DURATION) == "5400.000001"
    assert value_of("5400.000001", DURATION) == 5_400_000_001
    assert value_of(90, DURATION) == 90_000_000


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("1.005", "amount"),
        ("1e30", "amount"),
        ("NaN", "x"),
        (True, "n"),
        ("9" * 29, "wide"),
        (10**15, "n"),
        ("yes", "flag"),
        ("2026-02-30", "d"),
        (5, "name"),
        ("maybe", "stage"),
        ("vip", "tags"),
        (["vip", "nobody"], "tags"),
        ([], "n"),
        ({}, "name"),
    ],
)
def test_a_value_of_another_type_is_not_read(raw: Any, name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        value_of(raw, DEAL.fields[name])
