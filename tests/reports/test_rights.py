"""Reports obey the rights of their reader, row by row and field by field."""

from __future__ import annotations

from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from engine.storage.tables import record_share
from reports.run import ReportInvalid, ReportNotFound
from tests.reports.desk import Desk, line, table
from tests.reports.shop import ORDER_BY_REGION


def test_s49_each_reader_sees_the_own_rows(ranked: Desk) -> None:
    ranked.order("c4", line("p2", 1, 10000))
    assert table(ranked.run("order_by_region", "liu"), "region", "amount") == [
        ("East", "5370.00"),
        ("Jiangsu", "6270.00"),
        ("North", "100.00"),
    ]
    assert table(ranked.run("order_by_region", "wang"), "region", "amount") == [
        ("East", "5370.00"),
        ("Jiangsu", "6270.00"),
    ]
    assert table(ranked.run("order_by_region", "zhang"), "region", "amount") == [("North", "100.00")]
    assert ranked.run("order_by_region", "wang")["totals"][0]["amount"] == "11640.00"


def test_s48_a_hidden_field_is_an_unknown_field(ranked: Desk) -> None:
    def refusal(user: str, **measure: Any) -> tuple[str, str, str]:
        report = {"from": "order.lines", "measures": [{"id": "m", "agg": "sum", **measure}]}
        with pytest.raises(ReportInvalid) as refused:
            ranked.run(report, user)
        finding = refused.value.findings[0]
        return finding.code, finding.message["en"].replace(str(measure), ""), finding.fix["en"]

    hidden = refusal("li", field="cost")
    missing = refusal("li", field="coso")
    assert hidden[0] == missing[0] == "unknown_field"
    assert hidden[1].replace("cost", "coso") == missing[1]
    assert hidden[2].replace("cost", "coso") == missing[2]
    assert refusal("li", field="product.cost")[0] == "unknown_field"
    assert refusal("li", expr="qty * product.cost")[0] == "unknown_field"
    assert refusal("li", field="qty", where="cost > 0")[0] == "unknown_field"
    assert refusal("li", expr="IF(parent.extra_discount > 0, qty, 0)")[0] == "unknown_field"


def test_a_cell_counts_only_where_one_grant_shows_row_and_field(desk: Desk) -> None:
    desk.order("c1", line("p1", 10, 1000), extra_discount=100, owner="zhao")
    desk.order("c1", line("p1", 10, 1000), extra_discount=700, owner="li")
    report = {
        "from": "order",
        "measures": [
            {"id": "total", "agg": "sum", "field": "total"},
            {"id": "discount", "agg": "sum", "field": "extra_discount"},
            {"id": "discounted", "agg": "count", "field": "extra_discount"},
        ],
    }
    assert desk.run(report, "zhao")["rows"] == [{"total": "192.00", "discount": "1.00", "discounted": 1}]


def test_who_sees_no_row_of_a_form_sees_no_report_on_it(desk: Desk) -> None:
    with pytest.raises(ReportNotFound):
        desk.run("pipeline", "li")
    with pytest.raises(ReportInvalid) as refused:
        desk.run({"from": "opportunity", "measures": [{"id": "n", "agg": "count"}]}, "li")
    assert refused.value.code == "unknown_form"


def test_names_of_references_are_the_readers_own(ranked: Desk) -> None:
    report = {
        "from": "order",
        "dimensions": [{"id": "customer", "field": "customer"}, {"id": "owner", "field": "owner"}],
        "measures": [{"id": "n", "agg": "count"}],
    }
    labels = {row["customer"]["id"]: row["customer"]["label"] for row in ranked.run(report, "wang")["rows"]}
    assert labels == {"c1": "Dingsheng", "c2": "Yunqi"}


def test_a_row_condition_looks_further_than_its_reader(desk: Desk) -> None:
    desk.order("c1", line("p1", 1, 100))
    desk.update("customer", "c4", level="b")
    desk.order("c4", line("p1", 1, 700))
    count = {"from": "order", "measures": [{"id": "total", "agg": "sum", "field": "total"}]}
    assert desk.run_as("auditor", count)["rows"] == [{"total": "1.00"}]
    with pytest.raises(ReportInvalid) as refused:
        desk.run_as("auditor", {**count, "dimensions": [{"id": "level", "field": "customer.level"}]})
    assert refused.value.code == "unknown_field"
    named = desk.run_as("auditor", {**count, "dimensions": [{"id": "customer", "field": "customer"}]})
    assert named["rows"] == [{"customer": {"id": "c1", "label": None}, "total": "1.00"}]


