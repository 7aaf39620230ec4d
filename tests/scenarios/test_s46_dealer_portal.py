"""S46: a dealer's own account sees that dealer's records and no others, whichever way it asks."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.scenarios.channel import dealer, outlet, photo
from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.fixture import RECORDS

FORBIDDEN, NOT_FOUND = 403, 404
ORDERS = RECORDS.format("order")


@dataclass
class Portal:
    """Orders of DL-001 (three), its sub-dealer DL-003 (one) and DL-002 (two)."""

    crm: Crm
    dealers: dict[str, str]
    orders: dict[str, list[Record]]

    def listed(self, **params: str) -> list[Record]:
        answer = self.crm.by("dl1").get(ORDERS, params={"limit": "200", "count": "exact", **params})
        assert answer.status_code == 200, answer.text
        assert answer.json()["count"] == len(answer.json()["items"])
        found: list[Record] = answer.json()["items"]
        return found

    def found(self, words: str, *, user: str = "dl1") -> set[str]:
        """The records that the search shows."""
        answer = self.crm.by(user).get("/apps/crm/search", params={"q": words})
        assert answer.status_code == 200, answer.text
        return {each["id"] for each in answer.json()["items"]}

    def ids(self, *names: str) -> set[str]:
        return {order["id"] for name in names for order in self.orders[name]}


@pytest.fixture
def portal(crm: Crm) -> Portal:
    first, second = dealer(crm), dealer(crm, "DL-002")
    below = crm.create(
        "root", "dealer", name="昆山百联酒水", customer=crm.ids["C3"], tier="t2", parent=first["id"],
        region=crm.ids["EAST-JS"], level="B", manager="li", owner="li",
    )  # fmt: skip
    crm.change("root", "customer", crm.ids["C1"], dealer=first["id"])
    dealers = {"DL-001": first["id"], "DL-002": second["id"], "DL-003": below["id"]}
    orders: dict[str, list[Record]] = {name: [] for name in dealers}

    def order(name: str, qty: str, price: str, **more: object) -> Record:
        row = {"product": crm.ids["P1"], "qty": qty, "price": price}
        customer = crm.ids["C5" if name == "DL-002" else "C1"]
        about = {"customer": customer, "dealer": dealers[name], "lines": [row], **more}
        made = crm.create("root", "order", **about)
        orders[name].append(made)
        return made

    large = order("DL-001", "140", "57.00")
    crm.engine_sets("order", large["id"], status="completed")
    order("DL-001", "30", "179.00")
    order("DL-001", "30", "57.00", type="return", origin=large["id"])
    order("DL-003", "20", "60.00")
    order("DL-002", "10", "60.00")
    order("DL-002", "11", "60.00")
    return Portal(crm, dealers, orders)


def test_the_list_holds_own_orders_and_those_of_dealers_below(portal: Portal) -> None:
    found = portal.listed()
    assert {each["id"] for each in found} == portal.ids("DL-001", "DL-003")
    assert sum(Decimal(each["total"]) for each in found) == Decimal("12840.00")
    assert portal.listed(filter=f'dealer = "{portal.dealers["DL-002"]}"') == []


def test_orders_of_a_dealer_below_are_read_only_and_those_of_others_do_not_exist(portal: Portal) -> None:
    below, strange = portal.orders["DL-003"][0]["id"], portal.orders["DL-002"][0]["id"]
    dl1 = portal.crm.by("dl1")
    assert dl1.get(f"{ORDERS}/{below}").status_code == 200
    assert portal.crm.patch("dl1", "order", below, deliver_by="2026-05-01").status_code == FORBIDDEN
    assert portal.crm.patch("dl1", "order", strange, deliver_by="2026-05-01").status_code == NOT_FOUND
    for way in ("", "/history", "/comments", "/files", "/print/delivery_note", "/collaborators"):
        assert dl1.get(f"{ORDERS}/{strange}{way}").status_code == NOT_FOUND, way


def test_a_file_of_another_dealers_record_does_not_exist(portal: Portal) -> None:
    crm = portal.crm
    file = photo(crm, "root", "secret")
    made = outlet(crm, {"id": portal.dealers["DL-002"]}, front=file)
    assert crm.by("dl2").get(f"{RECORDS.format('outlet')}/{made['id']}").status_code == 200
    held = f"{RECORDS.format('outlet')}/{made['id']}/files/{file}"
    assert crm.by("dl2").get(held).status_code == 200
    assert crm.by("dl1").get(held).status_code == NOT_FOUND
    assert crm.by("dl1").get(f"/uploads/{file}/content").status_code == NOT_FOUND


def test_search_sums_and_exports_obey_the_same_scope(portal: Portal) -> None:
    crm, dl1 = portal.crm, portal.crm.by("dl1")
    asked = {"measures": {"total": {"agg": "sum", "field": "total"}, "n": {"agg": "count"}}}
    [told] = dl1.post(f"{ORDERS}:aggregate", asked).json()["items"]
    assert (told["total"], told["n"]) == ("12840.00", 4)
    assert portal.found(portal.orders["DL-001"][0]["no"]) == {portal.orders["DL-001"][0]["id"]}
    assert portal.found(portal.orders["DL-003"][0]["no"]) == {portal.orders["DL-003"][0]["id"]}
    for strange in portal.orders["DL-002"]:
        assert portal.found(strange["no"]) == set()
        assert portal.found(strange["no"], user="root") == {strange["id"]}
    begun = dl1.post("/apps/crm/forms/order/exports", {"format": "csv"})
    assert begun.status_code == FORBIDDEN  # the portal has no right to export
    begun = crm.by("wang").post("/apps/crm/forms/order/exports", {"format": "csv", "headers": "key"})
    crm.work()
    file = crm.by("wang").get(f"{begun.headers['location']}/file")
    rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    assert {row["id"] for row in rows if row["id"]} == portal.ids("DL-001", "DL-002", "DL-003")


def test_customers_and_dealers_are_found_by_their_words_within_the_same_scope(portal: Portal) -> None:
    ids = portal.crm.ids
    assert portal.found("鼎盛商贸") == {ids["C1"]}
    assert portal.found("钱塘酒业") == set()
    assert portal.found("钱塘酒业", user="root") == {ids["C5"]}
    assert portal.found("昆山百联") == set()  # a dealer below is none of the portal's own
    assert portal.found("昆山百联", user="li") == {portal.dealers["DL-003"]}


def test_the_portal_shows_running_promotions_of_its_own_regions_alone(portal: Portal) -> None:
    crm = portal.crm

    def promotion(name: str, *regions: str, status: str = "running") -> None:
        made = crm.create(
            "root", "promotion", name=name, type="display", start="2026-01-01", end="2026-12-31",
            budget="1000.00", regions=[crm.ids[each] for each in regions],
        )  # fmt: skip
        crm.engine_sets("promotion", made["id"], status=status)

    promotion("江苏", "EAST-JS")
    promotion("华东", "EAST")
    promotion("浙江", "EAST-ZJ")
    promotion("西北和江苏", "NW", "EAST-JS")
    promotion("西北", "NW")
    promotion("不限")
    promotion("未开始", "EAST-JS", status="approved")
    shown = {user: {each["name"] for each in crm.all("promotion", user=user)} for user in ("dl1", "dl2")}
    assert shown == {
        "dl1": {"江苏", "华东", "西北和江苏", "不限"},
        "dl2": {"华东", "浙江", "不限"},
    }
    crm.change("root", "dealer", portal.dealers["DL-002"], region=crm.ids["NW"])
    assert {each["name"] for each in crm.all("promotion", user="dl2")} == {"西北和江苏", "西北", "不限"}


def test_an_order_for_another_dealer_is_refused_as_for_one_that_does_not_exist(portal: Portal) -> None:
    row = {"product": portal.crm.ids["P1"], "qty": "1"}
    for strange in (portal.dealers["DL-002"], "nothing"):
        about = {"customer": portal.crm.ids["C1"], "dealer": strange, "lines": [row]}
        answer = portal.crm.by("dl1").post(ORDERS, about)
        assert (answer.status_code, codes(answer)) == (422, {"dealer:not_found"})


def test_costs_margins_and_rebates_of_others_are_in_no_answer(portal: Portal) -> None:
    whole = portal.crm.by("dl1").get(f"{ORDERS}/{portal.orders['DL-001'][0]['id']}").json()
    assert "cost" not in whole["lines"][0]
    assert "cost" not in portal.crm.get("product", portal.crm.ids["P1"], user="dl1")
    schema = portal.crm.by("dl1").get("/apps/crm/forms/product/schema").text
    assert '"cost"' not in schema
    assert portal.crm.by("dl1").get(RECORDS.format("rebate_policy")).status_code == FORBIDDEN
