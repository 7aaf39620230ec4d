"""The life of a published app: forced removals, what is off, guided steps, versions compared, pilot groups."""

from __future__ import annotations

import pytest

from tests.engine.definitions.clients import documents, field, without_short
from tests.support.applications import signed_in
from tests.support.prepared import prepared_by

SHORT = "/forms/client/fields/short"
RECORDS = "/apps/clients/forms/{}/records"


def put(root, app):
    for kind, objects in app.items():
        for key, document in objects.items():
            answer = root.put(f"/apps/clients/draft/{kind}/{key}", document)
            assert answer.status_code == 200, answer.text


def publish(root, **wish):
    answer = root.post("/apps/clients/draft:publish", wish)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def root(as_user, people):
    return as_user("root")


def publish_clients(runtime):
    with signed_in(runtime, "root") as root:
        put(root, documents())
        publish(root)


@pytest.fixture
@prepared_by(publish_clients)
def published(root):
    return root


@pytest.fixture
def anchor(published):
    """Two clients with a short name, one without."""
    made = [
        published.post(RECORDS.format("client"), {"name": name, "short": short, "level": "a"}).json()
        for name, short in (("Anchor", "an"), ("Bridge", "br"), ("Castle", None))
    ]
    published.post(RECORDS.format("deal"), {"name": "first", "client": made[0]["id"], "short": "own"})
    return made[0]["id"]


@pytest.fixture
def switched_off(published, anchor):
    put(published, {"form": {"client": without_short()["form"]["client"]}})
    publish(published, force=[SHORT], approve=[SHORT])
    return published


def codes(answer):
    assert answer.status_code == 422, answer.text
    return {(each["code"], each["pointer"]) for each in answer.json()["errors"]}


def test_uses_are_listed_before_and_after_the_draft_removes_the_field(published):
    before = published.get("/apps/clients/draft/uses", params={"of": SHORT}).json()["items"]
    assert {(each["kind"], each["key"]) for each in before} >= {("view", "clients"), ("report", "by_short")}
    put(published, {"form": {"client": without_short()["form"]["client"]}})
    after = published.get("/apps/clients/draft/uses", params={"of": SHORT}).json()["items"]
    assert after == before
    assert published.get("/apps/clients/draft/uses", params={"of": "/forms/none"}).status_code == 422
    assert published.get("/apps/clients/draft/uses").status_code == 422


def test_removal_of_what_is_used_is_refused_until_it_is_forced_and_approved(published, anchor):
    put(published, {"form": {"client": without_short()["form"]["client"]}})
    checked = published.post("/apps/clients/draft:check").json()
    assert [(each["code"], each["pointer"]) for each in checked["findings"]] == [("still_used", SHORT)]
    assert codes(published.post("/apps/clients/draft:publish")) == {("still_used", SHORT)}
    assert codes(published.post("/apps/clients/draft:publish", {"force": [SHORT]})) == {
        ("needs_approval", SHORT)
    }
    planned = published.post("/apps/clients/draft:plan", {"force": [SHORT]}).json()
    lost = [step for step in planned["steps"] if step["risk"] == "destructive"]
    assert [(step["pointer"], step["lost"]) for step in lost] == [(SHORT, 2)]
    done = publish(published, force=[SHORT], approve=[SHORT])
    assert {each["code"] for each in done["findings"]} == {"switched_off"}


def test_what_is_off_answers_so_and_nothing_crashes(switched_off, anchor):
    root = switched_off
    report = root.post("/apps/clients/reports/by_short:run", {})
    assert (report.status_code, report.json()["code"]) == (409, "definition_broken")
    assert report.json()["details"]["broken"][0]["kind"] == "report"
    assert root.post("/apps/clients/reports/by_level:run", {}).status_code == 200
    broken = root.get("/apps/clients/views/short_ones/records")
    assert (broken.status_code, broken.json()["code"]) == (409, "definition_broken")
    rows = root.get("/apps/clients/views/clients/records").json()["items"]
    assert {frozenset(row) - {"id", "rev", "version"} for row in rows} == {frozenset({"name", "level"})}
    sheet = root.get(f"{RECORDS.format('client')}/{anchor}/print/sheet")
    assert (sheet.status_code, sheet.json()["code"]) == (409, "definition_broken")
    shown = root.get(f"{RECORDS.format('client')}/{anchor}").json()
    assert {"short", "shown"}.isdisjoint(shown)
    assert root.post(RECORDS.format("client"), {"name": "Dome"}).status_code == 201
    assert root.get(f"{RECORDS.format('client')}/{anchor}/history").status_code == 200