def test_a_field_of_child_rows_counts_only_where_a_grant_shows_it(desk: Desk) -> None:
    desk.order("c1", line("p1", 1, 100), owner="sun")
    desk.order("c1", line("p2", 1, 100), owner="li")
    cost = {
        "from": "order.lines",
        "measures": [
            {"id": "qty", "agg": "sum", "field": "qty"},
            {"id": "cost", "agg": "sum", "field": "cost"},
        ],
    }
    assert desk.run_as("buyer", cost)["rows"] == [{"qty": "2.00", "cost": "38.00"}]
    inside = {"from": "order", "measures": [{"id": "cost", "agg": "sum", "expr": "SUM(lines.cost)"}]}
    assert desk.run_as("buyer", inside)["rows"] == [{"cost": "38.00"}]


def test_a_record_shared_with_the_reader_is_in_the_report(desk: Desk) -> None:
    order = desk.order("c4", line("p1", 1, 100), owner="wu")
    count = {"from": "order", "measures": [{"id": "n", "agg": "count"}]}
    assert desk.run(count, "li")["rows"] == [{"n": 0}]
    with desk.runtime.unit_of_work(SYSTEM) as work:
        work.connection.execute(
            record_share.insert().values(
                record=order["id"], user="li", app="shop", form="order", level="read", reason="task:1"
            )
        )
    assert desk.run(count, "li")["rows"] == [{"n": 1}]


def test_people_are_a_form_for_administrators_only(desk: Desk) -> None:
    report = {
        "from": "user",
        "dimensions": [{"id": "dept", "field": "dept"}, {"id": "head", "field": "dept.head"}],
        "measures": [{"id": "n", "agg": "count", "where": "active"}],
    }
    found = {row["dept"]["label"]: (row["head"], row["n"]) for row in desk.run(report)["rows"] if row["dept"]}
    assert found["华东部"] == ({"id": "wang", "label": "王芳"}, 1)
    assert found["江苏组"] == (None, 2)
    with pytest.raises(ReportInvalid) as refused:
        desk.run(report, "liu")
    assert refused.value.code == "unknown_form"
    with pytest.raises(ReportInvalid) as refused:
        desk.run({**ORDER_BY_REGION, "dimensions": [{"id": "x", "field": "owner.email"}], "sort": []}, "liu")
    assert refused.value.code == "unknown_field"


@pytest.mark.parametrize("user", ["root", "liu"])
def test_people_are_called_in_reports_as_they_are_in_lists(desk: Desk, people: Any, user: str) -> None:
    for key, price in (("zhao", 100), ("li", 200)):
        desk.order("c1", line("p1", 1, price), owner=key)
    spoken = {each["id"]: each["name"] for each in people["users"]}
    by_id = {**ORDER_BY_REGION, "dimensions": [{"id": "who", "field": "owner"}], "sort": []}
    amounts = {row["who"]["id"]: row["amount"] for row in desk.run(by_id, user)["rows"]}
    assert set(amounts) == {"zhao", "li"}
    for key in ("zh", "en"):
        for dimension in ({"field": f"owner.name.{key}"}, {"expr": f"owner.name.{key}"}):
            found = desk.run({**by_id, "dimensions": [{"id": "who", **dimension}]}, user)["rows"]
            assert {row["who"]: row["amount"] for row in found} == {
                spoken[each][key]: amount for each, amount in amounts.items()
            }
    for path in ("owner.name", "owner.name.de"):
        with pytest.raises(ReportInvalid) as refused:
            desk.run({**by_id, "dimensions": [{"id": "who", "field": path}]}, user)
        assert refused.value.code == "unknown_field"


def test_a_report_on_people_reads_their_names(desk: Desk, people: Any) -> None:
    report = {
        "from": "user",
        "dimensions": [{"id": "name", "field": "name.zh"}, {"id": "unit", "field": "dept.name.en"}],
        "measures": [{"id": "n", "agg": "count"}],
        "where": "LEN(name.zh) > 0",
    }
    units = {each["id"]: each["name"]["en"] for each in people["departments"]}
    found = {(row["name"], row["unit"]) for row in desk.run(report)["rows"]}
    wanted = {(each["name"]["zh"], units.get(each.get("dept"))) for each in people["users"]}
    assert found == wanted
