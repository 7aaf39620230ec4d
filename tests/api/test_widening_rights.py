"""A designer who is no administrator gives nobody more rights, whichever way a version comes about."""

from __future__ import annotations

import copy
import json

import pytest

from engine.definitions.package import pack
from tests.forms.shop import REP, SHOP, field, name, publish_shop

ROLE = "/apps/shop/draft/role/rep"
PUBLISH = "/apps/shop/draft:publish"
FIRST = "/roles/rep/grants/0"


@pytest.fixture
def root(runtime, people, as_user):
    publish_shop(runtime)
    root = as_user("root")
    root.patch("/users/li", {"roles": ["rep"]})
    root.put("/apps/shop/designers", {"users": ["li"]})
    return root


@pytest.fixture
def li(root, as_user):
    """A designer of the shop who holds its role `rep`."""
    return as_user("li")


def wide():
    """The role with all rows and fields of its first grant."""
    role = copy.deepcopy(REP)
    role["grants"][0] = {"form": "customer", "actions": ["view", "create", "update", "delete"]}
    return role


def refused(answer):
    """The places that need an administrator."""
    assert answer.status_code == 422, answer.text
    return [each["pointer"] for each in answer.json()["errors"] if each["code"] == "needs_administrator"]


def archive(app):
    folders = {"form": "forms", "role": "roles"}
    files = {"app.json": app["app"]["shop"]} | {
        f"{folder}/{key}.json": each for kind, folder in folders.items() for key, each in app[kind].items()
    }
    return pack({path: json.dumps(each).encode() for path, each in files.items()})


def test_the_draft_is_refused_until_an_administrator_publishes_it(li, root):
    assert li.put(ROLE, wide()).status_code == 200
    checked = li.post("/apps/shop/draft:check").json()
    assert (checked["ok"], [each["pointer"] for each in checked["findings"]]) == (False, [FIRST])
    planned = li.post("/apps/shop/draft:plan").json()
    [step] = planned["steps"]
    assert (planned["ok"], step["action"], step["risk"], step["pointer"]) == (
        False,
        "widens_rights",
        "warn",
        FIRST,
    )
    assert refused(li.post(PUBLISH, {"approve": [], "note": "mine"})) == [FIRST]
    assert li.get("/apps/shop").json()["version"] == 1
    assert root.post("/apps/shop/draft:plan").json()["ok"] is True
    assert root.post(PUBLISH).json()["version"] == 2


def test_approving_and_forcing_help_nobody(li):
    li.put(ROLE, wide())
    assert refused(li.post(PUBLISH, {"approve": [FIRST]})) == [FIRST]
    answer = li.post(PUBLISH, {"force": ["/roles/rep"]})
    assert answer.status_code == 422


def test_the_holder_sees_no_more_than_before(li, root):
    root.post("/apps/shop/forms/customer/records", {"name": "远山", "level": "a", "credit": "5"})
    li.put(ROLE, wide())
    li.post(PUBLISH)
    assert li.get("/apps/shop/forms/customer/records").json()["items"] == []


def test_a_zip_is_refused_too(li, root):
    app = copy.deepcopy(SHOP)
    app["role"]["rep"] = wide()
    content = archive(app)

    def send(who, path):
        return who.request("POST", path, content=content, headers={"content-type": "application/zip"})

    planned = send(li, "/apps:plan?take_mine=roles/rep").json()
    assert "needs_administrator" in {each["code"] for each in planned["findings"]}
    assert planned["ok"] is False
    assert refused(send(li, "/apps:apply?take_mine=roles/rep")) == [FIRST]
    assert send(root, "/apps:apply?take_mine=roles/rep").json()["version"] == 2


def test_an_old_version_with_more_rights_comes_back_by_an_administrator(li, root):
    root.put(ROLE, wide())
    root.post(PUBLISH)
    assert li.put(ROLE, REP).status_code == 200
    assert li.post(PUBLISH).json()["version"] == 3
    assert refused(li.post("/apps/shop/versions/2:restore")) == [FIRST]
    assert root.post("/apps/shop/versions/2:restore").json()["version"] == 4
    assert li.post("/apps/shop/versions/1:restore").json()["version"] == 5


def test_a_pilot_that_an_administrator_begins_only_an_administrator_gives_to_all(li, root):
    li.put(ROLE, wide())
    assert refused(li.post(PUBLISH, {"pilot": {"users": ["li"]}})) == [FIRST]
    assert root.post(PUBLISH, {"pilot": {"users": ["li"]}}).status_code == 200
    assert refused(li.post("/apps/shop/pilot:promote")) == [FIRST]
    assert root.post("/apps/shop/pilot:promote").json()["version"] == 2


def test_a_designer_ends_a_pilot_that_gave_less(li, root):
    """The group gets back what all others have: that is no more than was ever given."""
    role = copy.deepcopy(REP)
    del role["grants"][0]
    li.put(ROLE, role)
    assert li.post(PUBLISH, {"pilot": {"users": ["wu"]}}).status_code == 200
    assert li.post("/apps/shop/pilot:withdraw").json()["version"] == 3


