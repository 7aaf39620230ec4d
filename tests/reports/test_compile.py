"""The SQL of a report: reviewed as text, and the same answers on every engine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from syrupy.assertion import SnapshotAssertion

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.identity.principal import Principal
from engine.registry import fill
from forms.environment import variables
from reports.access import Reader
from reports.answer import answer
from reports.compile import SqlText, compile_report
from reports.params import read_params
from reports.plan import Settings, plan
from reports.planned import Source
from reports.schema import Report
from tests.reports.desk import Desk, line
from tests.reports.shop import ORDER_BY_REGION, PIPELINE, PRODUCT_RANKING, documents

REGISTRIES = fill(BUILT_INS)
APP = check_app(documents(), REGISTRIES).app
READERS = {
    "root": Principal("root", is_admin=True),
    "wang": Principal("wang", roles=("regional_manager",)),
    "zhao": Principal("zhao", roles=("finance",)),
    "li": Principal("li", roles=("sales_rep",)),
}


def compiled(document: dict[str, Any], reader: str = "root", dialect: Any = "duckdb") -> SqlText:
    assert APP is not None
    spec = Report.model_validate(document)
    form, _, child = spec.source.partition(".")
    rights = Reader(APP, READERS[reader], Source(form, child or None))
    aggregates = {kind.type: kind for kind in REGISTRIES["measure"].values()}
    planned = plan(spec, rights.sources(), Settings("Asia/Shanghai", "mon", APP.variables, aggregates))
    assert planned.plan is not None, planned.findings
    return compile_report(planned.plan, APP.kind("form"), rights.grants_of, dialect=dialect)


def pretty(sql: SqlText) -> str:
    return sqlglot.parse_one(sql.text, read="duckdb").sql("duckdb", pretty=True)


REPORTS = {
    "order_by_region": ORDER_BY_REGION,
    "product_ranking": PRODUCT_RANKING,
    "pipeline": PIPELINE,
    "one_number": {"from": "order", "measures": [{"id": "n", "agg": "count"}], "having": "n > 0"},
    "everything": {
        "from": "order",
        "tz": "Europe/Berlin",
        "week_start": "sun",
        "params": {
            "who": {"type": "user", "many": True, "default": []},
            "range": {"type": "period", "default": "all"},
        },
        "dimensions": [
            {"id": "region", "field": "customer.region_name"},
            {"id": "week", "field": "placed_at", "grain": "week"},
            {"id": "rush", "field": "rush"},
        ],
        "measures": [
            {"id": "n", "agg": "count"},
            {"id": "amount", "agg": "sum", "field": "total", "where": "extra_discount > 0"},
            {"id": "mean", "agg": "avg", "field": "total"},
            {"id": "least", "agg": "min", "field": "order_date"},
            {"id": "last", "agg": "max", "field": "no"},
            {"id": "customers", "agg": "distinct", "field": "customer"},
            {"id": "pieces", "agg": "sum", "expr": "SUM(lines.qty)"},
            {"id": "each", "expr": "amount / customers"},
            {"id": "double", "expr": "each * 2"},
        ],
        "where": {"or": [{"owner": {"in": "$who"}}, {"placed_at": {"in": "$range"}}]},
        "having": {"n": {"gte": 1}},
        "pivot": {"rows": ["region"], "columns": ["week", "rush"], "totals": ["row", "column", "grand"]},
        "sort": [{"by": "amount", "desc": True}],
    },
}


@pytest.mark.parametrize("key", REPORTS)
def test_sql_of_an_administrator(key: str, snapshot: SnapshotAssertion) -> None:
    assert pretty(compiled(REPORTS[key])) == snapshot


@pytest.mark.parametrize("reader", ["wang", "zhao", "li"])
def test_sql_holds_the_rights_of_the_reader(reader: str, snapshot: SnapshotAssertion) -> None:
    assert pretty(compiled(ORDER_BY_REGION, reader)) == snapshot


def test_equal_rights_give_equal_sql() -> None:
    assert compiled(ORDER_BY_REGION, "wang").text == compiled(ORDER_BY_REGION, "wang").text


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Orders around month ends, with empty values, returns and halves of a cent."""
    for number, (customer, status, at) in enumerate(
        [
            ("c1", "completed", datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC)),
            ("c1", "completed", datetime(2026, 3, 31, 16, 0, tzinfo=UTC)),
            ("c2", "void", datetime(2026, 3, 1, 23, 30, tzinfo=UTC)),
            ("c4", "approved", datetime(2026, 1, 4, 23, 0, tzinfo=UTC)),
            ("c0", None, None),
            ("c2", "delivered", datetime(1986, 6, 1, 15, 30, tzinfo=UTC)),
            (None, "completed", datetime(2025, 12, 31, 16, 0, tzinfo=UTC)),
        ]
    ):
        desk.order(
            customer,
            line("p1", number, 333),
            line("p2", 1, 1001, gift=number % 2 == 0),
            status=status,
            placed_at=at,
            order_date=at.date() if at else None,
            type="return" if number == 3 else "standard",
            extra_discount=number,
            rush=number % 3 == 0,
            owner="li" if number % 2 else "wu",
            no=f"订单{number}",
        )
    for number in range(5):
        desk.create(
            "opportunity",
            customer="c1",
            stage=["won", None, "initial"][number % 3],
            amount=number * 333 + 1,
            probability=333_333,
        )
    return desk


