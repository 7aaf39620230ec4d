"""Expressions while they are written: checked where they will stand."""

from __future__ import annotations

import pytest

from tests.api import repair
from tests.api.repair import CHECK, EVALUATE, VALIDATION, checked, documents
from tests.support.prepared import prepared_by


@pytest.fixture
@prepared_by(repair.drafted)
def root(as_user, people):
    """The administrator; the app is drafted and not published."""
    return as_user("root")


@pytest.fixture
def published(root):
    return repair.published(root)


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


@pytest.mark.parametrize(
    ("written", "corrected"),
    [
        ("csot > 5", "cost > 5"),
        ("(csot) > 5 and site.nmae = 1", "(cost) > 5 and site.nmae = 1"),
        ("site.nmae = 'x'", "site.name = 'x'"),
        ("费用 > 5", "cost > 5"),
        ("SUM(配件.数量) > 5", "SUM(parts.数量) > 5"),
        ("SUM(parts.数量) > 5", "SUM(parts.qty) > 5"),
        ("ticket.cost > 5", "cost > 5"),
        ("due < TODAY", "due < TODAY()"),
        ("owner = me", "owner = $me"),
        ("owner = $meh", "owner = $me"),
        ("urgency = 'hihg'", 'urgency = "high"'),
        ("SUMM(parts.qty) > 5", "SUM(parts.qty) > 5"),
        ("cost > 5&&cost < 9", "cost > 5 and cost < 9"),
        ("cost ≥ 5", "cost >= 5"),
        ("IF（cost＞5，problem = “（是）”，false）", 'IF(cost>5,problem = "（是）",false)'),
    ],
)
@pytest.mark.database("sqlite")
def test_a_mistake_comes_with_the_edit_that_mends_it(root, written, corrected):
    (finding,) = checked(root, written, **VALIDATION)["findings"]
    start, end = finding["edit"]["span"]
    assert written[:start] + finding["edit"]["text"] + written[end:] == corrected


@pytest.mark.database("sqlite")
def test_no_edit_is_offered_where_nothing_is_near(root):
    (finding,) = checked(root, "cost > 5 and", **VALIDATION)["findings"]
    assert "edit" not in finding


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
