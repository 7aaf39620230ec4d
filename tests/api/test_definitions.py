"""The designer's API: draft, check, plan, publish, versions."""

from __future__ import annotations

import pytest

APP = {"key": "shop", "label": {"zh": "小店", "en": "Shop"}}
NOTE = {
    "key": "note",
    "label": {"zh": "便签", "en": "Note"},
    "title": "text",
    "fields": [
        {"key": "text", "type": "text", "label": {"zh": "内容", "en": "Text"}, "required": True},
        {"key": "amount", "type": "money", "label": {"zh": "金额", "en": "Amount"}},
    ],
}


@pytest.fixture
def root(as_user, people):
    return as_user("root")


@pytest.fixture
def drafted(root):
    root.put("/apps/shop/draft/app/shop", APP)
    root.put("/apps/shop/draft/form/note", NOTE)
    return root


@pytest.fixture
def published(drafted):
    assert drafted.post("/apps/shop/draft:publish", {"note": "first"}).status_code == 200
    return drafted


def test_draft_is_checked_planned_and_published(drafted):
    checked = drafted.post("/apps/shop/draft:check").json()
    assert checked["ok"], checked["findings"]
    planned = drafted.post("/apps/shop/draft:plan").json()
    assert (planned["ok"], planned["version"]) == (True, 1)
    assert all(step["risk"] == "safe" for step in planned["steps"])
    assert drafted.get("/apps/shop").status_code == 404
    done = drafted.post("/apps/shop/draft:publish", {"note": "first"}).json()
    assert (done["version"], done["changed"]) == (1, True)
    assert drafted.get("/apps/shop").json()["version"] == 1
    assert drafted.get("/apps/shop/draft").json()["items"] == []


def test_publishing_the_same_again_changes_nothing(published):
    published.put("/apps/shop/draft/form/note", NOTE)
    done = published.post("/apps/shop/draft:publish").json()
    assert (done["version"], done["changed"]) == (1, False)


def test_findings_point_into_the_document_and_block(drafted):
    broken = {**NOTE, "validations": [{"code": "x", "expr": "amout > 0", "message": {"zh": "x", "en": "x"}}]}
    drafted.put("/apps/shop/draft/form/note", broken)
    checked = drafted.post("/apps/shop/draft:check").json()
    assert not checked["ok"]
    assert checked["findings"][0]["pointer"].startswith("/forms/note/validations/0")
    refused = drafted.post("/apps/shop/draft:publish")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith("/forms/note/validations/0")
    assert drafted.get("/apps/shop").status_code == 404


def test_folder_names_work_like_kinds(drafted):
    assert drafted.get("/apps/shop/draft/forms/note").json() == NOTE
    unknown = drafted.get("/apps/shop/draft/colour/note")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "kind_not_found")


def test_draft_can_be_discarded_and_documents_removed(published):
    published.put("/apps/shop/draft/form/memo", {**NOTE, "key": "memo"})
    assert len(published.get("/apps/shop/draft").json()["items"]) == 1
    assert published.post("/apps/shop/draft:discard").status_code == 204
    assert published.get("/apps/shop/draft/form/memo").status_code == 404
    assert published.delete("/apps/shop/draft/form/note").status_code == 204
    assert published.get("/apps/shop/draft/form/note").status_code == 404
    assert published.get("/apps/shop/documents/form/note").json() == NOTE


def test_versions_are_listed_and_restored(published):
    memo = {**NOTE, "key": "memo"}
    published.put("/apps/shop/draft/form/memo", memo)
    published.post("/apps/shop/draft:publish", {"note": "second"})
    listed = published.get("/apps/shop/versions").json()["items"]
    assert [(each["version"], each["note"]) for each in listed] == [(2, "second"), (1, "first")]
    assert listed[0]["published_by"] == "root"
    assert published.post("/apps/shop/versions/9:restore").status_code == 404


@pytest.mark.parametrize("key", ["Note", "1note", "no-te", "x" * 41])
def test_bad_keys_are_refused(root, key):
    refused = root.put(f"/apps/shop/draft/form/{key}", NOTE)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "invalid_key")


def test_only_administrators_design(as_user, published):
    li = as_user("li")
    attempts = [
        li.get("/apps/shop/documents"),
        li.get("/apps/shop/draft"),
        li.put("/apps/shop/draft/form/note", NOTE),
        li.delete("/apps/shop/draft/form/note"),
        li.post("/apps/shop/draft:check"),
        li.post("/apps/shop/draft:publish"),
        li.post("/apps/shop/draft:discard"),
        li.get("/apps/shop/versions"),
        li.post("/apps/shop/versions/1:restore"),
    ]
    assert {answer.status_code for answer in attempts} == {403}
    assert li.get("/apps").json()["items"][0]["key"] == "shop"


@pytest.mark.database("sqlite")
def test_schema_of_every_kind_is_given(root):
    kinds = root.get("/designer/schemas").json()["items"]
    assert {"app", "form"} <= set(kinds)
    for kind in kinds:
        assert root.get(f"/designer/schemas/{kind}").json()["type"] == "object"
    assert root.get("/designer/schemas/colour").status_code == 404


def test_a_child_table_and_a_form_that_would_share_a_table_each_have_their_own(people, as_user):
    root, label = as_user("root"), {"zh": "x", "en": "x"}
    inner = {"key": "x", "type": "text", "label": label}
    lines = {"key": "lines", "type": "subtable", "label": label, "fields": [inner]}
    root.put("/apps/yard/draft/app/yard", {"key": "yard", "label": label})
    for key, fields in (("b", [inner, lines]), ("b__lines", [inner])):
        form = {"key": key, "label": label, "title": "x", "fields": fields}
        assert root.put(f"/apps/yard/draft/form/{key}", form).status_code == 200
    assert root.post("/apps/yard/draft:publish", {}).status_code == 200
    made = root.post("/apps/yard/forms/b/records", {"x": "a", "lines": [{"x": "inner"}]})
    assert made.status_code == 201, made.text
    assert root.get("/apps/yard/forms/b__lines/records").json()["items"] == []
