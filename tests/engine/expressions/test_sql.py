"""The shape of the SQL: bound values, bare columns that an index serves, one parameter per list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlglot import exp

from engine.expressions import ExpressionError, Params, check, lower, print_sql
from tests.engine.expressions.stores import DealColumns
from tests.engine.expressions.world import NOW, SCOPE, VALUES, WITH_OLD

ZONE = ZoneInfo("Asia/Shanghai")


def printed(source: Any, dialect: Any) -> tuple[str, dict[str, Any]]:
    params = Params(dialect)
    tree = lower(check(source, SCOPE), DealColumns(), params, dialect)
    return print_sql(tree, dialect), params.bind(VALUES, NOW, ZONE)


CONDITION = 'amount > 50000 and stage = "won"'
PRINTED = {
    "sqlite": "(r.amount > :p1) AND (r.stage = :p2)",
    "postgres": "(r.amount > CAST(%(p1)s AS BIGINT)) AND (r.stage = CAST(%(p2)s AS TEXT))",
    "duckdb": "(r.amount > CAST($p1 AS BIGINT)) AND (r.stage = CAST($p2 AS TEXT))",
}


@pytest.mark.parametrize("dialect", PRINTED)
def test_a_condition_compares_bare_columns_with_bound_values(dialect: str) -> None:
    assert printed(CONDITION, dialect) == (PRINTED[dialect], {"p1": 5_000_000, "p2": "won"})


LISTS = {
    "sqlite": ("r.owner IN (SELECT value FROM JSON_EACH(:p1))", '["li", "wu"]'),
    "postgres": ("r.owner = ANY(CAST(%(p1)s AS TEXT[]))", ["li", "wu"]),
    "duckdb": ("r.owner = ANY(CAST($p1 AS TEXT[]))", ["li", "wu"]),
}


@pytest.mark.parametrize("dialect", LISTS)
def test_a_list_variable_is_one_parameter(dialect: str) -> None:
    sql, bound = printed("owner in $team", dialect)
    wanted, value = LISTS[dialect]
    assert sql.replace("ANY (", "ANY(") == wanted
    assert bound == {"p1": value}


MOMENTS = {
    "sqlite": "2026-03-02 02:00:00.000000",
    "postgres": NOW,
    "duckdb": datetime(2026, 3, 2, 2, 0),  # noqa: DTZ001 - DuckDB's TIMESTAMP holds UTC
}


@pytest.mark.parametrize("dialect", MOMENTS)
def test_the_clock_is_bound_when_the_query_runs(dialect: str) -> None:
    sql, bound = printed("at < $now and at < NOW()", dialect)
    assert bound == {"p1": MOMENTS[dialect]}
    assert sql.count("p1") == 2


@pytest.mark.parametrize("dialect", PRINTED)
def test_a_local_time_follows_the_zone_of_the_query(dialect: Any) -> None:
    params = Params(dialect)
    lower(check('at >= "2026-03-02"', SCOPE), DealColumns(), params, dialect)
    bound = params.bind({}, NOW, ZoneInfo("America/New_York"))["p1"]
    assert str(bound).startswith("2026-03-02 05:00:00")


def test_percent_signs_are_doubled_for_psycopg_and_placeholders_are_not() -> None:
    tree = exp.Mod(this=exp.Literal.string("50%"), expression=exp.Placeholder(this="p1"))
    assert print_sql(tree, "postgres") == "'50%%' %% %(p1)s"
    assert print_sql(tree, "sqlite") == "'50%' % :p1"


def test_text_order_is_by_code_point_on_postgresql() -> None:
    assert '(r.name COLLATE "C") <' in printed('name < "b"', "postgres")[0]
    assert "COLLATE" not in printed('name = "b"', "postgres")[0]


def test_sqlite_computes_natively_where_digits_prove_that_it_fits() -> None:
    assert printed("amount + cost > n", "sqlite")[0] == "(r.amount + r.cost) > (r.n * 100)"
    assert "FF_MULTIPLY" in printed("amount * rate", "sqlite")[0].upper()


def test_what_cannot_be_lowered_says_so() -> None:
    with pytest.raises(ExpressionError) as caught:
        lower(check("CHANGED(n)", WITH_OLD), DealColumns(), Params("sqlite"), "sqlite")
    assert caught.value.code == "not_pushable"


def test_parameters_of_several_expressions_do_not_meet() -> None:
    params = Params("sqlite", "q")
    for source in ("n > 1", 'name = "x"', "owner = $me"):
        lower(check(source, SCOPE), DealColumns(), params, "sqlite")
    assert params.bind(VALUES, NOW.astimezone(UTC), ZONE) == {"q1": 1, "q2": "x", "q3": "li"}
