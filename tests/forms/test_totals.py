"""Rollups of numbers at the edges: no sum stops a save, no mean is rounded twice, both databases agree."""

from __future__ import annotations

from typing import Any

import pytest

from engine.runtime import Runtime
from tests.forms.shop import field, name
from tests.forms.test_records import ROOT, Desk
from tests.support.prepared import prepared_by, publishing

MOST = "9999999999999999.99"


def rollup(key: str, agg: str) -> dict[str, Any]:
    return field(key, "rollup", form="item", link="box", agg=agg, field="weight")


BOX = {
    "key": "box",
    "label": name("box"),
    "fields": [
        field("name", "text"),
        rollup("total", "sum"),
        rollup("mean", "avg"),
        rollup("least", "min"),
        rollup("most", "max"),
        field("double", "formula", result={"type": "decimal"}, expr="total * 2"),
    ],
}
ITEM = {
    "key": "item",
    "label": name("item"),
    "fields": [
        field("box", "ref", form="box", on_delete="restrict"),
        field("weight", "decimal", precision=18, scale=2),
    ],
}
DOCUMENTS: dict[str, dict[str, dict[str, Any]]] = {
    "app": {"shop": {"key": "shop", "label": name("shop")}},
    "form": {"box": BOX, "item": ITEM},
}


@pytest.fixture
@prepared_by(publishing(DOCUMENTS))
def boxes(runtime: Runtime, people: dict[str, Any]) -> Desk:
    return Desk(runtime, ROOT)


def packed(desk: Desk, *weights: str | None) -> dict[str, Any]:
    """A box with items of these weights."""
    box = desk.create("box", name="b")["id"]
    for weight in weights:
        desk.create("item", box=box, weight=weight)
    return desk.get("box", box)


def test_an_empty_sum_is_zero_and_an_empty_mean_is_nothing(boxes: Desk) -> None:
    found = packed(boxes)
    assert (found["total"], found["mean"], found["least"]) == ("0.00", None, None)
    found = packed(boxes, None)
    assert (found["total"], found["mean"], found["most"]) == ("0.00", None, None)


def test_means_are_rounded_away_from_zero_on_both_sides(boxes: Desk) -> None:
    assert packed(boxes, "0.01", "0.02")["mean"] == "0.02"
    assert packed(boxes, "-0.01", "-0.02")["mean"] == "-0.02"
    assert packed(boxes, "-0.01", "-0.01", "-0.02")["mean"] == "-0.01"


def test_a_sum_of_the_largest_numbers_becomes_null_and_the_mean_stays_exact(boxes: Desk) -> None:
    found = packed(boxes, *[MOST] * 12)
    assert (found["total"], found["double"]) == (None, None)
    assert (found["mean"], found["least"], found["most"]) == (MOST, MOST, MOST)


def test_a_sum_may_pass_the_edge_on_its_way_when_it_ends_inside(boxes: Desk) -> None:
    found = packed(boxes, *[MOST] * 11, *["-" + MOST] * 10)
    assert (found["total"], found["double"]) == (MOST, None)
    assert found["mean"] == "476190476190476.19"