def on_main_store(desk: Desk, document: dict[str, Any]) -> dict[str, Any]:
    """The same report on the main store's own engine."""
    dialect = desk.runtime.database.dialect
    sql = compiled(document, dialect=dialect)
    zone = ZoneInfo(sql.plan.tz)
    with desk.runtime.reading(READERS["root"]) as work:
        app = work.app("shop")
        given = read_params(dict(sql.plan.params), {}, now=work.now, zone=zone, week_start="mon")
        bound = sql.params.bind(variables(work, app, **given.variables), work.now, app.zone)
        rows = [tuple(plain(cell) for cell in row) for row in work.rows(sql.text, bound)]
    kinds = [
        None if each.grain is None and each.type.kind == "bool" else each.grain
        for each in sql.plan.dimensions
    ]
    rows = [
        tuple(
            moment(cell) if at < len(kinds) and kinds[at] and isinstance(cell, str) else cell
            for at, cell in enumerate(row)
        )
        for row in rows
    ]
    return answer(sql.plan, sql.groups(rows), given.periods).as_json()


def plain(cell: Any) -> Any:
    return int(cell) if isinstance(cell, Decimal) else cell


def moment(text: str) -> Any:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


@pytest.mark.parametrize("key", ["order_by_region", "product_ranking", "pipeline", "one_number"])
def test_every_engine_gives_the_same_answer(busy: Desk, key: str) -> None:
    found = busy.run(REPORTS[key])
    del found["as_of_pos"]
    assert found["rows"]
    assert on_main_store(busy, REPORTS[key]) == found


@pytest.mark.parametrize("grain", ["hour", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("week_start", ["mon", "sun", "sat"])
def test_every_engine_cuts_time_alike(busy: Desk, grain: str, week_start: str) -> None:
    report = {
        "from": "order",
        "week_start": week_start,
        "dimensions": [{"id": "at", "field": "placed_at", "grain": grain}],
        "measures": [{"id": "n", "agg": "count"}, {"id": "mean", "agg": "avg", "field": "total"}],
    }
    found = busy.run(report)
    del found["as_of_pos"]
    in_main_store = on_main_store(busy, report)
    if busy.runtime.database.dialect == "sqlite":  # it knows one offset only, not that of 1986
        found["rows"], in_main_store["rows"] = found["rows"][1:], in_main_store["rows"][1:]
    assert in_main_store == found


def test_a_report_with_everything_runs(busy: Desk) -> None:
    found = busy.run(REPORTS["everything"])
    assert sum(row["n"] for row in found["rows"]) == 6
    assert found["totals"][0]["n"] == 6
