"""conformance.csv is the meaning of the language: every back end gives what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from engine.expressions import CheckedExpression, check
from tests.engine.expressions.stores import Store
from tests.engine.expressions.world import SCOPE, Case, cases, environment, record_of, spelled

CASES = list(cases())
CHECKED = {case.expression: check(case.expression, SCOPE) for case in CASES}
Ask = Callable[[CheckedExpression, Mapping[str, Any], Case], Any]


def disagreements(ask: Ask) -> list[str]:
    """The rows of the table that a back end sees otherwise."""
    found = []
    for case in CASES:
        checked = CHECKED[case.expression]
        try:
            given = spelled(ask(checked, record_of(json.loads(case.record)), case), checked.type)
        except Exception as error:  # noqa: BLE001 - one broken row must not hide the others
            given = f"{type(error).__name__}: {str(error)[:300]}"
        if given != case.result:
            found.append(f"line {case.line}: {case.expression} on {case.record}: {given}, not {case.result}")
    return found


def in_store(store: Store) -> list[str]:
    return disagreements(
        lambda checked, record, case: store.evaluate(checked, record, case.record, case.zone)
    )


def test_compiled_python_agrees_with_the_table() -> None:
    assert disagreements(lambda checked, record, case: checked.evaluate(record, environment(case.zone))) == []


def test_sqlite_agrees_with_the_table(sqlite_store: Store) -> None:
    assert in_store(sqlite_store) == []


def test_duckdb_agrees_with_the_table(duckdb_store: Store) -> None:
    assert in_store(duckdb_store) == []


def test_postgresql_agrees_with_the_table(postgres_store: Store) -> None:
    assert in_store(postgres_store) == []


def test_a_condition_holds_exactly_when_it_is_true() -> None:
    for case in CASES:
        checked = CHECKED[case.expression]
        if checked.type.kind == "bool":
            record = record_of(json.loads(case.record))
            assert checked.holds(record, environment(case.zone)) is (case.result == "true"), case


def test_absent_keys_are_null() -> None:
    for case in CASES:
        checked = CHECKED[case.expression]
        record = {k: v for k, v in record_of(json.loads(case.record)).items() if v is not None}
        assert spelled(checked.evaluate(record, environment(case.zone)), checked.type) == case.result, case


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(CASES) >= 400
