"""Expressions while they are written: tried on records."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import repair
from tests.api.repair import EVALUATE, TICKET, VALIDATION, documents, evaluated
from tests.support.prepared import prepared_by


@pytest.fixture
@prepared_by(repair.drafted)
def root(as_user, people):
    """The administrator; the app is drafted and not published."""
    return as_user("root")


@pytest.fixture
def published(root):
    return repair.published(root)


def test_an_expression_is_tried_on_given_values_before_anything_is_published(root):
    made = evaluated(root, "cost > 1000 and reason = null or SUM(parts.qty) > 5", VALIDATION, record=TICKET)
    assert [each["code"] for each in made["findings"]] == ["null_comparison"]
    assert made["value"] is None
    made = evaluated(root, 'cost > 1000 and urgency = "high"', VALIDATION, record=TICKET)
    assert (made["ok"], made["value"], made["holds"]) == (True, True, True)
    left, right = made["trace"]["parts"]
    assert (left["text"], left["value"]) == ("cost > 1000", True)
    assert left["parts"][0] == {"text": "cost", "value": "1500.99", "parts": []}
    assert (right["text"], right["value"]) == ('urgency = "high"', True)


def test_a_value_that_is_no_condition_does_not_hold_and_says_its_type(root):
    made = evaluated(root, "cost * 2", {**VALIDATION, "place": "formula"}, record=TICKET)
    assert (made["value"], made["holds"], made["type"]["kind"]) == ("3001.98", None, "money")
    made = evaluated(root, "reported_at", {**VALIDATION, "place": "formula"}, record=TICKET)
    assert made["value"] == "2026-03-01T14:30:00Z"


def test_an_expression_is_tried_on_a_stored_record(published):
    site = published.post("/apps/repair/forms/site/records", {"name": "东楼", "manager": "wang"}).json()["id"]
    ticket = published.post("/apps/repair/forms/ticket/records", {**TICKET, "site": site}).json()["id"]
    made = evaluated(published, 'site.manager = $me and site.name = "东楼"', VALIDATION, record=ticket)
    assert (made["value"], made["holds"]) == (False, False)
    as_wang = evaluated(
        published, 'site.manager = $me and site.name = "东楼"', VALIDATION, record=ticket, as_user="wang"
    )
    assert as_wang["holds"] is True
    inside = {"kind": "role", "place": "row_condition", "form": "ticket"}
    assert evaluated(published, "site in $my_sites", inside, record=ticket, as_user="wang")["holds"] is True
    assert evaluated(published, "site in $my_sites", inside, record=ticket)["holds"] is False
    missing = published.post(EVALUATE, {"expression": "cost > 1", "context": VALIDATION, "record": "0" * 32})
    assert (missing.status_code, missing.json()["code"]) == (404, "record_not_found")


def test_what_changed_is_given_as_old_values(published):
    site = published.post("/apps/repair/forms/site/records", {"name": "东楼"}).json()["id"]
    ticket = published.post("/apps/repair/forms/ticket/records", {**TICKET, "site": site}).json()["id"]
    changed = "CHANGED(problem) and not ISNEW()"
    assert evaluated(published, changed, VALIDATION, record=ticket)["holds"] is False
    assert evaluated(published, changed, VALIDATION, record=ticket, old={"problem": "滴水"})["holds"] is True
    assert evaluated(published, changed, VALIDATION, record=TICKET, old={"problem": "滴水"})["holds"] is True
    assert evaluated(published, "ISNEW()", VALIDATION, record=TICKET)["holds"] is True


@pytest.mark.database("sqlite")
def test_a_field_that_is_only_drafted_is_blank_on_a_stored_record(published):
    site = published.post("/apps/repair/forms/site/records", {"name": "东楼"}).json()["id"]
    form = documents()["forms/site"]
    formula = {"key": "loud", "type": "formula", "result": {"type": "text"}, "expr": 'name & "!"'}
    plain = {"key": "floor", "type": "int"}
    label = {"label": {"zh": "新", "en": "New"}}
    published.put(
        "/apps/repair/draft/form/site",
        {**form, "fields": [*form["fields"], {**formula, **label}, {**plain, **label}]},
    )
    context = {"kind": "form", "key": "site", "place": "formula"}
    assert evaluated(published, 'IF(ISBLANK(floor), loud, "")', context, record=site)["value"] == "东楼!"


@pytest.mark.database("sqlite")
def test_a_stored_value_that_the_draft_cannot_read_is_blank(published):
    site = published.post("/apps/repair/forms/site/records", {"name": "东楼"}).json()["id"]
    form = documents()["forms/site"]
    fields = [{**each, "type": "int"} if each["key"] == "name" else each for each in form["fields"]]
    published.put("/apps/repair/draft/form/site", {**form, "fields": fields})
    context = {"kind": "form", "key": "site", "place": "validation"}
    assert evaluated(published, "ISBLANK(name)", context, record=site)["holds"] is True


@pytest.mark.database("sqlite")
def test_a_row_of_a_child_table_is_chosen_by_its_index(root):
    context = {**VALIDATION, "child": "parts"}
    made = evaluated(root, "qty * price > parent.cost / 2", context, record=TICKET, row=0)
    assert made["holds"] is True
    assert evaluated(root, "amount < 2", context, record=TICKET, row=1)["holds"] is True
    body = {"expression": "qty > 1", "context": context, "record": TICKET}
    for row in (None, 2, -1):
        refused = root.post(EVALUATE, {**body, "row": row})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "row_needed")


@pytest.mark.database("sqlite")
def test_variables_can_be_given(root):
    context = {"kind": "flow", "key": "cost_approval", "place": "branch"}
    given = {"variables": {"submitter": "li"}, "record": {"owner": "li"}}
    assert evaluated(root, "owner = $submitter", context, **given)["holds"] is True
    body = {"expression": "owner = $submitter", "context": context, "variables": {"x": 1, "submitter": 5}}
    errors = root.post(EVALUATE, body).json()["errors"]
    assert [(each["code"], each["pointer"]) for each in errors] == [
        ("unknown_field", "/variables/x"),
        ("invalid_value", "/variables/submitter"),
    ]


@pytest.mark.database("sqlite")
def test_the_moment_of_a_trial_can_be_given_and_its_day_follows(root):
    given = {"variables": {"now": "2020-05-04T23:30:00"}, "record": {"due": "2020-05-05"}}
    assert evaluated(root, "due - TODAY() = 1 and NOW() = $now", VALIDATION, **given)["holds"] is True
    body = {"expression": "due > TODAY()", "context": VALIDATION, "variables": {"today": "2020-05-04"}}
    errors = root.post(EVALUATE, body).json()["errors"]
    assert [(each["code"], each["pointer"]) for each in errors] == [("unknown_field", "/variables/today")]


@pytest.mark.database("sqlite")
def test_a_moment_without_offset_is_local_as_in_a_save(root):
    record = {"reported_at": "2026-03-01T22:30:00"}
    formula = {**VALIDATION, "place": "formula"}
    assert evaluated(root, "reported_at", formula, record=record)["value"] == "2026-03-01T14:30:00Z"
    assert evaluated(root, "reported_at < NOW()", VALIDATION, record=record)["holds"] is True


@pytest.mark.database("sqlite")
def test_a_child_table_that_is_no_list_is_named(root):
    body = {"expression": "cost > 1", "context": VALIDATION, "record": {"parts": 5}}
    errors = root.post(EVALUATE, body).json()["errors"]
    assert [(each["code"], each["pointer"]) for each in errors] == [("invalid_value", "/record/parts")]


SPAN = [{"key": "away", "type": "date_range"}, {"key": "effort", "type": "duration", "max": 36_000}]


def with_span(root: Any) -> None:
    form = documents()["forms/site"]
    added = [{**each, "label": {"zh": "新", "en": "New"}} for each in SPAN]
    done = root.put("/apps/repair/draft/form/site", {**form, "fields": [*form["fields"], *added]})
    assert done.status_code == 200, done.json()


SITE = {"kind": "form", "key": "site", "place": "formula"}


@pytest.mark.database("sqlite")
def test_values_are_read_as_their_fields_read_them(root):
    with_span(root)
    record = {"away": {"start": "2026-03-01", "end": "2026-03-08"}, "effort": 5_400}
    assert evaluated(root, "away.end - away.start", SITE, record=record)["value"] == "7"
    assert evaluated(root, "HOURS(effort)", SITE, record=record)["value"] == "1"
    assert evaluated(root, "effort > 3600", SITE, record=record)["value"] is True
    assert evaluated(root, "effort", SITE, record=record)["value"] == "5400.000000"
    reversed_ = {"away": {"start": "2026-03-08", "end": "2026-03-01"}, "effort": 40_000}
    errors = root.post(EVALUATE, {"expression": "1", "context": SITE, "record": reversed_}).json()["errors"]
    assert {(each["code"], each["pointer"]) for each in errors} == {
        ("range_reversed", "/record/away"),
        ("too_large", "/record/effort"),
    }


@pytest.mark.database("sqlite")
def test_a_stored_record_keeps_its_parts_and_what_a_new_bound_forbids(root):
    with_span(root)
    assert root.post("/apps/repair/draft:publish").status_code == 200
    values = {"name": "东楼", "effort": 5_400, "away": {"start": "2026-03-01", "end": "2026-03-08"}}
    site = root.post("/apps/repair/forms/site/records", values).json()["id"]
    assert evaluated(root, "away.end - away.start", SITE, record=site)["value"] == "7"
    form = documents()["forms/site"]
    lower = [{**each, "label": {"zh": "新", "en": "New"}} for each in (SPAN[0], {**SPAN[1], "max": 60})]
    root.put("/apps/repair/draft/form/site", {**form, "fields": [*form["fields"], *lower]})
    assert evaluated(root, "MINUTES(effort)", SITE, record=site)["value"] == "90"


@pytest.mark.database("sqlite")
def test_values_that_do_not_fit_are_all_named(root):
    record = {"due": "soon", "colour": 1, "parts": [{"qty": "x"}, 5], "status": "gone"}
    body = {"expression": "cost > 1", "context": VALIDATION, "record": record, "old": {"due": 5}}
    errors = root.post(EVALUATE, body).json()["errors"]
    assert {(each["code"], each["pointer"]) for each in errors} == {
        ("bad_date", "/record/due"),
        ("unknown_field", "/record/colour"),
        ("wrong_type", "/record/parts/0/qty"),
        ("invalid_value", "/record/parts/1"),
        ("not_in_options", "/record/status"),
        ("wrong_type", "/old/due"),
    }
    body = {"expression": "cost > 1", "context": VALIDATION, "record": {}, "as_user": "nobody"}
    refused = root.post(EVALUATE, body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/as_user")
