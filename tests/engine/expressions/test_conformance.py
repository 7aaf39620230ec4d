"""conformance.csv is the meaning of the language: every back end gives what it says."""

from __future__ import annotations

from tests.engine.expressions.conformance import disagreements, rows, situation_of
from tests.engine.expressions.stores import Store
from tests.engine.expressions.voices import Compiled, InDatabase, Traced
from tests.engine.expressions.world import environment, spelled


def test_compiled_python_agrees_with_the_table() -> None:
    assert disagreements(Compiled()) == []


def test_the_tracing_evaluator_agrees_with_the_table() -> None:
    assert disagreements(Traced()) == []


def test_sqlite_agrees_with_the_table(sqlite_store: Store) -> None:
    assert disagreements(InDatabase(sqlite_store)) == []


def test_duckdb_agrees_with_the_table(duckdb_store: Store) -> None:
    assert disagreements(InDatabase(duckdb_store)) == []


def test_postgresql_agrees_with_the_table(postgres_store: Store) -> None:
    assert disagreements(InDatabase(postgres_store)) == []


def test_a_condition_holds_exactly_when_it_is_true() -> None:
    for case, checked in rows():
        if checked.type.kind == "bool":
            situation = situation_of(case)
            env = environment(case.zone, old=situation.old)
            assert checked.holds(situation.record, env) is (case.result == "true"), case


def test_absent_keys_are_null() -> None:
    for case, checked in rows():
        situation = situation_of(case)
        record = {key: value for key, value in situation.record.items() if value is not None}
        env = environment(case.zone, old=situation.old)
        assert spelled(checked.evaluate(record, env), checked.type) == case.result, case


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(rows()) >= 600
