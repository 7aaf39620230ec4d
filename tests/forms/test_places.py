"""Regions, addresses, places on the map, tags and roles: what they promise beyond reading and writing."""

from __future__ import annotations

import pytest

from engine.definitions.app import CompiledApp
from forms.regions import REGIONS
from tests.forms.test_links import FORMS, found, make
from tests.support.client import AsUser, SignedIn


@pytest.fixture
def root(land: CompiledApp, as_user: AsUser) -> SignedIn:
    return as_user("root")


def test_parts_of_an_address_are_names_in_filters_and_formulas(root: SignedIn) -> None:
    home = {"region": "310115", "detail": "张江路 1 号"}
    made = make(root, "customer", name="c", home=home)
    make(root, "customer", name="d", home={"region": "320102"})
    assert made["home"] == {**home, "postcode": None}
    assert made["in_shanghai"] is True
    assert found(root, "customer", {"home.region": {"starts_with": "31"}}) == ["c"]
    assert found(root, "customer", 'CONTAINS(home.detail, "张江")') == ["c"]
    assert found(root, "customer", "in_shanghai") == ["c"]
    part = root.patch(f"{FORMS}/customer/records/{made['id']}", {"home": {"detail": "人民路"}}).json()
    assert part["home"] == {"region": None, "detail": "人民路", "postcode": None}


def test_a_place_is_near_or_far(root: SignedIn) -> None:
    shanghai = {"lat": "31.2304", "lng": "121.4737"}
    made = make(root, "customer", name="c", place=shanghai)
    assert found(root, "customer", {"place.lat": {"between": [31, 32]}}) == ["c"]
    tried = root.post(
        "/apps/land/draft/expressions:evaluate",
        {
            "expression": "GEODISTANCE(place.lat, place.lng, 39.9042, 116.4074)",
            "context": {"kind": "form", "key": "customer", "place": "formula"},
            "record": made["id"],
        },
    )
    assert tried.status_code == 200, tried.text
    assert tried.json()["value"] == "1067312"


def test_every_region_is_found_by_its_path(root: SignedIn) -> None:
    assert {code for code in REGIONS.by_code if REGIONS.named(REGIONS.path_text(code)) != code} == set()
    levels = [each.level for each in REGIONS.by_code.values()]
    assert (levels.count("province"), levels.count("city"), len(levels)) == (34, 333, 3211)
    provinces = root.get("/regions").json()["items"]
    assert [each["label"]["en"] for each in provinces][:2] == ["Beijing", "Tianjin"]
    below = root.get("/regions", params={"parent": "310000"}).json()["items"]
    assert (len(below), below[0]["label"]["zh"], below[0]["leaf"]) == (16, "黄浦区", True)
    path = root.get("/regions", params={"code": "320102"}).json()["items"]
    assert [each["label"]["zh"] for each in path] == ["江苏省", "南京市", "玄武区"]
    assert root.get("/regions", params={"code": "1"}).json()["items"] == []
    assert root.get("/regions", params={"name": "x"}).status_code == 422


def test_tags_come_into_being_when_they_are_written(root: SignedIn) -> None:
    make(root, "customer", name="c", tags=["VIP", "新客"])
    assert found(root, "customer", {"tags": {"has": "VIP"}}) == ["c"]
    assert found(root, "customer", {"tags": {"has": "vip"}}) == []


def test_tags_in_use_are_offered_as_far_as_their_records_are_seen(land: CompiledApp, as_user: AsUser) -> None:
    root, li = as_user("root"), as_user("li")
    make(root, "customer", name="a", tags=["VIP", "新客"])
    make(li, "customer", name="b", tags=["vip club", "VIP"])
    gone = make(root, "customer", name="c", tags=["gone"])
    root.delete(f"{FORMS}/customer/records/{gone['id']}")
    path = f"{FORMS}/customer/tags/tags"

    def offered(user: SignedIn, **asked: str) -> list[tuple[str, int]]:
        return [(each["tag"], each["records"]) for each in user.get(path, params=asked).json()["items"]]

    assert offered(root) == [("VIP", 2), ("vip club", 1), ("新客", 1)]
    assert offered(root, part="vIp") == [("VIP", 2), ("vip club", 1)]
    assert offered(root, part="客") == [("新客", 1)]
    assert offered(li) == [("VIP", 1), ("vip club", 1)]
    assert root.get(f"{FORMS}/customer/tags/name").json()["code"] == "unknown_field"
    assert as_user("wu").get(path.replace("customer", "note")).status_code == 403


def test_a_role_is_one_that_who_asks_has(land: CompiledApp, as_user: AsUser) -> None:
    root, li = as_user("root"), as_user("li")
    make(li, "customer", name="a", handled_by="sales_rep")
    make(li, "customer", name="b", handled_by="admin")
    assert found(li, "customer", "handled_by in $my_roles") == ["a"]
    schema = root.get(f"{FORMS}/customer/schema").json()["properties"]["handled_by"]["anyOf"][0]
    assert schema["enum"] == ["admin", "sales_rep"]
