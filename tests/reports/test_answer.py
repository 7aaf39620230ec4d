"""What happens to groups after the store: empty periods, pivots, order and JSON."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from engine.expressions import Type
from engine.expressions import types as t
from reports.answer import answer
from reports.fill import TooManyPeriods
from reports.groups import Group, Groups, ordered
from reports.measures.avg import Avg
from reports.measures.sum import Sum
from reports.periods import Period
from reports.pivot import TooManyColumns
from reports.planned import Aggregated, PlannedDimension, ReportPlan, Source
from reports.schema import Pivot, Sort

STAGES = t.choice(("new", "won", "lost"))


def dimension(key: str, kind: Type, **more: Any) -> PlannedDimension:
    label = {"zh": key, "en": key.title()}
    return PlannedDimension(key, label, SimpleNamespace(type=kind), **more)  # type: ignore[arg-type]


def plan(*dimensions: PlannedDimension, **more: Any) -> ReportPlan:
    measures = (
        Aggregated("amount", {"zh": "金额", "en": "Amount"}, t.money(), Sum),
        Aggregated("mean", {"zh": "均值", "en": "Mean"}, t.number(18, 6), Avg),
    )
    kept = {"sort": (), "limit": 1000, "pivot": None} | more
    return ReportPlan(Source("order"), "UTC", "mon", dimensions, measures, (), None, None, **kept)


def cells(the_plan: ReportPlan, *rows: tuple[Any, ...], totals: tuple[Group, ...] = ()) -> Groups:
    wide = len(the_plan.dimensions)
    level = frozenset(range(wide))
    return Groups((*(Group(level, row[:wide], row[wide:]) for row in rows), *totals))


MONTH = dimension("month", t.DATE, grain="month", fill=True, span="range")


def test_missing_months_are_filled_and_only_sums_are_zero() -> None:
    the_plan = plan(MONTH)
    found = answer(the_plan, cells(the_plan, (date(2026, 1, 1), 500, 250), (date(2026, 3, 1), 1, 1)), {})
    assert found.rows == [
        {"month": "2026-01", "amount": "5.00", "mean": "0.000250"},
        {"month": "2026-02", "amount": "0.00", "mean": None},
        {"month": "2026-03", "amount": "0.01", "mean": "0.000001"},
    ]


def test_a_period_bounds_what_is_filled() -> None:
    the_plan = plan(MONTH)
    periods = {"range": Period(date(2026, 1, 1), date(2026, 4, 1))}
    found = answer(the_plan, cells(the_plan, (date(2026, 2, 1), 1, 1)), periods)
    assert [row["month"] for row in found.rows] == ["2026-01", "2026-02", "2026-03"]
    assert [row["month"] for row in answer(the_plan, Groups(()), periods).rows] == [
        "2026-01",
        "2026-02",
        "2026-03",
    ]


def test_periods_are_filled_for_each_combination_of_the_others() -> None:
    the_plan = plan(dimension("stage", STAGES), MONTH)
    rows = cells(the_plan, ("won", date(2026, 1, 1), 1, 1), ("new", date(2026, 2, 1), 1, 1))
    assert [(row["stage"], row["month"]) for row in answer(the_plan, rows, {}).rows] == [
        ("new", "2026-01"),
        ("new", "2026-02"),
        ("won", "2026-01"),
        ("won", "2026-02"),
    ]
    assert answer(the_plan, Groups(()), {"range": Period(date(2026, 1, 1), date(2026, 2, 1))}).rows == []


def test_filling_without_end_is_refused() -> None:
    the_plan = plan(dimension("day", t.DATE, grain="day", fill=True))
    with pytest.raises(TooManyPeriods):
        answer(the_plan, cells(the_plan, (date(1900, 1, 1), 1, 1), (date(2026, 1, 1), 1, 1)), {})


def pivot_plan(**more: Any) -> ReportPlan:
    pivot = Pivot(rows=("owner",), columns=("stage",), totals=("row", "column", "grand"))
    return plan(dimension("owner", t.TEXT), dimension("stage", STAGES), pivot=pivot, **more)


def pivot_groups(the_plan: ReportPlan) -> Groups:
    def total(level: set[int], keys: tuple[Any, ...], amount: int) -> Group:
        return Group(frozenset(level), keys, (amount, amount))

    return cells(
        the_plan,
        ("li", "won", 100, 100),
        ("li", "new", 50, 50),
        ("wu", "won", 300, 300),
        totals=(
            total({0}, ("li", None), 150),
            total({0}, ("wu", None), 300),
            total({1}, (None, "won"), 400),
            total({1}, (None, "new"), 50),
            total(set(), (None, None), 450),
        ),
    )


def test_a_pivot_has_a_column_per_value_and_totals_of_their_own() -> None:
    the_plan = pivot_plan(sort=(Sort(by="amount", desc=True),))
    found = answer(the_plan, pivot_groups(the_plan), {})
    assert [column["id"] for column in found.columns] == [
        "owner",
        "amount:new",
        "mean:new",
        "amount:won",
        "mean:won",
        "amount",
        "mean",
    ]
    assert found.columns[1]["at"] == {"stage": "new"}
    assert [(row["owner"], row["amount:new"], row["amount:won"], row["amount"]) for row in found.rows] == [
        ("wu", "0.00", "3.00", "3.00"),
        ("li", "0.50", "1.00", "1.50"),
    ]
    assert found.rows[0]["mean:new"] is None
    assert {key: value for key, value in found.totals[0].items() if "amount" in key} == {
        "amount:new": "0.50",
        "amount:won": "4.00",
        "amount": "4.50",
    }


def test_pivot_columns_keep_their_own_order_whatever_sorts_the_rows() -> None:
    the_plan = pivot_plan(sort=(Sort(by="stage", desc=True), Sort(by="owner", desc=True)))
    found = answer(the_plan, pivot_groups(the_plan), {})
    assert [column["id"] for column in found.columns if column["id"].startswith("amount:")] == [
        "amount:won",
        "amount:new",
    ]
    assert [row["owner"] for row in found.rows] == ["wu", "li"]


def test_a_pivot_with_too_many_columns_is_refused() -> None:
    the_plan = plan(dimension("owner", t.TEXT), pivot=Pivot(columns=("owner",)))
    with pytest.raises(TooManyColumns):
        answer(the_plan, cells(the_plan, *((f"user{i}", 1, 1) for i in range(300))), {})


def test_more_groups_than_the_limit_are_said() -> None:
    the_plan = plan(dimension("owner", t.TEXT), limit=1)
    found = answer(the_plan, cells(the_plan, ("li", 1, 1), ("wu", 1, 1)), {}).as_json()
    assert len(found["rows"]) == 1
    assert found["truncated"] is True


@pytest.mark.parametrize(("desc", "wanted"), [(False, ["b", "a", "x", None]), (True, ["a", "b", "x", None])])
def test_references_sort_by_name_and_what_has_none_comes_last(desc: bool, wanted: list[str | None]) -> None:
    the_plan = plan(dimension("customer", t.ref("customer")), sort=(Sort(by="customer", desc=desc),))
    groups = [Group(frozenset({0}), (key,), (0, 0)) for key in (None, "x", "a", "b")]
    labels = {(0, "a"): "Zhang", (0, "b"): "Li", (0, "x"): None}
    assert [group.keys[0] for group in ordered(groups, the_plan, labels)] == wanted
