"""The three reports of the CRM on the scale set: the reference figures of the specification, to the cent."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.cli.apps import apply_folder
from benchmarks.reports import ADMINISTRATOR, load
from engine.runtime import Runtime
from examples.crm_scale.orders import scale_orders
from reports.service import run_report

CRM = Path(__file__).parents[2] / "examples" / "crm_app"
ORDERS = 10_000


@pytest.fixture
def loaded(runtime: Runtime, people: Any) -> Runtime:
    apply_folder(runtime, CRM)
    load(runtime, ORDERS)
    return runtime


def test_the_set_is_the_one_of_the_specification() -> None:
    orders = list(scale_orders(ORDERS))
    kinds = Counter("void" if order.status == "void" else order.kind for order in orders)
    assert kinds == {"standard": 9655, "return": 241, "void": 104}
    assert sum(order.total for order in orders if order.status != "void") == 795_266_067


@pytest.mark.slow
def test_the_reports_hit_the_reference_figures(loaded: Runtime) -> None:
    regions = run_report(loaded, ADMINISTRATOR, "crm", "order_by_region")
    assert regions["totals"][0]["amount"] == "7952660.67"
    by_region: Counter[str] = Counter()
    for row in regions["rows"]:
        by_region[row["region"]["id"]] += Decimal(row["amount"])  # type: ignore[assignment]
    assert by_region["region0"] == Decimal("996788.32")
    assert len(by_region) == 8
    products = run_report(loaded, ADMINISTRATOR, "crm", "product_ranking")
    assert products["totals"][0]["amount"] == "7952660.67"
    wanted: Counter[str] = Counter()
    for order in scale_orders(ORDERS):
        if order.status != "void":
            for line in order.lines:
                wanted[f"product{line.product}"] += line.amount * (-1 if order.kind == "return" else 1)
    found = {row["product"]["id"]: Decimal(row["amount"]) * 100 for row in products["rows"]}
    assert found == dict(wanted)
    amounts = [Decimal(row["amount"]) for row in products["rows"]]
    assert amounts == sorted(amounts, reverse=True)