def test_guided_steps_keep_rights_as_they_are(li):
    steps = [
        {"step": "rename", "of": "/forms/customer/fields/secret", "to": "private"},
        {"step": "rename", "of": "/forms/sale", "to": "deal"},
        {"step": "rename", "of": "/forms/customer/fields/level", "to": "grade"},
    ]
    for step in steps:
        assert li.post("/apps/shop/draft:guide", step).status_code == 200
    done = li.post(PUBLISH)
    assert done.status_code == 200, done.text
    assert "widens_rights" not in {each["action"] for each in done.json()["steps"]}


def without_secret(client):
    form = client.get("/apps/shop/documents/form/customer").json()
    form["fields"] = [each for each in form["fields"] if each["key"] != "secret"]
    role = copy.deepcopy(REP)
    role["grants"][0]["fields"] = {}
    client.put("/apps/shop/draft/form/customer", form)
    client.put(ROLE, role)
    done = client.post(PUBLISH, {"approve": ["/forms/customer/fields/secret"]})
    assert done.status_code == 200, done.text


def test_a_field_that_went_comes_back_to_no_more_people_than_it_had(li, root):
    """Taken away together with the word that hides it, brought back without it."""
    root.post("/apps/shop/forms/customer/records", {"name": "远山", "secret": "s1"})
    without_secret(li)
    [parked] = li.get("/apps/shop/parked").json()["items"]
    assert refused(li.post(f"/apps/shop/parked/{parked['id']}:restore")) == [FIRST]
    form = li.get("/apps/shop/documents/form/customer").json()
    form["fields"].append(field("secret", "text"))
    li.put("/apps/shop/draft/form/customer", form)
    assert refused(li.post(PUBLISH)) == [FIRST]
    li.put(ROLE, REP)
    assert li.post(PUBLISH).status_code == 200


def test_a_form_that_went_comes_back_to_no_more_people_than_it_had(li, root):
    contact = SHOP["form"]["contact"]
    customer = root.post("/apps/shop/forms/customer/records", {"name": "远山"}).json()["id"]
    root.post("/apps/shop/forms/contact/records", {"name": "Anna", "customer": customer})
    li.delete("/apps/shop/draft/form/contact")
    assert li.post(PUBLISH, {"approve": ["/forms/contact"]}).status_code == 200
    role = copy.deepcopy(REP)
    role["grants"].append({"form": "contact", "actions": ["view"]})
    li.put("/apps/shop/draft/form/contact", contact)
    li.put(ROLE, role)
    assert refused(li.post(PUBLISH)) == ["/roles/rep/grants/4"]
    li.put(ROLE, REP)
    assert li.post(PUBLISH).status_code == 200


def test_a_form_of_their_own_a_designer_gives_to_whom_they_like(li):
    tool = {"key": "tool", "label": name("tool"), "fields": [field("name", "text")]}
    crew = {
        "key": "crew",
        "label": name("crew"),
        "granted_to": {"everyone": True},
        "grants": [{"form": "tool", "actions": ["view", "create"]}],
    }
    li.put("/apps/shop/draft/form/tool", tool)
    li.put("/apps/shop/draft/role/crew", crew)
    assert li.post(PUBLISH).status_code == 200
    assert li.post("/apps/shop/forms/tool/records", {"name": "saw"}).status_code == 201


def test_new_apps_are_made_by_administrators_or_whom_they_named_for_them(li, root):
    moon = {"key": "moon", "label": name("moon")}
    assert li.put("/apps/moon/draft/app/moon", moon).status_code == 403
    root.put("/apps/moon/designers", {"users": ["li"]})
    assert li.put("/apps/moon/draft/app/moon", moon).status_code == 200
    rock = {"key": "rock", "label": name("rock"), "fields": [field("name", "text")]}
    li.put("/apps/moon/draft/form/rock", rock)
    everyone = {"key": "all", "label": name("all"), "granted_to": {"everyone": True}}
    li.put("/apps/moon/draft/role/all", everyone | {"grants": [{"form": "rock", "actions": ["*"]}]})
    assert li.post("/apps/moon/draft:publish").json()["version"] == 1


def test_a_designer_neither_covers_less_nor_changes_what_a_rollup_of_a_condition_counts(li, root):
    """Through other documents than the role, which stays as it is."""
    role = copy.deepcopy(REP)
    role["grants"][0] = {
        "form": "customer",
        "actions": ["view"],
        "where": "sales > 0",
        "fields": {"masked": ["phone"]},
    }
    customer, sale = (copy.deepcopy(SHOP["form"][key]) for key in ("customer", "sale"))
    [counted] = [each for each in customer["fields"] if each["key"] == "sales"]
    [phone] = [each for each in customer["fields"] if each["key"] == "phone"]
    [overdue] = [each for each in sale["fields"] if each["key"] == "overdue"]
    counted["where"] = "overdue"
    root.put("/apps/shop/draft/form/customer", customer)
    root.put(ROLE, role)
    assert root.post(PUBLISH).json()["version"] == 2
    phone["mask"] = "######*####"
    li.put("/apps/shop/draft/form/customer", customer)
    assert refused(li.post(PUBLISH)) == [FIRST]
    phone["mask"] = "****"
    li.put("/apps/shop/draft/form/customer", customer)
    assert li.post(PUBLISH).json()["version"] == 3
    overdue["expr"] = "true"
    li.put("/apps/shop/draft/form/sale", sale)
    assert refused(li.post(PUBLISH)) == [FIRST]
