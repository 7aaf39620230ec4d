"""What publishing and previewing say about a report."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.registry import fill
from tests.reports.shop import documents, named

REGISTRIES = fill(BUILT_INS)
AMOUNT = {"id": "amount", "agg": "sum", "field": "total"}


OWN = {
    "bad_grain",
    "double_counting",
    "double_id",
    "field_required",
    "not_a_date",
    "not_a_field",
    "not_groupable",
    "not_summable",
    "pivot_incomplete",
    "unknown_aggregate",
    "unknown_form",
    "unknown_id",
}
"""Codes whose sentences are written here; those of the language and of the models are tested there."""


def findings(**report: Any) -> list[tuple[str, str, str, str]]:
    document = {
        "key": "tried",
        "label": named("试", "Tried"),
        "from": "order",
        "measures": [AMOUNT],
        **report,
    }
    checked = check_app(documents(report={"tried": document}), REGISTRIES)
    return [
        (each.level, each.code, each.pointer, each.message["en"] if each.code in OWN else "…")
        for each in checked.findings
    ]


def test_the_reports_of_the_shop_have_no_findings() -> None:
    assert check_app(documents(), REGISTRIES).findings == ()


REFUSED: dict[str, dict[str, Any]] = {
    "no such form": {"from": "odrer"},
    "no such child table": {"from": "order.line"},
    "no such field": {"dimensions": [{"id": "r", "field": "customer.regio"}]},
    "no such field in a sum": {"measures": [{"id": "a", "agg": "sum", "field": "totl"}]},
    "no such field in where": {"where": {"statu": "void"}},
    "no such aggregate": {"measures": [{"id": "a", "agg": "summ", "field": "total"}]},
    "no such parameter": {"where": "owner = $who"},
    "not a number": {"measures": [{"id": "a", "agg": "sum", "field": "no"}]},
    "nothing to sum": {"measures": [{"id": "a", "agg": "sum"}]},
    "an expression for a field": {"measures": [{"id": "a", "agg": "sum", "field": "total * 2"}]},
    "child rows not added up": {"measures": [{"id": "a", "agg": "sum", "field": "lines.amount"}]},
    "counted many times": {"measures": [{"id": "a", "agg": "avg", "field": "customer.credit"}]},
    "grouped by many choices": {"dimensions": [{"id": "t", "field": "customer.tags"}]},
    "a month of a text": {"dimensions": [{"id": "m", "field": "no", "grain": "month"}]},
    "an hour of a date": {"dimensions": [{"id": "m", "field": "order_date", "grain": "hour"}]},
    "an id twice": {"dimensions": [{"id": "amount", "field": "customer"}]},
    "sorted by nothing": {"sort": [{"by": "amout"}]},
    "a derived measure of nothing": {"measures": [AMOUNT, {"id": "r", "expr": "amount / orders"}]},
    "a condition that is none": {"where": "total"},
    "having a field": {"having": "total > 0"},
    "a period of a text": {"params": {"p": {"type": "period"}}, "where": "no in $p"},
    "a pivot of half": {
        "dimensions": [{"id": "c", "field": "customer"}, {"id": "o", "field": "owner"}],
        "pivot": {"rows": ["o"], "columns": ["x"]},
    },
    "no such function": {"dimensions": [{"id": "p", "expr": "NOTHING(no)"}]},
    "a key that is none": {"dimension": []},
    "a bad zone": {"tz": "Asia/Shangai"},
    "fill without grain": {"dimensions": [{"id": "m", "field": "order_date", "fill": True}]},
}


@pytest.mark.parametrize("report", REFUSED.values(), ids=REFUSED)
def test_a_report_that_cannot_be_is_refused_with_a_pointer(
    report: dict[str, Any], snapshot: SnapshotAssertion
) -> None:
    assert findings(**report) == snapshot


def test_nothing_else_is_refused() -> None:
    assert not findings(
        dimensions=[
            {"id": "region", "field": "customer.region.name"},
            {"id": "large", "expr": "total > 100"},
            {"id": "hour", "field": "placed_at", "grain": "hour"},
        ],
        measures=[
            AMOUNT,
            {"id": "lines", "agg": "sum", "expr": "COUNT(lines)"},
            {"id": "credit", "agg": "max", "field": "customer.credit"},
            {"id": "rate", "expr": "amount / lines"},
            {"id": "percent", "expr": "ROUND(rate * 100, 2)"},
        ],
        having={"rate": {"gt": 1}},
        where={"or": [{"rush": True}, {"not": {"status": {"in": ["void"]}}}]},
        sort=[{"by": "percent", "desc": True}],
        pivot={"rows": ["region", "large"], "columns": ["hour"], "totals": ["row", "column", "grand"]},
    )
