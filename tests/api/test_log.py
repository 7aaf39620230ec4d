"""The operation log over REST: everything that was done, found by who, what, when; nobody else's."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine.changes.sealer import Sealer
from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.testing import FixedClock
from tests.forms.shop import SHOP
from tests.support.client import AsUser

FORMS = "/apps/shop/forms"


@pytest.fixture
def shop(runtime: Runtime, people: dict[str, Any]) -> CompiledApp:
    roles = {
        "sales_rep": [{"form": "*", "actions": ["*"]}],
        "finance": [{"form": "customer", "actions": ["*"], "fields": {"hidden": ["phone"]}}],
    }
    documents = {
        key: {"key": key, "label": {"zh": key, "en": key}, "grants": held, "audits": key == "finance"}
        for key, held in roles.items()
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "role": documents})
    with runtime.reading(SYSTEM) as work:
        return work.app("shop")


def found(as_user: AsUser, query: str = "", user: str = "root") -> list[dict[str, Any]]:
    answer = as_user(user).get(f"/log?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.fixture
def customer(shop: CompiledApp, as_user: AsUser) -> str:
    made = as_user("li").post(f"{FORMS}/customer/records", json={"name": "鼎盛商贸", "phone": "13812345678"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_save_says_who_what_when_and_from_where(as_user: AsUser, customer: str) -> None:
    as_user("li").patch(f"{FORMS}/customer/records/{customer}", json={"level": "a"})
    newest, first = found(as_user, f"record={customer}")
    assert (newest["kind"], newest["action"], newest["actor"], newest["source"]) == (
        "change",
        "update",
        "li",
        "api",
    )
    assert newest["changes"]["level"] == ["c", "a"]
    assert newest["request_id"]
    assert newest["address"] == "testclient"
    assert newest["at"] == "2026-03-02T02:00:00Z"
    assert first["action"] == "create"
    assert first["changes"]["name"] == [None, "鼎盛商贸"]


def test_publishing_and_drafting_are_in_the_log(as_user: AsUser, shop: CompiledApp) -> None:
    document = {"key": "north", "label": {"zh": "北", "en": "North"}, "grants": []}
    assert as_user("root").put("/apps/shop/draft/role/north", json=document).status_code < 300
    assert as_user("root").post("/apps/shop/draft:publish", json={"note": "roles"}).status_code == 200
    told = [
        (each["action"], each["subject"], each["actor"]) for each in found(as_user, "kind=operation&app=shop")
    ]
    assert told[:2] == [("published", "shop", "root"), ("draft_changed", "role/north", "root")]
    assert found(as_user, "action=published")[0]["details"]["version"] == 2


def test_both_kinds_come_in_one_order_page_by_page(
    as_user: AsUser, runtime: Runtime, clock: FixedClock, customer: str
) -> None:
    for number in range(6):
        clock.advance(minutes=1)
        as_user("li").patch(f"{FORMS}/customer/records/{customer}", json={"credit": str(number + 1)})
        clock.advance(minutes=1)
        as_user("root").put(f"/apps/shop/draft/role/r{number}", json={"key": f"r{number}"})
        if number == 2:
            Sealer(runtime).run_once(all_rows=True)
    root = as_user("root")  # who logs in adds a row
    whole = root.get("/log?limit=500").json()["items"]
    moments = [each["at"] for each in whole]
    assert moments == sorted(moments, reverse=True)
    paged, after = [], ""
    for _ in range(100):
        page = root.get(f"/log?limit=4{after}").json()
        paged += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [(each["kind"], each["id"]) for each in paged] == [(each["kind"], each["id"]) for each in whole]


def test_it_is_found_by_time(as_user: AsUser, clock: FixedClock, customer: str, runtime: Runtime) -> None:
    clock.advance(hours=2)
    as_user("li").patch(f"{FORMS}/customer/records/{customer}", json={"level": "b"})
    for _ in range(2):  # waiting for its seal, and sealed
        late = found(as_user, "from=2026-03-02T03:00:00Z&kind=change")
        assert [each["action"] for each in late] == ["update"]
        early = found(as_user, "to=2026-03-02T11:00:00%2B08:00&kind=change")
        assert [each["action"] for each in early] == ["create"]
        Sealer(runtime).run_once(all_rows=True)


@pytest.mark.parametrize("sealed", [False, True])
def test_it_is_found_by_actor_form_action_and_text(
    as_user: AsUser, runtime: Runtime, customer: str, sealed: bool
) -> None:
    as_user("root").patch(f"{FORMS}/customer/records/{customer}", json={"tags": ["x"]})
    if sealed:
        Sealer(runtime).run_once(all_rows=True)
    assert [each["action"] for each in found(as_user, "actor=li&form=customer")] == ["create"]
    assert [each["actor"] for each in found(as_user, "form=customer&action=update")] == ["root"]
    assert [each["action"] for each in found(as_user, "text=鼎盛")] == ["create"]
    assert found(as_user, "text=100%25") == []
    assert found(as_user, "actor=nobody") == []
    assert found(as_user, "app=other") == []


def test_a_bounded_search_says_where_to_go_on(
    as_user: AsUser, runtime: Runtime, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.changes.seal.BLOCK_ROWS", 1)
    monkeypatch.setattr("engine.changes.search.MOST_BLOCKS", 2)
    for number in range(5):
        as_user("li").patch(f"{FORMS}/customer/records/{customer}", json={"credit": str(number + 1)})
    Sealer(runtime).run_once(all_rows=True)
    hits, after, pages = [], "", 0
    while True:
        page = as_user("root").get(f"/log?text=鼎盛&kind=change{after}").json()
        hits += page["items"]
        pages += 1
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [each["action"] for each in hits] == ["create"]
    assert pages == 3


def test_prints_and_exports_are_in_the_log(as_user: AsUser, customer: str) -> None:
    begun = as_user("li").post(f"{FORMS}/customer/exports", json={"format": "csv"})
    assert begun.status_code == 202, begun.text
    (told,) = found(as_user, "action=export_begun&form=customer")
    assert (told["actor"], told["details"]["options"]["format"]) == ("li", "csv")


def test_only_administrators_and_auditors_read_it(as_user: AsUser, shop: CompiledApp) -> None:
    assert as_user("li").get("/log").status_code == 403
    assert as_user("li").get("/log?app=shop").status_code == 403
    assert as_user("qian").get("/log").status_code == 200
    assert as_user("qian").get("/log?app=other").status_code == 403


def test_an_auditor_sees_his_app_and_the_values_his_grants_show(as_user: AsUser, customer: str) -> None:
    as_user("root").post(f"{FORMS}/product/records", json={"sku": "p1", "price": "5"})
    told = found(as_user, "", "qian")
    assert {each["app"] for each in told} == {"shop"}
    (save,) = [each for each in told if each.get("record") == customer]
    assert save["changes"]["name"] == [None, "鼎盛商贸"]
    assert "phone" not in save["changes"]
    assert "phone" not in save["fields"]
    (product,) = [each for each in told if each.get("form") == "product"]
    assert product["changes"] == {}
    assert "p1" not in str(product)


def test_a_hidden_value_cannot_be_guessed_by_searching(as_user: AsUser, customer: str) -> None:
    assert [each["record"] for each in found(as_user, "text=13812345678")] == [customer]
    assert found(as_user, "text=13812345678", "qian") == []
    assert [each["record"] for each in found(as_user, "text=鼎盛", "qian")] == [customer]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("kind=nothing", "invalid_parameter"),
        ("from=yesterday", "invalid_parameter"),
        ("limit=0", "invalid"),
        ("after=xyz", "bad_log_position"),
        ("colour=red", "unknown_parameter"),
    ],
)
def test_a_wrong_question_is_refused(as_user: AsUser, shop: CompiledApp, query: str, code: str) -> None:
    answer = as_user("root").get(f"/log?{query}")
    assert answer.status_code == 422
    assert code in answer.text


def test_no_address_changes_the_log(as_user: AsUser, shop: CompiledApp) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert as_user("root").client.request(method, "/api/v1/log").status_code in {401, 405}


def test_comments_are_in_the_log_without_their_text(as_user: AsUser, customer: str) -> None:
    made = as_user("li").post(f"{FORMS}/customer/records/{customer}/comments", json={"body": "悄悄话"})
    assert made.status_code == 201, made.text
    (told,) = found(as_user, "action=comment_added")
    assert (told["actor"], told["subject"], told["details"]["record"]) == ("li", "customer", customer)
    assert found(as_user, "text=悄悄话") == []


def test_not_even_the_next_page_tells_that_a_hidden_value_was_found(as_user: AsUser, customer: str) -> None:
    record = f"{FORMS}/customer/records/{customer}"
    for change in ({"phone": "13912345678"}, {"name": "鼎盛"}):
        assert as_user("li").patch(record, json=change).status_code == 200
    right, wrong = (
        as_user("qian").get(f"/log?record={customer}&kind=change&limit=1&text={guess}").json()
        for guess in ("13912345678", "13700000000")
    )
    assert right == wrong == {"items": [], "next": None}


def test_an_auditor_finds_words_page_by_page(as_user: AsUser, customer: str) -> None:
    record = f"{FORMS}/customer/records/{customer}"
    for level in ("a", "b", "a"):
        as_user("li").patch(record, json={"level": level})
    seen, after = [], ""
    while after is not None:
        page = as_user("qian").get(f"/log?record={customer}&limit=1&text=鼎盛{after}").json()
        seen += [each["action"] for each in page["items"]]
        after = f"&after={page['next']}" if page["next"] else None
    assert seen == ["create"]


def role(key: str, *grants: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "label": {"zh": key, "en": key}, "grants": list(grants), **more}


def publish_roles(runtime: Runtime, *roles: dict[str, Any], **forms: Any) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        app = {**SHOP, "form": {**SHOP["form"], **forms}, "role": {each["key"]: each for each in roles}}
        publish(work, app)


SALES = role("sales_rep", {"form": "*", "actions": ["*"]})
DENIED = {"form": "customer", "actions": ["view"], "where": 'level = "a"', "deny": True}
NAMELESS = {
    "form": "customer",
    "actions": ["view"],
    "where": 'level = "b"',
    "fields": {"hidden": ["name"]},
    "deny": True,
}


def values(as_user: AsUser, query: str, user: str = "qian") -> list[tuple[str, dict[str, Any]]]:
    return [(each["record"], each["changes"]) for each in found(as_user, f"kind=change&{query}", user)]


def test_of_records_that_a_deny_takes_away_an_auditor_learns_no_value(
    as_user: AsUser, runtime: Runtime, customer: str
) -> None:
    publish_roles(runtime, SALES, role("finance", {"form": "*", "actions": ["*"]}, DENIED, audits=True))
    assert dict(values(as_user, f"record={customer}"))[customer]["name"] == [None, "鼎盛商贸"]
    as_user("li").patch(f"{FORMS}/customer/records/{customer}", json={"level": "a"})
    assert values(as_user, f"record={customer}") == [(customer, {}), (customer, {})]
    told = found(as_user, f"record={customer}", "qian")
    assert [each["fields"] for each in told] == [[], []]
    assert found(as_user, "text=鼎盛", "qian") == []
    as_user("li").delete(f"{FORMS}/customer/records/{customer}")
    assert {str(changes) for _, changes in values(as_user, f"record={customer}")} == {"{}"}


def test_values_follow_the_rows_and_fields_of_the_grants_together(
    as_user: AsUser, runtime: Runtime, customer: str
) -> None:
    """A field is shown where one single grant has the record and shows it, and no deny takes it."""
    east = {"form": "customer", "actions": ["view"], "where": 'level = "c"', "fields": {"read": ["level"]}}
    publish_roles(runtime, SALES, role("finance", east, audits=True))
    assert dict(values(as_user, f"record={customer}"))[customer] == {"level": [None, "c"]}
    publish_roles(runtime, SALES, role("finance", {"form": "*", "actions": ["*"]}, NAMELESS, audits=True))
    as_user("li").patch(f"{FORMS}/customer/records/{customer}", json={"level": "b"})
    newest, first = values(as_user, f"record={customer}")
    assert newest[1]["level"] == ["c", "b"]
    assert "name" not in first[1]


def test_a_field_hidden_under_its_new_name_stays_hidden_in_old_rows(
    as_user: AsUser, runtime: Runtime, customer: str
) -> None:
    form = copy.deepcopy(SHOP["form"]["customer"])
    phone = next(each for each in form["fields"] if each["key"] == "phone")
    phone |= {"key": "mobile", "renamed_from": "phone"}
    grant = {"form": "*", "actions": ["*"]}
    hidden = {"form": "customer", "actions": ["view"], "fields": {"hidden": ["mobile"]}, "deny": True}
    publish_roles(runtime, SALES, role("finance", grant, hidden, audits=True), customer=form)
    assert "13812345678" not in str(found(as_user, f"record={customer}", "qian"))
    publish_roles(runtime, SALES, role("finance", grant, audits=True), customer=form)
    (told,) = values(as_user, f"record={customer}")
    assert told[1]["mobile"] == [None, "+8613812345678"]
