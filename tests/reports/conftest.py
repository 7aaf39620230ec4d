from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.reports.desk import Desk, line
from tests.reports.shop import documents
from tests.support.prepared import prepared_by


def publish_shop(runtime: Runtime) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents())


@pytest.fixture
@prepared_by(publish_shop)
def shop(runtime: Runtime, people: Any) -> Runtime:
    """The runtime with the shop published and the organisation of the tests."""
    return runtime


@pytest.fixture
def desk(shop: Runtime, principal: Callable[[str], Any]) -> Desk:
    """The shop with three regions, four customers and three products."""
    made = Desk(shop, principal)
    for key, name, manager, parent in (
        ("east", "East", "wang", None),
        ("east_js", "Jiangsu", "wang", "east"),
        ("north", "North", "zhang", None),
    ):
        made.create("region", id=key, code=key, name=name, manager=manager, parent=parent)
    for key, name, region, owner in (
        ("c1", "Dingsheng", "east_js", "li"),
        ("c2", "Yunqi", "east", "zhou"),
        ("c4", "Zhongguancun", "north", "wu"),
        ("c0", "Nowhere", None, "wu"),
    ):
        made.create("customer", id=key, name=name, region=region, owner=owner, level="a", credit=100_000)
    for key, name, category, cost in (
        ("p1", "Classic", "classic", 3800),
        ("p2", "Draft", "draft", 7000),
        ("p3", "Craft", "craft", 11000),
    ):
        made.create("product", id=key, sku=key, name=name, category=category, cost=cost)
    return made


@pytest.fixture
def ranked(desk: Desk) -> Desk:
    """S40: O1 delivered, O2 completed, O3 void, O4 pending, R1 a return."""
    desk.order(
        "c1",
        line("p1", 100, 5700),
        line("p2", 20, 11400),
        line("p1", 10, 5700, gift=True),
        status="delivered",
    )
    desk.order("c2", line("p3", 15, 19800), line("p1", 40, 6000))
    desk.order("c1", line("p2", 500, 12000), status="void")
    desk.order("c1", line("p3", 100, 19800), status="pending")
    desk.order("c1", line("p1", 30, 5700), type="return")
    return desk