def test_broken_parts_are_listed_for_designers_only(switched_off, as_user):
    found = switched_off.get("/apps/clients/broken").json()["items"]
    assert {(each["kind"], each["key"], each["whole"]) for each in found} >= {
        ("report", "by_short", True),
        ("rule", "greet", True),
        ("view", "clients", False),
    }
    assert as_user("li").get("/apps/clients/broken").status_code == 403


def test_another_process_finds_the_same_parts_off(switched_off, settings, clock):
    from api.boot import build
    from engine.identity.principal import SYSTEM

    other = build(settings, clock=clock)
    with other.reading(SYSTEM) as work:
        app = work.app("clients")
    other.close()
    listed = switched_off.get("/apps/clients/broken").json()["items"]
    assert [part.as_json() for part in app.broken] == listed


def test_all_is_whole_again_when_the_field_is_back_with_its_values(switched_off, anchor):
    restored = switched_off.post("/apps/clients/versions/1:restore")
    assert restored.status_code == 200, restored.text
    assert switched_off.get("/apps/clients/broken").json()["items"] == []
    assert switched_off.get(f"{RECORDS.format('client')}/{anchor}").json()["short"] == "an"
    rows = switched_off.post("/apps/clients/reports/by_short:run", {}).json()["rows"]
    assert {row["short"] for row in rows} == {"an", "br", None}


def test_draft_difference_says_what_who_and_when(published):
    changed = documents()["view"]["clients"]
    changed["columns"].remove("level")
    changed["label"]["en"] = "Clients"
    put(published, {"view": {"clients": changed}})
    published.delete("/apps/clients/draft/rule/mark")
    found = {each["key"]: each for each in published.get("/apps/clients/draft:diff").json()["items"]}
    assert {key: each["change"] for key, each in found.items()} == {"clients": "changed", "mark": "removed"}
    assert found["clients"]["updated_by"] == "root"
    assert found["clients"]["updated_at"].startswith("2026-03-02")
    assert found["clients"]["differences"] == [
        {"pointer": "/label/en", "change": "changed", "before": "All clients", "after": "Clients"},
        {"pointer": "/columns/level", "change": "removed", "before": "level"},
    ]


def test_one_document_of_the_draft_is_discarded_the_rest_stays(published):
    published.delete("/apps/clients/draft/rule/mark")
    published.delete("/apps/clients/draft/rule/greet")
    one = {"kind": "rule", "key": "mark"}
    assert published.post("/apps/clients/draft:discard", one).status_code == 204
    assert [each["key"] for each in published.get("/apps/clients/draft").json()["items"]] == ["greet"]
    assert published.post("/apps/clients/draft:discard", one).status_code == 404
    assert published.post("/apps/clients/draft:discard").status_code == 204
    assert published.get("/apps/clients/draft").json()["items"] == []


def test_versions_are_compared_in_both_directions(published):
    app = documents()
    app["form"]["deal"]["fields"].append(field("stage", "text"))
    put(published, {"form": {"deal": app["form"]["deal"]}})
    publish(published)
    (forth,) = published.get("/apps/clients/versions/1:compare", params={"to": 2}).json()["items"]
    (back,) = published.get("/apps/clients/versions/2:compare", params={"to": 1}).json()["items"]
    assert [(each["pointer"], each["change"]) for each in forth["differences"]] == [
        ("/fields/stage", "added")
    ]
    assert [(each["pointer"], each["change"]) for each in back["differences"]] == [
        ("/fields/stage", "removed")
    ]
    assert published.get("/apps/clients/versions/1:compare", params={"to": 9}).status_code == 404


