"""Prepared statements outlive a rollback, unless tables may have gone with it."""

from __future__ import annotations

import psycopg
import pytest

from engine.storage.prepared import keep_prepared
from engine.storage.waiting import Insert, insert_rows

ASKED = "SELECT scope FROM ff_counter WHERE scope = %s"
OFTEN = 7
"""Enough for the driver to prepare a statement."""


@pytest.fixture
def raw(postgresql_url):
    uri = postgresql_url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(uri, autocommit=True) as connection:
        keep_prepared(connection)
        yield connection


def ask(raw, text=ASKED):
    for _ in range(OFTEN):
        raw.execute(text, ("a",))


def prepared(raw):
    found = raw.execute("SELECT statement FROM pg_prepared_statements", prepare=False)
    return {each for (each,) in found}


def test_a_refused_transaction_forgets_nothing(raw):
    ask(raw)
    known = prepared(raw)
    raw.execute("BEGIN")
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert_rows(raw, "postgres", Insert("ff_counter", ("scope", "value")), [("a", 1), ("a", 2)])
    raw.rollback()
    assert known
    assert prepared(raw) == known
    ask(raw)


def test_a_part_that_is_undone_forgets_nothing(raw):
    ask(raw)
    known = prepared(raw)
    for _ in range(OFTEN):
        raw.execute("BEGIN; SAVEPOINT part; ROLLBACK TO SAVEPOINT part; COMMIT")
    assert prepared(raw) >= known


def test_statements_of_a_table_that_was_undone_are_forgotten(raw):
    raw.execute("BEGIN")
    raw.execute("CREATE TABLE passing (scope TEXT)")
    ask(raw, "SELECT scope FROM passing WHERE scope = %s")
    raw.rollback()
    assert not any("passing" in each for each in prepared(raw))
    raw.execute("CREATE TABLE passing (scope INTEGER, more TEXT)")
    for _ in range(OFTEN):
        raw.execute("SELECT scope FROM passing WHERE more = %s", ("a",))
    assert any("passing" in each for each in prepared(raw))


def test_a_changed_table_makes_everything_be_prepared_anew(raw):
    ask(raw)
    raw.execute("ALTER TABLE ff_counter ADD COLUMN more TEXT")
    assert prepared(raw) == set()
    ask(raw)
    known = prepared(raw)
    assert known
    for _ in range(2):  # what came before the first rollback might have been part of the transaction
        raw.execute("BEGIN")
        raw.rollback()
        ask(raw)
    assert prepared(raw) == known
