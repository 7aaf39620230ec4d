"""References to several records: their link tables, what a deletion does to them, who counts and lists them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import field, name
from tests.forms.territory import CUSTOMER, OFFER, PRODUCT, documents
from tests.support.client import AsUser, SignedIn

FORMS = "/apps/land/forms"
OFFERS = f"{FORMS}/offer/records"


@pytest.fixture
def root(land: CompiledApp, as_user: AsUser) -> SignedIn:
    return as_user("root")


def make(user: SignedIn, form: str, **values: Any) -> dict[str, Any]:
    made = user.post(f"{FORMS}/{form}/records", values)
    assert made.status_code == 201, made.text
    record: dict[str, Any] = made.json()
    return record


def found(user: SignedIn, form: str, condition: Any) -> list[str]:
    source = condition if isinstance(condition, str) else json.dumps(condition)
    answer = user.get(f"{FORMS}/{form}/records", params={"filter": source, "sort": "name"})
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def links(runtime: Runtime, table: str) -> list[tuple[Any, ...]]:
    with runtime.reading(SYSTEM) as work:
        return work.rows(f'SELECT target FROM "{table}" ORDER BY target')


def product(user: SignedIn, key: str) -> dict[str, Any]:
    record: dict[str, Any] = user.get(f"{FORMS}/product/records/{key}").json()
    return record


def test_links_follow_the_field(root: SignedIn, runtime: Runtime) -> None:
    offer = make(root, "offer", products=["stout", "ale"], lines=[{"free": ["ale"]}])
    assert links(runtime, "land_offer__products") == [("ale",), ("stout",)]
    assert links(runtime, "land_offer__lines__free") == [("ale",)]
    path = f"{OFFERS}/{offer['id']}"
    line = offer["lines"][0]["id"]
    root.patch(path, {"products": ["ale"], "lines": [{"id": line, "free": ["ale", "stout"]}]})
    assert links(runtime, "land_offer__products") == [("ale",)]
    assert links(runtime, "land_offer__lines__free") == [("ale",), ("stout",)]
    root.patch(path, {"products": None, "lines": [{"id": line, "$delete": True}]})
    assert links(runtime, "land_offer__products") == links(runtime, "land_offer__lines__free") == []


def test_filters_ask_what_is_held(root: SignedIn) -> None:
    make(root, "offer", name="a", products=["ale"])
    make(root, "offer", name="b", products=["stout", "ale"])
    make(root, "offer", name="c")
    assert found(root, "offer", {"products": {"has": "ale"}}) == ["a", "b"]
    assert found(root, "offer", 'HAS(products, "stout")') == ["b"]
    assert found(root, "offer", '"stout" in products') == ["b"]
    assert found(root, "offer", {"products": {"blank": True}}) == ["c"]
    assert found(root, "offer", {"not": {"products": {"has": "ale"}}}) == []
    wrong = root.get(OFFERS, params={"filter": "HAS(products, $me)"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "type_mismatch")


@pytest.mark.database("postgresql")
def test_an_index_serves_what_a_field_of_several_holds(root: SignedIn, runtime: Runtime) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        work.run("SET LOCAL enable_seqscan = off")
        held = """EXPLAIN SELECT id FROM land_offer WHERE products @> '["ale"]'::jsonb"""
        plan = "\n".join(row[0] for row in work.rows(held))
    assert "land_offer_products" in plan


def test_several_records_are_kept_in_the_order_chosen_and_merged_as_one_field(root: SignedIn) -> None:
    offer = make(root, "offer", products=["stout", "ale"])
    path = f"{OFFERS}/{offer['id']}"
    assert root.get(path).json()["products"] == ["stout", "ale"]
    moved = root.patch(path, {"products": ["ale", "stout"]}).json()
    assert moved["products"] == ["ale", "stout"]
    [change] = [c for c in root.get(f"{path}/history").json()["items"] if c["op"] == "update"]
    assert change["changes"] == {"products": [["stout", "ale"], ["ale", "stout"]]}


def test_counts_and_sums_hear_of_every_record_that_names_them(root: SignedIn) -> None:
    offer = make(root, "offer", products=["ale"], worth="10.00", status="live")
    make(root, "offer", products=["stout", "ale"], worth="2.50")
    seen = product(root, "ale")
    assert (seen["offers"], seen["live"], seen["worth"]) == (2, 1, "12.50")
    assert (product(root, "stout")["offers"], product(root, "stout")["worth"]) == (1, "2.50")
    root.patch(f"{OFFERS}/{offer['id']}", {"products": ["stout"]})
    assert (product(root, "ale")["worth"], product(root, "stout")["worth"]) == ("2.50", "12.50")
    root.delete(f"{OFFERS}/{offer['id']}")
    assert product(root, "stout")["offers"] == 1
    assert found(root, "product", {"offers": {"gte": 1}}) == ["Ale", "Stout"]


def test_a_record_that_others_list_is_not_deleted(root: SignedIn) -> None:
    offer = make(root, "offer", products=["ale", "stout"])
    refused = root.delete(f"{FORMS}/product/records/ale")
    assert (refused.status_code, refused.json()["code"]) == (409, "restrict")
    assert refused.json()["details"] == {"references": {"offer": 1}}
    root.patch(f"{OFFERS}/{offer['id']}", {"products": ["stout"]})
    assert root.delete(f"{FORMS}/product/records/ale").status_code == 204


def test_a_deleted_record_is_taken_out_and_comes_back_with_its_places(root: SignedIn) -> None:
    line = {"free": ["ale"], "about": {"form": "product", "id": "ale"}}
    offer = make(root, "offer", without=["ale", "stout"], lines=[line, {"free": ["stout"]}])
    path = f"{OFFERS}/{offer['id']}"
    assert root.delete(f"{FORMS}/product/records/ale").status_code == 204
    after = root.get(path).json()
    assert after["without"] == ["stout"]
    assert [(row["free"], row["about"]) for row in after["lines"]] == [(None, None), (["stout"], None)]
    back = root.post(f"{FORMS}/product/records/ale:restore")
    assert (back.status_code, back.json()["not_linked"]) == (200, [])
    again = root.get(path).json()
    assert again["without"] == ["stout", "ale"]
    assert again["lines"][0]["free"] == ["ale"]
    assert again["lines"][0]["about"] == {"form": "product", "id": "ale"}


def test_what_is_about_a_record_goes_and_returns_with_it(root: SignedIn) -> None:
    customer = make(root, "customer", name="c")
    note = make(root, "note", text="hello", about={"form": "customer", "id": customer["id"]})
    other = make(root, "note", text="other", about={"form": "product", "id": "ale"})
    path = f"{FORMS}/customer/records/{customer['id']}"
    assert root.get(path).json()["notes"] == 1
    assert root.delete(path).status_code == 204
    assert root.get(f"{FORMS}/note/records/{note['id']}").status_code == 404
    assert root.get(f"{FORMS}/note/records/{other['id']}").status_code == 200
    assert root.post(f"{path}:restore").json()["records"] == {"note": 1, "customer": 1}
    assert root.get(path).json()["notes"] == 1


def test_a_unit_is_removed_for_good_with_its_links(root: SignedIn, runtime: Runtime) -> None:
    offer = make(root, "offer", products=["ale"], lines=[{"free": ["stout"]}])
    root.delete(f"{OFFERS}/{offer['id']}")
    [unit] = [item["unit"] for item in root.get("/apps/land/recycle").json()["items"]]
    root.delete(f"{FORMS}/product/records/ale")
    kept = [each for each in root.get("/apps/land/recycle").json()["items"] if each["form"] == "product"]
    refused = root.delete(f"/apps/land/recycle/{kept[0]['unit']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_referenced")
    assert root.delete(f"/apps/land/recycle/{unit}").status_code == 204
    assert links(runtime, "land_offer__products") == links(runtime, "land_offer__lines__free") == []
    assert root.delete(f"/apps/land/recycle/{kept[0]['unit']}").status_code == 204


def test_only_records_that_the_writer_sees_can_be_named(land: CompiledApp, as_user: AsUser) -> None:
    root, li = as_user("root"), as_user("li")
    hidden = make(root, "customer", name="hidden")
    mine = make(li, "customer", name="mine")
    about = [{"about": {"form": "customer", "id": each["id"]}} for each in (mine, hidden)]
    assert li.post(OFFERS, {"lines": about[:1]}).status_code == 201
    refused = li.post(OFFERS, {"lines": about, "products": ["ale"]})
    told = [(each["pointer"], each["code"]) for each in refused.json()["errors"]]
    assert told == [("/lines/1/about", "not_found")]


def test_a_default_expression_names_one_of_several(root: SignedIn) -> None:
    assert make(root, "region", name="new")["pool"] == ["root"]
    assert make(root, "region", name="empty", pool=[])["pool"] is None


def test_people_in_a_field_are_those_who_are_told(root: SignedIn, runtime: Runtime) -> None:
    rule = {
        "key": "tell",
        "label": name("tell"),
        "form": "customer",
        "trigger": {"type": "created"},
        "actions": [{"type": "notify", "to": [{"path": "region.pool"}], "subject": name("new")}],
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**documents(), "rule": {"tell": rule}})
    make(root, "customer", name="c", region="shanghai")
    with runtime.reading(SYSTEM) as work:
        told = {row[0] for row in work.rows('SELECT "user" FROM ff_notification')}
    assert told == {"li", "sun"}


def test_backlinks_list_what_the_reader_may_see(land: CompiledApp, as_user: AsUser) -> None:
    root, li = as_user("root"), as_user("li")
    make(root, "customer", name="b", region="shanghai", secret="x")
    make(li, "customer", name="a", region="shanghai")
    make(root, "customer", name="c", region="east")
    path = f"{FORMS}/region/records/shanghai/backlinks/customers"
    everything = root.get(path, params={"count": "exact"}).json()
    assert [(item["name"], item["secret"]) for item in everything["items"]] == [("a", None), ("b", "x")]
    assert everything["count"] == 2
    seen = li.get(path).json()["items"]
    assert [item.keys() - {"rev", "version"} for item in seen] == [{"id", "name"}]
    narrowed = root.get(path, params={"filter": 'name = "b"', "fields": "name,region.name"}).json()["items"]
    assert [(item["name"], item["region"]["name"]) for item in narrowed] == [("b", "Shanghai")]
    first = root.get(path, params={"limit": 1}).json()
    rest = root.get(path, params={"limit": 1, "cursor": first["next"]}).json()
    assert [item["name"] for item in first["items"] + rest["items"]] == ["a", "b"]
    elsewhere = f"{FORMS}/region/records/east/backlinks/customers"
    assert root.get(elsewhere, params={"cursor": first["next"]}).json()["code"] == "bad_cursor"
    assert li.get(f"{FORMS}/region/records/south/backlinks/customers").status_code == 404
    assert root.get(f"{FORMS}/region/records/east/backlinks/name").json()["code"] == "backlink_not_found"


def test_backlinks_follow_lists_and_references_of_any_form(root: SignedIn) -> None:
    make(root, "offer", name="a", products=["stout", "ale"])
    make(root, "offer", name="b", products=["stout"])
    customer = make(root, "customer", name="c")
    note = make(root, "note", text="n", about={"form": "customer", "id": customer["id"]})
    make(root, "note", text="n", about={"form": "product", "id": "ale"})
    offers = root.get(f"{FORMS}/product/records/ale/backlinks/in_offers").json()["items"]
    assert [item["name"] for item in offers] == ["a"]
    said = root.get(f"{FORMS}/customer/records/{customer['id']}/backlinks/said").json()["items"]
    assert [item["id"] for item in said] == [note["id"]]


def test_the_schema_tells_which_forms_are_named(root: SignedIn) -> None:
    schema = root.get(f"{FORMS}/offer/schema").json()["properties"]
    assert schema["products"]["anyOf"][0]["items"]["x-form"] == "product"
    about = schema["lines"]["items"]["properties"]["about"]["anyOf"][0]
    assert about["x-forms"] == ["product", "customer"]
    shown = root.get(f"{FORMS}/product/schema").json()["x-layout"]
    assert [(item["key"], item["form"], item["link"]) for item in shown] == [
        ("in_offers", "offer", "products")
    ]


def test_a_field_of_several_can_be_added_to_a_form_with_records(root: SignedIn, runtime: Runtime) -> None:
    offer = make(root, "offer", name="a")
    more = {**OFFER, "fields": [*OFFER["fields"], field("extra", "refs", form="product")]}  # type: ignore[misc]
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents(offer=more))
    changed = root.patch(f"{OFFERS}/{offer['id']}", {"extra": ["ale"]})
    assert changed.json()["extra"] == ["ale"]
    assert links(runtime, "land_offer__extra") == [("ale",)]


@pytest.mark.parametrize(
    ("form", "change", "code", "inside"),
    [
        ("product", field("x", "count", form="offer", link="name"), "bad_link", "/link"),
        ("product", field("x", "count", form="nothing", link="name"), "unknown_form", "/form"),
        ("product", field("x", "backlink", form="offer", link="status"), "bad_link", "/link"),
        ("product", field("x", "backlink", form="offer", link="products", show=["nam"]), "unknown_field", "/show/0"),
        ("product", field("x", "refs", form="nothing"), "unknown_form", "/form"),
        ("product", field("x", "refs", form="offer", on_delete="cascade"), "invalid_value", "/on_delete"),
        ("product", field("x", "refs", form="offer", least=9, most=3), "bad_bounds", "/least"),
        ("product", field("x", "dynamic_ref", forms=["offer", "nothing"]), "unknown_form", "/forms/1"),
        ("customer", field("x", "tree_parent", on_delete="nothing"), "invalid_value", "/on_delete"),
        ("customer", field("x" * 40, "subtable", fields=[field("y" * 30, "refs", form="offer")]), "key_too_long", "/fields/0/key"),
    ],
)  # fmt: skip
def test_what_cannot_be_published(
    runtime: Runtime, people: dict[str, Any], form: str, change: Any, code: str, inside: str
) -> None:
    before = {"product": PRODUCT, "customer": CUSTOMER}[form]
    changed = {**before, "fields": [*before["fields"], change]}  # type: ignore[misc]
    with pytest.raises(NotPublishable) as refused, runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents(**{form: changed}))
    told = {(finding.code, finding.pointer) for finding in refused.value.findings}
    assert (code, f"/forms/{form}/fields/{len(before['fields'])}{inside}") in told


def test_what_the_engine_writes_is_linked_too(land: CompiledApp, runtime: Runtime) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("land"), "offer")
        made = records.create(work, form, {"name": "e", "products": ("ale", "stout")})
        records.update(work, form, made["id"], {"products": ("stout",)})
    assert links(runtime, "land_offer__products") == [("stout",)]