def test_a_renamed_field_keeps_its_values_and_everything_that_used_it_works(published, anchor):
    step = {"step": "rename", "of": SHORT, "to": "brief"}
    answer = published.post("/apps/clients/draft:guide", step)
    assert answer.status_code == 200, answer.text
    assert {(each["kind"], each["key"]) for each in answer.json()["changed"]} >= {
        ("form", "client"),
        ("form", "deal"),
        ("print_template", "sheet"),
        ("report", "by_short"),
        ("role", "rep"),
        ("rule", "greet"),
        ("view", "short_ones"),
    }
    publish(published)
    record = published.get(f"{RECORDS.format('client')}/{anchor}").json()
    assert (record["brief"], record["shown"], record["rev"]) == ("an", "Anchor / an", 1)
    deal = published.get(RECORDS.format("deal"), params={"fields": "short,client_short"}).json()["items"][0]
    assert (deal["short"], deal["client_short"]) == ("own", "an")
    rows = published.post("/apps/clients/reports/by_short:run", {}).json()["rows"]
    assert {row["short"] for row in rows} == {"an", "br", None}
    assert published.get("/apps/clients/broken").json()["items"] == []


def test_a_mapped_option_takes_its_records_and_conditions_along(published, anchor):
    of = "/forms/client/fields/level/options/a"
    answer = published.post("/apps/clients/draft:guide", {"step": "map_option", "of": of, "to": "b"})
    assert answer.status_code == 200, answer.text
    publish(published)
    assert published.get(f"{RECORDS.format('client')}/{anchor}").json()["level"] == "b"
    rule = published.get("/apps/clients/documents/rule/greet").json()
    assert rule["when"] == 'level = "b"'


def test_an_archived_option_stays_with_the_records_that_have_it(published, anchor):
    of = "/forms/client/fields/level/options/a"
    assert (
        published.post("/apps/clients/draft:guide", {"step": "archive_option", "of": of}).status_code == 200
    )
    publish(published)
    assert published.get(f"{RECORDS.format('client')}/{anchor}").json()["level"] == "a"
    refused = published.post(RECORDS.format("client"), {"name": "Dome", "level": "a"})
    assert refused.status_code == 422


def test_moved_fields_become_a_row_of_each_record_once_nobody_uses_them_where_they_were(published, anchor):
    deal = published.post(RECORDS.format("deal"), {"name": "second", "amount": "12.50"}).json()["id"]
    step = {"step": "move_to_child", "form": "deal", "fields": ["amount", "note"], "child": "lines"}
    answer = published.post("/apps/clients/draft:guide", {**step, "label": {"zh": "行", "en": "Lines"}})
    assert answer.status_code == 200, answer.text
    assert [(each["kind"], each["key"]) for each in answer.json()["changed"]] == [("form", "deal")]
    note = "/forms/deal/fields/note"
    assert codes(published.post("/apps/clients/draft:publish")) == {("still_used", note)}
    planned = published.post("/apps/clients/draft:plan", {"force": [note]}).json()
    steps = {each["pointer"]: each for each in planned["steps"] if each["action"] == "move_field"}
    lines = "/forms/deal/fields/lines/fields"
    assert [
        (steps[f"{lines}/{key}"]["risk"], steps[f"{lines}/{key}"]["rows"]) for key in ("amount", "note")
    ] == [
        ("warn", 1),
        ("warn", 2),
    ]
    pilot = {"force": [note], "pilot": {"users": ["li"]}}
    assert published.post("/apps/clients/draft:publish", pilot).status_code == 422
    publish(published, force=[note])
    record = published.get(f"{RECORDS.format('deal')}/{deal}").json()
    assert [(row["amount"], row["note"]) for row in record["lines"]] == [("12.50", "seen")]
    assert ("amount" in record, record["rev"]) == (False, 1)
    assert {each["reason"] for each in published.get("/apps/clients/parked").json()["items"]} == {"moved"}


@pytest.mark.parametrize(
    ("step", "code", "pointer"),
    [
        (
            {"step": "move_to_child", "form": "deal", "fields": ["amount"], "child": "lines"},
            "required",
            "/label",
        ),
        ({"step": "rename", "of": SHORT, "to": "name"}, "key_taken", SHORT),
        ({"step": "rename", "of": SHORT, "to": "Not A Key"}, "invalid_key", "/to"),
        ({"step": "rename", "of": "/views/clients", "to": "x"}, "cannot_rename", "/views/clients"),
        ({"step": "rename", "of": "/forms/none", "to": "x"}, "unknown_pointer", "/forms/none"),
        ({"step": "map_option", "of": SHORT, "to": "x"}, "not_an_option", SHORT),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(published, step, code, pointer):
    assert codes(published.post("/apps/clients/draft:guide", step)) == {(code, pointer)}
    assert published.get("/apps/clients/draft").json()["items"] == []
