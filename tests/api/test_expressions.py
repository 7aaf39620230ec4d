"""Expressions while they are written: checked where they will stand, tried on records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.docs.pages import blocks

CHECK = "/apps/repair/draft/expressions:check"
EVALUATE = "/apps/repair/draft/expressions:evaluate"
TICKET = {
    "problem": "水泵漏水",
    "urgency": "high",
    "reported_at": "2026-03-01T22:30:00+08:00",
    "parts": [
        {"name": "水泵", "qty": "1.5", "price": "999.99"},
        {"name": "垫圈", "qty": "4", "price": "0.25"},
    ],
}


def documents() -> dict[str, dict[str, Any]]:
    """ "forms/site" -> document: the app of docs/designer.md."""
    return {each.name.removesuffix(".json"): json.loads(each.text) for each in blocks("designer.md", "json")}


@pytest.fixture
def root(as_user, people):
    """The administrator; the app is drafted and not published."""
    root = as_user("root")
    for name, document in documents().items():
        kind, _, key = name.partition("/") if "/" in name else ("app", "", "repair")
        assert root.put(f"/apps/repair/draft/{kind}/{key}", document).status_code == 200
    return root


@pytest.fixture
def published(root):
    done = root.post("/apps/repair/draft:publish")
    assert done.status_code == 200, done.json()
    return root


def checked(root: Any, expression: Any, expect: Any = None, **context: Any) -> dict[str, Any]:
    body = {"expression": expression, "context": context} | ({"expect": expect} if expect else {})
    answer = root.post(CHECK, body)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def evaluated(root: Any, expression: Any, context: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = root.post(EVALUATE, {"expression": expression, "context": context, **more})
    assert answer.status_code == 200, answer.json()
    return answer.json()


VALIDATION = {"kind": "form", "key": "ticket", "place": "validation"}


def test_a_right_expression_is_answered_with_all_an_editor_shows(root):
    made = checked(root, "cost >= 1000 and site.manager = $me", **VALIDATION)
    assert made["ok"]
    assert made["type"] == {"kind": "bool", "label": {"zh": "真假值", "en": "true/false"}}
    assert made["dependencies"] == [["cost"], ["site", "manager"]]
    assert made["variables"] == ["me"]
    assert made["text"] == "cost >= 1000 and site.manager = $me"
    assert made["json"] == {"and": [{"cost": {"gte": 1000}}, {"site.manager": {"eq": {"var": "me"}}}]}
    assert made["canonical"]["tree"]["function"] == "and"
    assert (made["pushable"], made["not_pushable"], made["volatile"]) == (True, [], False)
    assert made["findings"] == []
    by_json = checked(root, made["json"], **VALIDATION)
    assert by_json["canonical"] == made["canonical"]
    assert by_json["text"] == made["text"]


def test_a_wrong_expression_is_an_answer_that_says_where_and_what_to_do(root):
    made = checked(root, "cost > 1000 and csot > 5", **VALIDATION)
    assert not made["ok"]
    (finding,) = made["findings"]
    assert finding["code"] == "unknown_field"
    assert finding["span"] == [16, 20]
    assert finding["pointer"] == "/expression"
    assert finding["message"] == {"zh": "ticket 没有字段“csot”。", "en": "'csot' is not a field of ticket."}
    assert finding["fix"]["en"] == "Did you mean 'cost'?"


def test_a_wrong_condition_in_json_is_shown_as_text_with_the_place(root):
    made = checked(root, {"and": [{"cost": {"gt": 5}}, {"urgency": "hihg"}]}, **VALIDATION)
    assert made["text"] == 'cost > 5 and urgency = "hihg"'
    (finding,) = made["findings"]
    assert finding["code"] == "unknown_option"
    start, end = finding["span"]
    assert made["text"][start:end] == '"hihg"'


def test_types_are_named_in_the_language_of_the_sentence(root):
    (finding,) = checked(root, 'cost > "many"', **VALIDATION)["findings"]
    assert finding["message"] == {"zh": "不能比较金额和文本。", "en": "money and text cannot be compared."}


@pytest.mark.parametrize(
    ("context", "right", "wrong", "code"),
    [
        ({"kind": "form", "place": "validation"}, "CHANGED(problem)", "5", "type_mismatch"),
        ({"kind": "form", "place": "visible_when"}, "cost > 1", "CHANGED(problem)", "no_old"),
        (
            {"kind": "form", "place": "validation", "child": "parts"},
            "parent.cost > qty",
            "cost",
            "unknown_field",
        ),
        ({"kind": "form", "place": "formula", "field": "cost"}, "7", '"seven"', "type_mismatch"),
        ({"kind": "form", "place": "formula"}, '"seven"', "seven", "unknown_field"),
        ({"kind": "form", "place": "default", "field": "due"}, "TODAY() + 1", "NOW()", "type_mismatch"),
        ({"kind": "form", "place": "filter"}, "cost > 1", "ISNEW()", "no_old"),
        ({"kind": "form", "place": "validation"}, "owner = $me", "site in $my_sites", "unknown_variable"),
        (
            {"kind": "role", "place": "row_condition", "form": "ticket"},
            "site in $my_sites",
            "1",
            "type_mismatch",
        ),
        ({"kind": "scope", "place": "where", "form": "site"}, "manager = $me", "cost > 1", "unknown_field"),
        (
            {"kind": "flow", "key": "cost_approval", "place": "branch"},
            "owner = $submitter",
            "$x",
            "unknown_variable",
        ),
        ({"kind": "flow", "form": "site", "place": "start"}, 'name = "a"', "cost > 1", "unknown_field"),
        (
            {"kind": "rule", "key": "urgent_tomorrow", "place": "condition"},
            "CHANGED(due)",
            "due",
            "type_mismatch",
        ),
        ({"kind": "rule", "key": "overdue", "place": "condition"}, "cost > 1", "CHANGED(due)", "no_old"),
        (
            {"kind": "rule", "form": "site", "place": "condition"},
            "CHANGED(name)",
            "cost > 1",
            "unknown_field",
        ),
        ({"kind": "rule", "key": "urgent_tomorrow", "place": "cancel"}, "cost > 1", "ISNEW()", "no_old"),
        (
            {"kind": "report", "key": "cost_by_site", "place": "filter"},
            "reported_at in $when",
            "cost",
            "type_mismatch",
        ),
        (
            {"kind": "report", "key": "cost_by_site", "place": "derived"},
            "cost / tickets",
            "reason",
            "unknown_field",
        ),
        (
            {"kind": "report", "form": "ticket.parts", "place": "measure"},
            "qty * price",
            "cost",
            "unknown_field",
        ),
        (
            {"kind": "report", "key": "cost_by_site", "place": "having"},
            "tickets > 5",
            "reason",
            "unknown_field",
        ),
    ],
    ids=lambda each: "-".join(each.values()) if isinstance(each, dict) else "",
)
@pytest.mark.database("sqlite")
def test_a_named_place_has_the_names_of_that_place(root, context, right, wrong, code):
    context = {"key": "ticket", **context} if context["kind"] == "form" else context
    assert checked(root, right, **context)["findings"] == []
    assert [each["code"] for each in checked(root, wrong, **context)["findings"]] == [code]


@pytest.mark.parametrize(
    ("kind", "key", "pointer", "right", "wrong"),
    [
        ("form", "ticket", "/forms/ticket/validations/0/expr", "old.cost > 5", "parent.x"),
        ("form", "ticket", "/fields/7/fields/3/expr", "qty * parent.cost", "parts"),
        ("form", "ticket", "/fields/4/required", "cost > 1", "ISNEW()"),  # not there yet
        ("role", "engineer", "/grants/1/check", "owner = $me", "5"),
        ("flow", "cost_approval", "/edges/1/when", "$submitter = owner", "old.cost > 1"),
        ("rule", "overdue", "/trigger/at", "due", "parts"),
        ("rule", "urgent_tomorrow", "/actions/0/set/due/expr", "old.due", "row.x"),
        ("report", "cost_by_site", "/measures/2/where", "reported_at in $when", "tickets > 1"),
    ],
)
@pytest.mark.database("sqlite")
def test_a_pointer_has_the_names_of_what_stands_there(root, kind, key, pointer, right, wrong):
    context = {"kind": kind, "key": key, "pointer": pointer}
    assert checked(root, right, **context)["findings"] == []
    (finding,) = checked(root, wrong, **context)["findings"]
    assert finding["pointer"].endswith(pointer)
    assert finding["pointer"].startswith(f"/{kind}s/{key}/")


@pytest.mark.database("sqlite")
def test_a_place_in_the_database_refuses_what_it_cannot_compute(root):
    context = {"kind": "role", "place": "row_condition", "form": "ticket"}
    (finding,) = checked(root, 'PINYIN(problem) = "shui"', **context)["findings"]
    assert finding["code"] == "not_pushable"
    made = checked(root, 'PINYIN(problem) = "shui"', **VALIDATION)
    assert (made["pushable"], made["not_pushable"]) == (False, ["PINYIN"])


@pytest.mark.database("sqlite")
def test_the_draft_counts_and_the_document_that_is_open_even_more(published):
    form = documents()["forms/ticket"]
    fields = [*form["fields"], {"key": "score", "type": "int", "label": {"zh": "评分", "en": "Score"}}]
    assert not checked(published, "score > 3", **VALIDATION)["ok"]
    assert checked(published, "score > 3", **VALIDATION, document={**form, "fields": fields})["ok"]
    assert not checked(published, "score > 3", **VALIDATION)["ok"]
    published.put("/apps/repair/draft/form/ticket", {**form, "fields": fields})
    assert checked(published, "score > 3", **VALIDATION)["ok"]


@pytest.mark.database("sqlite")
def test_an_unfinished_draft_does_not_stop_a_check(root):
    form = documents()["forms/ticket"]
    broken = {**form, "fields": [*form["fields"], {"key": "x", "type": "colour"}]}
    root.put("/apps/repair/draft/form/ticket", broken)
    assert checked(root, "cost > 3", **VALIDATION)["ok"]
    assert checked(root, "cost > 3", kind="flow", key="cost_approval", place="branch")["ok"]
    assert checked(root, "cost > 3", kind="report", form="ticket", place="filter")["ok"]


@pytest.mark.database("sqlite")
def test_a_type_may_be_asked_for(root):
    place = {"kind": "form", "key": "ticket", "place": "formula"}
    assert checked(root, "cost / 3", "money", **place)["type"]["scale"] == 2
    assert checked(root, "cost / 3", {"kind": "number", "scale": 0}, **place)["type"]["scale"] == 0
    assert checked(root, "cost / 3", "text", **place)["findings"][0]["code"] == "type_mismatch"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/expression"),
        ({"expression": 5, "context": VALIDATION}, "/expression"),
        ({"expression": "cost", "context": VALIDATION, "expect": "colour"}, "/expect/kind"),
        ({"expression": "cost", "context": {**VALIDATION, "colour": 1}}, "/context/colour"),
        ({"expression": "cost", "context": {**VALIDATION, "place": "here"}}, "/context/place"),
        ({"expression": "cost", "context": {**VALIDATION, "key": "nothing"}}, "/context/place"),
        ({"expression": "cost", "context": {**VALIDATION, "pointer": "/label/zh"}}, "/context/pointer"),
        ({"expression": "cost", "context": {**VALIDATION, "pointer": "/fields/99/expr"}}, "/context/pointer"),
    ],
)
@pytest.mark.database("sqlite")
def test_a_request_without_an_expression_or_a_place_is_refused(root, body, pointer):
    for address in (CHECK, EVALUATE):
        refused = root.post(address, body)
        assert refused.status_code == 422, refused.json()
        assert pointer in [each["pointer"] for each in refused.json()["errors"]]


@pytest.mark.database("sqlite")
def test_only_administrators_check_and_try(as_user, published):
    body = {"expression": "cost > 5", "context": VALIDATION, "record": {}}
    li = as_user("li")
    assert {li.post(CHECK, {**body, "record": None}).status_code, li.post(EVALUATE, body).status_code} <= {
        403,
        422,
    }
    assert li.post(EVALUATE, body).status_code == 403
    unknown = published.post(
        "/apps/nothing/draft/expressions:check", {k: body[k] for k in ("expression", "context")}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "app_not_found")


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
def test_values_that_do_not_fit_are_all_named(root):
    record = {"due": "soon", "colour": 1, "parts": [{"qty": "x"}, 5], "status": "gone"}
    body = {"expression": "cost > 1", "context": VALIDATION, "record": record, "old": {"due": 5}}
    errors = root.post(EVALUATE, body).json()["errors"]
    assert {(each["code"], each["pointer"]) for each in errors} == {
        ("invalid_value", "/record/due"),
        ("unknown_field", "/record/colour"),
        ("invalid_value", "/record/parts/0/qty"),
        ("invalid_value", "/record/parts/1"),
        ("invalid_value", "/record/status"),
        ("invalid_value", "/old/due"),
    }
    body = {"expression": "cost > 1", "context": VALIDATION, "record": {}, "as_user": "nobody"}
    refused = root.post(EVALUATE, body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/as_user")
