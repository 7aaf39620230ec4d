"""Rows that are copied are those that INSERT would have written, of every type that a column has."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest

from engine.identity.principal import SYSTEM
from engine.storage.copying import SENT
from engine.storage.waiting import Insert
from tests.support.statements import counted

pytestmark = pytest.mark.database("postgresql")

VALUES = {
    "text": "盛世\t\\N \x01 \U0001f600 'x'",
    "varchar": "",
    "int4": -(2**31),
    "int8": 2**63 - 1,
    "bool": False,
    "date": date(1, 1, 1),
    "timestamptz": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "json": '{"b": 1, "a": [null, "\\u76db"]}',
    "jsonb": '["\\u76db", 1.50]',
}


@pytest.fixture
def work(runtime):
    with runtime.unit_of_work(SYSTEM) as opened:
        yield opened


def make(work, **types):
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    work.run(f"CREATE TEMPORARY TABLE sample ({columns})")
    return Insert("sample", tuple(f'"{name}"' for name in types))


def stored(work):
    return work.rows("SELECT * FROM sample")


def test_every_type_arrives_as_a_single_row_brings_it(work):
    assert VALUES.keys() == SENT.keys()
    insert = make(work, **{f"f {kind}": kind for kind in VALUES})
    row = tuple(VALUES.values())
    work.insert(insert, [row])
    with work.together(), counted(work) as seen:
        work.insert(insert, [row, row, (None,) * len(row)])
        work.row("SELECT 1 FROM sample")
    assert seen[0].startswith("COPY")
    single, *copied, empty = stored(work)
    assert copied == [single, single]
    assert set(empty) == {None}


def test_columns_that_are_not_named_take_their_defaults(work):
    work.run("CREATE TEMPORARY TABLE sample (number bigserial, kind text DEFAULT 'plain', value int8)")
    with work.together():
        work.insert(Insert("sample", ("value",)), [(7,), (8,)])
    assert stored(work) == [(1, "plain", 7), (2, "plain", 8)]


def test_a_type_that_is_not_known_is_left_to_the_server(work):
    insert = make(work, half="numeric", name="text")
    with work.together():
        work.insert(insert, [("0.5", "a"), ("1.5", "b")])
    assert [(str(half), name) for half, name in stored(work)] == [("0.5", "a"), ("1.5", "b")]


@pytest.mark.parametrize("wrong", [2**63, "x", "a\0"])
def test_a_value_that_does_not_fit_undoes_its_part_alone(work, wrong):
    insert = make(work, value="text" if wrong == "a\0" else "int8")
    with pytest.raises((OverflowError, TypeError, psycopg.DataError)), work.savepoint(), work.together():
        work.insert(insert, [(None,), (wrong,)])
    assert stored(work) == []


def test_more_than_the_driver_sends_at_once(work):
    insert = make(work, value="int8", name="text")
    with work.together():
        work.insert(insert, [(number, "x" * 1000) for number in range(3_000)])
    assert work.row("SELECT count(*), sum(value), sum(length(name)) FROM sample") == (
        3_000,
        4_498_500,
        3_000_000,
    )
