"""S55: a field in use is deleted, by force, restored with its values, and renamed by label alone."""

from __future__ import annotations

import pytest

SHORT = "/forms/customer/fields/short_name"
NAMES = {"zh": "客户简称", "en": "Short names"}
VIEW = {"key": "v3", "label": NAMES, "form": "customer", "columns": ["name", "short_name", "level"]}
REPORT = {
    "key": "q23",
    "label": NAMES,
    "from": "customer",
    "dimensions": [{"id": "short_name", "field": "short_name"}],
    "measures": [{"id": "n", "agg": "count"}],
}
RULE = {
    "key": "r24",
    "label": NAMES,
    "form": "customer",
    "trigger": {"type": "created"},
    "phase": "after",
    "actions": [
        {
            "type": "notify",
            "to": [{"field": "owner"}],
            "channels": ["inbox"],
            "subject": {"zh": "新客户 {{short_name}}", "en": "New customer {{short_name}}"},
            "body": {"zh": "{{name}}（{{short_name}}）", "en": "{{name}} ({{short_name}})"},
        }
    ],
}


@pytest.fixture
def root(crm):
    """180 customers with a short name; a list, a report and a rule use it. No role names it."""
    root = crm.by("root")
    role = root.get("/apps/crm/draft/role/dealer_portal").json()
    for grant in role["grants"]:
        read = grant.get("fields", {}).get("read")
        if isinstance(read, list) and grant["form"] == "customer":
            grant["fields"]["read"] = [key for key in read if key != "short_name"]
    put(root, "role", role)
    for kind, document in (("view", VIEW), ("report", REPORT), ("rule", RULE)):
        put(root, kind, document)
    publish(root)
    region = crm.get("customer", crm.ids["C1"])["region"]
    named = [
        {"name": f"客户 {number:03}", "short_name": f"简{number:03}", "region": region}
        for number in range(180)
    ]
    items = [{"op": "create", "record": record} for record in named]
    answer = root.post("/apps/crm/forms/customer/records:batch", {"items": items})
    assert answer.status_code == 200, answer.text
    return root


def put(root, kind, document):
    answer = root.put(f"/apps/crm/draft/{kind}/{document['key']}", document)
    assert answer.status_code == 200, answer.text


def publish(root, **wish):
    answer = root.post("/apps/crm/draft:publish", wish)
    assert answer.status_code == 200, answer.text
    return answer.json()


def draft_field(root, change):
    form = root.get("/apps/crm/draft/form/customer").json()
    form["fields"] = change(form["fields"])
    put(root, "form", form)


def drop(fields):
    return [each for each in fields if each["key"] != "short_name"]


@pytest.fixture
def forced(root):
    """The field deleted although three documents use it."""
    draft_field(root, drop)
    publish(root, force=[SHORT], approve=[SHORT])
    return root


def codes(answer):
    assert answer.status_code == 422, answer.text
    return {(each["code"], each["pointer"]) for each in answer.json()["errors"]}


def test_deleting_is_blocked_by_the_list_of_its_three_uses(root):
    draft_field(root, drop)
    refused = root.post("/apps/crm/draft:publish")
    assert codes(refused) == {("still_used", SHORT)}
    (finding,) = refused.json()["errors"]
    assert "used in 3 places" in finding["message"]["en"]
    found = root.get("/apps/crm/draft/uses", params={"of": SHORT}).json()["items"]
    assert {(each["kind"], each["key"]) for each in found} == {
        ("view", "v3"),
        ("report", "q23"),
        ("rule", "r24"),
    }


def test_forced_the_field_is_gone_and_its_users_are_off_without_a_crash(crm, forced):
    record = forced.get(f"/apps/crm/forms/customer/records/{crm.ids['C1']}").json()
    assert "short_name" not in record
    listed = forced.get("/apps/crm/views/v3/records", params={"limit": 1})
    assert set(listed.json()["items"][0]) - {"id", "rev", "version"} == {"name", "level"}
    report = forced.post("/apps/crm/reports/q23:run", {})
    assert (report.status_code, report.json()["code"]) == (409, "definition_broken")
    crm.create("root", "customer", name="新客户", region=crm.get("customer", crm.ids["C1"])["region"])
    crm.work()
    broken = {(each["key"], each["whole"]) for each in forced.get("/apps/crm/broken").json()["items"]}
    assert broken == {("v3", False), ("q23", True), ("r24", True)}


def test_restored_the_180_values_are_back_and_everything_works(crm, forced):
    versions = forced.get("/apps/crm/versions").json()["items"]
    restored = forced.post(f"/apps/crm/versions/{versions[1]['version']}:restore")
    assert restored.status_code == 200, restored.text
    rows = forced.post("/apps/crm/reports/q23:run", {}).json()["rows"]
    assert sum(1 for row in rows if (row["short_name"] or "").startswith("简")) == 180
    assert forced.get("/apps/crm/broken").json()["items"] == []


def test_the_key_taken_anew_as_a_number_is_refused(forced):
    number = {"key": "short_name", "type": "int", "label": NAMES}
    draft_field(forced, lambda fields: [*fields, number])
    assert ("key_is_parked", SHORT) in codes(forced.post("/apps/crm/draft:publish"))


def test_another_label_and_another_order_change_no_key_and_no_data(crm, root):
    def relabelled(fields):
        label = {"zh": "常用名", "en": "Common name"}
        changed = [each | ({"label": label} if each["key"] == "short_name" else {}) for each in fields]
        return [*changed[1:], changed[0]]

    before = root.get(f"/apps/crm/forms/customer/records/{crm.ids['C1']}").json()
    draft_field(root, relabelled)
    done = publish(root)
    assert all(step["risk"] == "safe" for step in done["steps"])
    after = root.get(f"/apps/crm/forms/customer/records/{crm.ids['C1']}").json()
    assert after == before
    rows = root.post("/apps/crm/reports/q23:run", {}).json()["rows"]
    assert sum(1 for row in rows if (row["short_name"] or "").startswith("简")) == 180
