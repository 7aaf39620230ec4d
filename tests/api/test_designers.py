"""Who may change the definitions of which app."""

from __future__ import annotations

import pytest

from tests.forms.shop import field, name, publish_shop

CONTEXT = {"kind": "role", "place": "row_condition", "form": "customer"}
TOOL = {"key": "tool", "label": name("tool"), "fields": [field("name", "text")]}


@pytest.fixture
def li(runtime, people, as_user):
    publish_shop(runtime)
    done = as_user("root").put("/apps/shop/designers", {"users": ["li"]})
    assert [each["user"] for each in done.json()["items"]] == ["li"]
    return as_user("li")


def test_a_designer_drafts_checks_and_publishes_their_app(li):
    assert li.put("/apps/shop/draft/form/tool", TOOL).status_code == 200
    assert li.post("/apps/shop/draft:check").json()["ok"] is True
    assert li.post("/apps/shop/draft:publish", {}).status_code == 200
    assert li.get("/apps/shop/versions").json()["items"][0]["version"] == 2
    asked = {"expression": "credit > 1", "context": CONTEXT}
    assert li.post("/apps/shop/draft/expressions:check", asked).json()["ok"] is True


def test_a_designer_of_one_app_is_none_of_another_and_no_administrator(li):
    attempts = [
        li.put("/apps/moon/draft/form/tool", TOOL),
        li.get("/apps/moon/draft"),
        li.put("/apps/shop/designers", {"users": ["li", "sun"]}),
        li.post("/users", {"id": "x", "name": name("x")}),
        li.get("/jobs"),
        li.post(
            "/apps/shop/draft/expressions:evaluate",
            {"expression": "credit > 1", "context": CONTEXT, "record": {}},
        ),
    ]
    assert [answer.status_code for answer in attempts] == [403] * 6


def test_designing_gives_no_right_on_records(li):
    assert li.get("/apps/shop/forms/customer/records").status_code == 403


def test_the_right_is_taken_back(li, as_user):
    as_user("root").put("/apps/shop/designers", {"users": []})
    refused = li.get("/apps/shop/draft")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_designer")


def test_unknown_people_are_refused(as_user, runtime, people):
    publish_shop(runtime)
    answer = as_user("root").put("/apps/shop/designers", {"users": ["li", "moon"]})
    assert answer.json()["errors"][0]["pointer"] == "/users/1"


def test_others_see_no_draft(as_user, li):
    for method, path in [
        ("GET", "/apps/shop/draft"),
        ("GET", "/apps/shop/designers"),
        ("POST", "/apps/shop/draft:plan"),
    ]:
        assert as_user("sun").request(method, path).status_code == 403


def test_a_designer_is_not_shown_the_values_that_a_draft_would_remove(li, as_user):
    root = as_user("root")
    root.post("/apps/shop/forms/customer/records", {"name": "鼎盛", "phone": "13812345678"})
    form = li.get("/apps/shop/documents/form/customer").json()
    form["fields"] = [each for each in form["fields"] if each["key"] != "phone"]
    assert li.put("/apps/shop/draft/form/customer", form).status_code == 200
    asked = {"of": "/forms/customer/fields/phone"}
    shown = root.get("/apps/shop/draft/values", params=asked).json()["items"]
    assert [each["value"] for each in shown] == ["+8613812345678"]
    assert li.get("/apps/shop/draft/values", params=asked).status_code == 403
    wish = {"approve": ["/forms/customer/fields/phone"]}
    assert li.post("/apps/shop/draft:publish", wish).status_code == 200
    [parked] = li.get("/apps/shop/parked").json()["items"]
    assert root.get(f"/apps/shop/parked/{parked['id']}/values").json()["items"][0]["value"]
    assert li.get(f"/apps/shop/parked/{parked['id']}/values").status_code == 403
