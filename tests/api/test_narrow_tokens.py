"""A token with narrower rights is narrower on every path."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from api.boot import metadata
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from tests.forms.shop import REP, SHOP, field, name
from tests.support.client import SignedIn
from tests.support.prepared import prepared_by

CUSTOMERS = "/apps/shop/forms/customer/records"
SALES = "/apps/shop/forms/sale/records"
OTHER = {
    "app": {"yard": {"key": "yard", "label": name("yard")}},
    "form": {"tool": {"key": "tool", "label": name("tool"), "fields": [field("name", "text")]}},
}
CLERK = {"key": "clerk", "label": name("clerk"), "grants": [{"form": "product", "actions": ["*"]}]}
KEEPER = {
    "key": "keeper",
    "label": name("keeper"),
    "grants": [{"form": "product", "actions": ["view"], "deny": True, "fields": {"hidden": ["cost"]}}],
}


def publish_both(runtime):
    roles = {"sales_rep": {**REP, "key": "sales_rep"}, "clerk": CLERK, "keeper": KEEPER}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "role": roles})
        publish(work, OTHER)


@pytest.fixture
@prepared_by(publish_both)
def root(people, as_user):
    return as_user("root")


@pytest.fixture
def stock(root):
    """One customer, product and sale; their ids."""
    made = {}
    made["customer"] = root.post(CUSTOMERS, {"name": "a", "owner": "li", "secret": "s"}).json()["id"]
    product = root.post("/apps/shop/forms/product/records", {"sku": "p", "price": "2", "cost": "1"})
    made["product"] = product.json()["id"]
    lines = [{"product": made["product"], "qty": "1"}]
    made["sale"] = root.post(SALES, {"customer": made["customer"], "lines": lines}).json()["id"]
    return made


def token(user, **narrow):
    made = user.post("/auth/tokens", {"label": "t", **narrow})
    assert made.status_code == 201, made.text
    return SignedIn(user.client, user.user, made.json()["token"])


def routes(client, *wanted):
    """(method, path) of every described route whose address has all of these parts."""
    paths = client.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if all(part in path for part in wanted) and "/public/" not in path
    ]


def at(path, **known):
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found.group(1), "x"), path)


@pytest.mark.parametrize("who", ["root", "li"])
def test_no_route_of_another_form_answers_a_token_made_for_one(client, as_user, root, stock, who):
    narrow = token(as_user(who), forms={"shop": {"customer": ["*"]}})
    assert narrow.get(f"{CUSTOMERS}/{stock['customer']}").json()["name"] == "a"
    of_form = routes(client, "{app}", "{form}")
    assert len(of_form) > 30
    for method, path in of_form:
        address = at(path, app="shop", form="sale", record=stock["sale"])
        answer = narrow.request(method, address, json=None if method in {"GET", "HEAD"} else {})
        told = answer.status_code < 400 and answer.json().get("items") != []
        assert not told, (method, address, answer.text)
        assert answer.status_code < 500, (method, address, answer.text)
        assert stock["product"] not in answer.text


@pytest.mark.parametrize("who", ["root", "li"])
def test_no_route_of_another_app_answers_a_token_made_for_one(client, as_user, root, stock, who):
    narrow = token(as_user(who), apps=["yard"])
    assert [each["key"] for each in narrow.get("/apps").json()["items"]] == ["yard"]
    for method, path in routes(client, "{app}"):
        address = at(
            path, app="shop", form="sale", record=stock["sale"], key="sale", kind="form", version="1"
        )
        answer = narrow.request(method, address, json=None if method in {"GET", "HEAD"} else {})
        told = answer.status_code < 400 and answer.json().get("items") != []
        assert not told, (method, address, answer.text)
        assert answer.status_code < 500, (method, address, answer.text)


def test_token_for_certain_forms_administers_nothing(client, root):
    narrow = token(root, forms={"shop": {"*": ["*"]}})
    assert narrow.get("/auth/me").json()["is_admin"] is False
    attempts = [
        narrow.post("/users", {"id": "x", "name": name("x")}),
        narrow.get("/organisation"),
        narrow.get("/jobs"),
        narrow.get("/events"),
        narrow.get("/apps/shop/draft"),
        narrow.get("/apps/shop/documents"),
        narrow.get("/users/li/tokens"),
        narrow.get("/users/li/belongings"),
        narrow.get("/notifications"),
        narrow.put("/apps/shop/designers", {"users": ["root"]}),
    ]
    assert {answer.status_code for answer in attempts} == {403}


def test_actions_that_are_not_named_are_forbidden(root, stock):
    narrow = token(root, forms={"shop": {"customer": ["view", "update"]}})
    there = f"{CUSTOMERS}/{stock['customer']}"
    assert narrow.get(CUSTOMERS).json()["items"][0]["name"] == "a"
    assert narrow.patch(there, {"level": "a"}).status_code == 200
    assert narrow.delete(there).status_code == 403
    assert narrow.post(CUSTOMERS, {"name": "b"}).status_code == 403
    assert narrow.get(f"{there}/history").status_code == 403
    assert narrow.post("/apps/shop/forms/customer/exports", {}).status_code == 403


def test_joined_records_of_other_forms_stay_hidden(root, stock):
    narrow = token(root, forms={"shop": {"sale": ["view"]}})
    sale = narrow.get(f"{SALES}/{stock['sale']}").json()
    assert sale["total"] == "2.00"  # a value of the sale itself
    named = narrow.get(SALES, params={"fields": "no,customer.name"})
    assert named.status_code == 422 or "a" not in str(named.json()["items"][0].get("customer"))
    assert narrow.get(SALES, params={"filter": 'customer.name = "a"'}).status_code == 422


def counts(runtime):
    """How many rows every table of the platform and the app has."""
    with runtime.reading(SYSTEM) as work:
        names = [each for each in metadata().tables if each != "ff_token_use"] + [
            "shop_customer",
            "shop_sale",
        ]
        return {each: work.connection.scalar(sa.text(f'SELECT count(*) FROM "{each}"')) for each in names}


def test_read_only_token_changes_nothing_on_any_route(client, runtime, root, stock):
    narrow = token(root, read_only=True)
    before = counts(runtime)
    known = {"app": "shop", "form": "customer", "record": stock["customer"], "user": "li", "kind": "form"}
    refused = 0
    for method, path in routes(client):
        if method == "GET" or path.endswith(("/auth/login", "/auth/logout")) or "password:" in path:
            continue
        answer = narrow.request(method, at(path, **known, key="customer"), json={})
        refused += answer.status_code == 403
        assert answer.status_code < 500 or answer.status_code == 501, (method, path, answer.text)
    assert refused > 20
    assert counts(runtime) == before
    assert (
        narrow.patch(f"{CUSTOMERS}/{stock['customer']}", {"level": "a"}).json()["code"] == "read_only_token"
    )
    assert narrow.post(f"{CUSTOMERS}:query", {}).json()["items"][0]["level"] == "c"


def test_token_carries_only_the_roles_it_names(as_user, root, stock):
    root.patch("/users/li", {"roles": ["sales_rep", "clerk"]})
    li = as_user("li")
    narrow = token(li, roles=["clerk"])
    assert li.get(f"{CUSTOMERS}/{stock['customer']}").status_code == 200
    assert narrow.get(f"{CUSTOMERS}/{stock['customer']}").status_code == 404
    assert narrow.get(CUSTOMERS).status_code == 403
    assert narrow.get("/auth/me").json()["roles"] == ["clerk"]
    root.patch("/users/li", {"roles": ["sales_rep"]})
    assert narrow.get(f"/apps/shop/forms/product/records/{stock['product']}").status_code in {403, 404}


def test_what_a_role_denies_stays_denied_for_a_token_without_it(as_user, root, stock):
    root.patch("/users/li", {"roles": ["keeper", "clerk"]})
    there = f"/apps/shop/forms/product/records/{stock['product']}"
    li = as_user("li")
    assert "cost" not in li.get(there).json()
    assert li.get(there).json()["price"] == "2.00"
    assert "cost" not in token(li, roles=["clerk"]).get(there).json()


def test_admin_without_the_role_is_no_admin(root):
    narrow = token(root, roles=[])
    assert narrow.get("/auth/me").json()["is_admin"] is False
    assert narrow.get("/organisation").status_code == 403
    assert narrow.get(CUSTOMERS).status_code == 403


def test_token_does_not_give_itself_more(root):
    for narrow in (
        token(root),
        token(root, read_only=True),
        token(root, forms={"shop": {"customer": ["view"]}}),
    ):
        attempts = [
            narrow.post("/auth/tokens", {"label": "wider"}),
            narrow.get("/auth/tokens"),
            narrow.get("/auth/sessions"),
            narrow.post("/auth/sessions:end_others"),
            narrow.post("/auth/password", {"current": "x", "new": "another horse"}),
        ]
        assert {answer.json()["code"] for answer in attempts} <= {"narrow_token", "read_only_token"}


def test_token_works_from_its_networks_only(client, root, stock):
    other = token(root, addresses=["203.0.113.0/24", "2001:db8::/48"])
    assert other.get("/auth/me").json()["code"] == "wrong_address"
    from starlette.testclient import TestClient

    for peer, status in [("203.0.113.9", 200), ("203.0.114.9", 403), ("2001:db8::5", 200), ("::1", 403)]:
        there = TestClient(client.app, client=(peer, 1), raise_server_exceptions=False)
        assert SignedIn(there, "root", other.token).get(CUSTOMERS).status_code == status


@pytest.mark.parametrize(
    ("narrow", "pointer"),
    [
        ({"roles": ["ceo"]}, "/roles/0"),
        ({"apps": ["shpo"]}, "/apps/0"),
        ({"forms": {"shop": {"custmer": ["view"]}}}, "/forms/shop/custmer"),
        ({"forms": {"shop": {"customer": ["see"]}}}, "/forms/shop/customer/0"),
        ({"forms": {"moon": {}}}, "/forms/moon"),
        ({"addresses": ["10.0.0.0/99"]}, "/addresses/0"),
        ({"read_only": "yes"}, "/read_only"),
        ({"color": "red"}, "/color"),
    ],
)
def test_wrong_narrowing_is_refused_with_its_place(root, narrow, pointer):
    answer = root.post("/auth/tokens", {"label": "t", **narrow})
    assert answer.status_code == 422
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


def test_export_runs_with_the_rights_of_the_token_that_asked(runtime, as_user, root, stock):
    li = as_user("li")
    root.patch("/users/li", {"roles": ["sales_rep", "clerk"]})
    asked = token(li, roles=["clerk"], forms={"shop": {"product": ["*"]}}).post(
        "/apps/shop/forms/product/exports", {"format": "csv"}
    )
    assert asked.status_code == 202, asked.text
    root.patch("/users/li", {"roles": ["sales_rep"]})  # what the token carried is gone meanwhile
    Worker(runtime).run_due()
    state = li.get(f"/apps/shop/forms/product/exports/{asked.json()['id']}").json()["state"]
    assert state in {"waiting", "failed", "running"}  # the rep alone may read products


def test_export_of_the_owner_is_not_for_a_narrower_token(runtime, root, stock):
    made = root.post("/apps/shop/forms/customer/exports", {"format": "csv"}).json()["id"]
    Worker(runtime).run_due()
    there = f"/apps/shop/forms/customer/exports/{made}"
    assert root.get(f"{there}/file").status_code == 200
    narrow = token(root, forms={"shop": {"customer": ["*"]}})
    assert narrow.get(there).status_code == 404
    assert narrow.get(f"{there}/file").status_code == 404
    assert narrow.get("/apps/shop/forms/customer/exports").json()["items"] == []


def test_kept_answer_of_the_owner_is_not_for_a_narrower_token(root, stock):
    body, key = {"level": "a"}, {"Idempotency-Key": "k1"}
    there = f"{CUSTOMERS}/{stock['customer']}"
    assert root.patch(there, body, headers=key).status_code == 200
    narrow = token(root, forms={"shop": {"customer": ["view", "update"]}})
    assert narrow.patch(there, body, headers=key).status_code == 409


def test_a_token_with_fewer_roles_comes_no_further_than_its_owner(runtime, people, as_user, root, stock):
    """What a condition says of roles, it says of the person: neither a grant nor a deny turns on the token."""
    trainee = {"key": "trainee", "label": name("trainee"), "grants": []}
    where = {
        "not_held": 'not HASROLE("trainee")',
        "not_among": 'not ("trainee" in $my_roles)',
        "no_reach": 'not HASROLE("everybody")',
    }
    roles = {
        key: {
            "key": key,
            "label": name(key),
            "grants": [{"form": "customer", "actions": ["view"], "where": said}],
        }
        for key, said in where.items()
    }
    everybody = {"key": "everybody", "label": name("everybody"), "granted_to": {"everyone": True}}
    denied = {"form": "product", "actions": ["view"], "where": 'HASROLE("trainee")', "deny": True}
    keeper = {**KEEPER, "grants": [denied]}
    made = {**roles, "trainee": trainee, "everybody": everybody, "clerk": CLERK, "keeper": keeper}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "role": made})
    root.patch("/users/li", {"roles": [*where, "trainee", "clerk", "keeper"]})
    li = as_user("li")
    products = "/apps/shop/forms/product/records"
    assert (li.get(CUSTOMERS).json()["items"], li.get(products).json()["items"]) == ([], [])
    for role in where:
        narrow = token(li, roles=[role])
        assert narrow.get(CUSTOMERS).json()["items"] == [], role
        assert narrow.get(f"{CUSTOMERS}/{stock['customer']}").status_code == 404, role
    assert token(li, roles=["clerk"]).get(products).json()["items"] == []
    assert token(li, roles=["clerk", "keeper"]).get(products).json()["items"] == []


def test_a_condition_on_a_role_that_the_token_leaves_out_still_holds(runtime, people, as_user, root, stock):
    grant = {"form": "customer", "actions": ["view"], "where": 'HASROLE("rep")'}
    made = {
        "clerk": {**CLERK, "grants": [grant]},
        "rep": {"key": "rep", "label": name("rep"), "grants": [{"form": "sale", "actions": ["view"]}]},
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "role": made})
    root.patch("/users/li", {"roles": ["clerk", "rep"]})
    narrow = token(as_user("li"), roles=["clerk"])
    assert [each["name"] for each in narrow.get(CUSTOMERS).json()["items"]] == ["a"]
    assert narrow.get(SALES).status_code == 403  # the grants of `rep` are not there


def errands(runtime):
    with runtime.reading(SYSTEM) as work:
        return work.row("SELECT count(*) FROM ff_errand")[0]


def test_how_a_link_was_narrowed_is_forgotten_when_it_is_closed(runtime, root, stock):
    narrow = token(root, forms={"shop": {"customer": ["create", "share"]}})
    there = "/apps/shop/forms/customer/links"
    made = narrow.post(there, {"label": "x", "fields": ["name"]})
    assert (made.status_code, errands(runtime)) == (201, 1), made.text
    assert narrow.delete(f"{there}/{made.json()['id']}").status_code == 204
    assert errands(runtime) == 0


def test_how_an_upload_was_narrowed_is_forgotten_with_its_file(runtime, root, stock):
    narrow = token(root, forms={"shop": {"customer": ["create"]}})
    sent = narrow.request("POST", "/uploads", params={"name": "a.txt"}, content=b"abc")
    assert (sent.status_code, errands(runtime)) == (201, 1), sent.text
    assert narrow.delete(f"/uploads/{sent.json()['id']}").status_code == 204
    Worker(runtime).run_due()
    assert errands(runtime) == 0
