"""Random expressions on random records: the five back ends agree. `make fuzz` asks for thousands of them."""

from __future__ import annotations

from typing import Any

from engine.expressions import CheckedExpression, check
from tests.engine.expressions.fuzz import CHUNK, Findings, asked, compared, named, never_asked
from tests.engine.expressions.stores import DuckStore, PostgresStore, SqliteStore
from tests.engine.expressions.voices import Compiled, InDatabase, Situation, Traced
from tests.engine.expressions.world import WITH_OLD, record_of

CHUNKS = 6
RECORDS = 8
SEED = 20260302


def test_back_ends_agree_on_random_expressions(
    sqlite_store: SqliteStore, postgres_store: PostgresStore, duckdb_store: DuckStore
) -> None:
    stores = (InDatabase(store) for store in (sqlite_store, postgres_store, duckdb_store))
    found = asked((Compiled(), Traced(), *stores), range(CHUNKS), SEED, CHUNKS * CHUNK, RECORDS)
    assert found.disagreements == []
    assert found.functions.total() > CHUNKS * CHUNK


class Careless(Compiled):
    """A back end that rounds to the nearest even number."""

    name = "careless"

    def answer(self, checked: CheckedExpression, situation: Situation) -> Any:
        found = super().answer(checked, situation)
        wrong = "ROUND" in set(named(checked.tree)) and isinstance(found, int) and found % 2 == 1
        return found + 1 if wrong and not isinstance(found, bool) else found


def test_a_disagreement_is_told_with_its_smallest_part_and_what_it_reads() -> None:
    checked = check("IF(flag, ROUND(x) + 2 * 3, n) + 2", WITH_OLD)
    situation = Situation(record_of({"x": "2.5", "flag": True, "n": 7}), '{"x": "2.5", "flag": true, "n": 7}')
    (told,) = compared((Compiled(), Careless()), [checked], [situation])
    assert told.startswith(
        'careless 4, python 3: ROUND(x) as number(13, 0) [Asia/Shanghai] on {"x": "2.5"} in '
    )
    assert (
        compared((Compiled(), Careless()), [checked], [Situation(record_of({"x": "1.5"}), '{"x": "1.5"}')])
        == []
    )


def test_functions_that_never_occurred_are_named() -> None:
    found = Findings()
    found.functions.update(named(check("ROUND(x) + LEN(name)", WITH_OLD).tree))
    missing = never_asked(found)
    assert "SUM" in missing
    assert not {"ROUND", "LEN", "+"} & set(missing)
