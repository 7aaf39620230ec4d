"""The scenarios of the CRM that reports must pass, on the shop."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from reports.run import ReportInvalid
from tests.reports.desk import Desk, line, table
from tests.reports.shop import ORDER_BY_REGION


def test_s40_product_ranking(ranked: Desk) -> None:
    answer = ranked.run("product_ranking")
    assert table(answer, "product", "qty", "amount", "gifts") == [
        ("Classic", "110.00", "6390.00", "10.00"),
        ("Craft", "15.00", "2970.00", "0.00"),
        ("Draft", "20.00", "2280.00", "0.00"),
    ]
    assert answer["totals"] == [{"qty": "145.00", "amount": "11640.00", "gifts": "10.00"}]


def test_order_amount_by_region_and_month(ranked: Desk) -> None:
    ranked.order("c4", line("p2", 1, 10000), order_date=date(2026, 4, 1))
    ranked.order("c0", line("p2", 1, 5000), order_date=date(2026, 4, 1))
    ranked.order("c4", line("p2", 1, 99900), order_date=date(2025, 12, 31))  # not this year
    answer = ranked.run("order_by_region")
    assert table(answer, "region", "month", "amount", "orders", "customers", "per_order") == [
        ("East", "2026-03", "5370.00", 1, 1, "5370.000000"),
        ("Jiangsu", "2026-03", "6270.00", 1, 1, "6270.000000"),
        ("North", "2026-04", "100.00", 1, 1, "100.000000"),
        (None, "2026-04", "50.00", 1, 1, "50.000000"),
    ]
    assert answer["totals"] == [
        {"amount": "11790.00", "orders": 4, "customers": 4, "per_order": "2947.500000"}
    ]


def test_pipeline_by_stage_in_the_order_of_the_stages(desk: Desk) -> None:
    for stage, amount in (("won", 10_000), ("initial", 333), ("initial", 334), ("need", 1)):
        desk.create("opportunity", customer="c1", stage=stage, amount=amount, probability=100_000)
    answer = desk.run("pipeline")
    assert table(answer, "stage", "amount", "weighted", "deals", "mean") == [
        ("initial", "6.67", "0.66", 2, "3.335000"),
        ("need", "0.01", "0.00", 1, "0.010000"),
        ("won", "100.00", "10.00", 1, "100.000000"),
    ]
    assert answer["columns"][0]["options"]["won"] == {"zh": "won", "en": "Won"}


def test_s39_months_are_those_of_the_app(desk: Desk) -> None:
    for at in ("2026-03-31T15:59:59", "2026-03-31T16:00:00"):
        desk.order("c1", line("p1", 1, 100), placed_at=datetime.fromisoformat(at).replace(tzinfo=UTC))
    report = {
        "from": "order",
        "dimensions": [{"id": "month", "field": "placed_at", "grain": "month"}],
        "measures": [{"id": "orders", "agg": "count"}],
    }
    assert table(desk.run(report), "month", "orders") == [("2026-03", 1), ("2026-04", 1)]
    in_los_angeles = desk.run({**report, "tz": "America/Los_Angeles"})
    assert table(in_los_angeles, "month", "orders") == [("2026-03", 2)]


def test_s39_this_month_is_april_at_ten_past_midnight(desk: Desk, clock: Any) -> None:
    clock.set(datetime(2026, 3, 31, 16, 10, tzinfo=UTC))
    desk.order(
        "c1",
        line("p1", 1, 100),
        placed_at=datetime(2026, 3, 31, 16, 0, tzinfo=UTC),
        order_date=date(2026, 4, 1),
    )
    desk.order(
        "c1",
        line("p1", 1, 700),
        placed_at=datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC),
        order_date=date(2026, 3, 31),
    )
    for name in ("placed_at", "order_date"):
        report = {
            "from": "order",
            "params": {"range": {"type": "period", "default": "this_month"}},
            "measures": [{"id": "amount", "agg": "sum", "field": "total"}],
            "where": f"{name} in $range",
        }
        assert desk.run(report)["rows"] == [{"amount": "1.00"}]


def test_s41_a_value_of_another_record_cannot_be_summed(ranked: Desk) -> None:
    report = {
        "from": "order.lines",
        "dimensions": [{"id": "product", "field": "product"}],
        "measures": [{"id": "amount", "agg": "sum", "field": "parent.total"}],
    }
    with pytest.raises(ReportInvalid) as refused:
        ranked.run(report)
    assert (refused.value.code, refused.value.findings[0].pointer) == ("double_counting", "/measures/0/field")


def test_s41_child_rows_are_added_up_inside_the_record(ranked: Desk) -> None:
    report = {
        "from": "order",
        "dimensions": [{"id": "customer", "field": "customer"}],
        "measures": [
            {"id": "orders", "agg": "count"},
            {"id": "total", "agg": "sum", "field": "total"},
            {"id": "qty", "agg": "sum", "expr": "SUM(lines.qty)"},
        ],
        "where": {"status": {"in": ["delivered", "completed"]}, "type": "standard"},
    }
    assert table(ranked.run(report), "customer", "orders", "total", "qty") == [
        ("Dingsheng", 1, "7980.00", "130.00"),
        ("Yunqi", 1, "5370.00", "55.00"),
    ]


def test_the_first_child_row_is_the_same_in_the_report_store_also_after_rows_were_moved(desk: Desk) -> None:
    order = desk.order("c1", line("p1", 1, 100), line("p2", 1, 100), line("p3", 2, 100))
    report = {
        "from": "order",
        "measures": [
            {"id": "upper", "agg": "count", "where": 'LOOKUP(lines.product, qty) = "p1"'},
            {"id": "kinds", "agg": "sum", "expr": "DISTINCTCOUNT(lines.qty)"},
        ],
        "where": "HAS(lines)",
    }
    assert desk.run(report)["rows"] == [{"upper": 1, "kinds": 2}]
    rows = order["lines"]
    desk.update("order", order["id"], lines=[rows[1], rows[0], rows[2]])
    assert desk.run(report)["rows"] == [{"upper": 0, "kinds": 2}]


def test_what_was_just_saved_is_in_the_report_opened_next(desk: Desk) -> None:
    for count in range(1, 6):
        order = desk.order("c1", line("p1", 1, 100))
        assert desk.run(ORDER_BY_REGION)["totals"][0]["amount"] == f"{count}.00"
    desk.update("order", order["id"], status="void")
    assert desk.run(ORDER_BY_REGION)["totals"][0]["amount"] == "4.00"
    desk.delete("order", order["id"])
    assert desk.run(ORDER_BY_REGION)["totals"][0]["amount"] == "4.00"


def test_people_and_departments_have_names_in_the_readers_language(desk: Desk) -> None:
    desk.order("c1", line("p1", 1, 100), owner="li", dept="east_js")
    report = {
        "from": "order",
        "dimensions": [
            {"id": "owner", "field": "owner"},
            {"id": "boss", "field": "owner.superior"},
            {"id": "dept", "field": "dept"},
        ],
        "measures": [{"id": "n", "agg": "count"}],
    }
    row = desk.run(report)["rows"][0]
    assert row == {
        "owner": {"id": "li", "label": "李娜"},
        "boss": {"id": "wang", "label": "王芳"},
        "dept": {"id": "east_js", "label": "江苏组"},
        "n": 1,
    }
    with desk.runtime.unit_of_work(SYSTEM) as work:
        work.run("UPDATE ff_user SET locale = 'en' WHERE id = 'liu'")
    assert desk.run(report, "liu")["rows"][0]["owner"]["label"] == "Li Na"


def test_a_pivot_has_totals_at_their_own_grain(ranked: Desk) -> None:
    ranked.order("c1", line("p1", 1, 100), order_date=date(2026, 4, 1))
    report = {
        "from": "order",
        "dimensions": [
            {"id": "customer", "field": "customer"},
            {"id": "month", "field": "order_date", "grain": "month", "fill": True},
        ],
        "measures": [
            {"id": "amount", "agg": "sum", "field": "total"},
            {"id": "buyers", "agg": "distinct", "field": "customer"},
        ],
        "params": {"range": {"type": "period", "default": {"from": "2026-02-01", "to": "2026-04-30"}}},
        "where": {"and": [{"status": {"in": ["delivered", "completed"]}}, {"order_date": {"in": "$range"}}]},
        "pivot": {"rows": ["customer"], "columns": ["month"], "totals": ["row", "column", "grand"]},
        "sort": [{"by": "amount", "desc": True}],
    }
    found = ranked.run(report)
    assert table(
        found, "customer", "amount:2026-02", "amount:2026-03", "amount:2026-04", "amount", "buyers"
    ) == [
        ("Dingsheng", "0.00", "6270.00", "1.00", "6271.00", 1),
        ("Yunqi", "0.00", "5370.00", "0.00", "5370.00", 1),
    ]
    assert found["totals"] == [
        {
            "amount:2026-02": "0.00",
            "buyers:2026-02": 0,
            "amount:2026-03": "11640.00",
            "buyers:2026-03": 2,
            "amount:2026-04": "1.00",
            "buyers:2026-04": 1,
            "amount": "11641.00",
            "buyers": 2,
        }
    ]


def test_having_leaves_out_groups_and_limit_says_so(ranked: Desk) -> None:
    report = {
        "from": "order.lines",
        "dimensions": [{"id": "product", "field": "product"}],
        "measures": [{"id": "qty", "agg": "sum", "field": "qty"}],
        "having": {"qty": {"gt": 150}},
        "sort": [{"by": "qty", "desc": True}],
    }
    assert table(ranked.run(report), "product", "qty") == [("Draft", "520.00"), ("Classic", "180.00")]
    first = ranked.run({**report, "limit": 1})
    assert table(first, "product", "qty") == [("Draft", "520.00")]
    assert first["truncated"] is True
    assert first["totals"] == [{"qty": "815.00"}]
