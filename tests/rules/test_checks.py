"""What publishing says about rules that cannot work."""

from __future__ import annotations

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.registry import fill
from tests.rules.small_crm import documents, rule

SET_NOTE = {"type": "set_fields", "set": {"note": "x"}}


@pytest.fixture(scope="module")
def registries():
    return fill(BUILT_INS)


@pytest.fixture
def findings(registries):
    def check(*rules):
        found = check_app(documents(rules), registries).findings
        return [(each.level, each.code, each.pointer) for each in found]

    return check


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"form": "oportunity"}, ("error", "unknown_form", "/rules/r/form")),
        ({"trigger": {"type": "creatd"}}, ("error", "unknown_trigger", "/rules/r/trigger/type")),
        ({"trigger": {"type": "created", "x": 1}}, ("error", "unknown_key", "/rules/r/trigger/x")),
        (
            {"trigger": {"type": "updated", "fields": ["amout"]}},
            ("error", "unknown_field", "/rules/r/trigger/fields/0"),
        ),
        (
            {"trigger": {"type": "updated", "fields": ["level"]}},
            ("error", "change_unnoticed", "/rules/r/trigger/fields/0"),
        ),
        (
            {"trigger": {"type": "silent", "since": "amount", "for": "7d"}},
            ("error", "not_a_moment", "/rules/r/trigger/since"),
        ),
        (
            {"trigger": {"type": "date_reached", "at": "NOW()"}},
            ("error", "moving_anchor", "/rules/r/trigger/at"),
        ),
        (
            {"trigger": {"type": "date_reached", "at": "customer.created_at"}},
            ("error", "anchor_not_followed", "/rules/r/trigger/at"),
        ),
        (
            {"trigger": {"type": "date_reached", "at": "stage_since", "offset": "3 days"}},
            ("error", "invalid_value", "/rules/r/trigger/offset"),
        ),
        (
            {"trigger": {"type": "silent", "since": "stage_since", "for": "-7d"}},
            ("error", "invalid_value", "/rules/r/trigger/for"),
        ),
        (
            {"actions": [{"type": "wait", "for": "0h"}, SET_NOTE]},
            ("error", "invalid_value", "/rules/r/actions/0/for"),
        ),
        ({"when": "amout > 5"}, ("error", "unknown_field", "/rules/r/when")),
        (
            {"actions": [{"type": "set_field", "set": {}}]},
            ("error", "unknown_action", "/rules/r/actions/0/type"),
        ),
        ({"actions": [{"type": "wait"}]}, ("error", "wait_unclear", "/rules/r/actions/0")),
        (
            {"actions": [{"type": "notify", "to": [{"role": "boss"}], "subject": {"zh": "x", "en": "x"}}]},
            ("error", "unknown_role", "/rules/r/actions/0/to/0/role"),
        ),
        (
            {"actions": [{"type": "notify", "to": [{"field": "stage"}], "subject": {"zh": "x", "en": "x"}}]},
            ("error", "not_a_person", "/rules/r/actions/0/to/0/field"),
        ),
        (
            {
                "actions": [
                    {"type": "notify", "to": [{"field": "owner"}], "subject": {"zh": "{{nme}}", "en": "x"}}
                ]
            },
            ("error", "unknown_field", "/rules/r/actions/0/subject/zh"),
        ),
        (
            {
                "actions": [
                    {"type": "notify", "to": [{"field": "owner"}], "subject": {"zh": "{{name", "en": "x"}}
                ]
            },
            ("error", "template_unclosed", "/rules/r/actions/0/subject/zh"),
        ),
        (
            {"phase": "before", "actions": [{"type": "wait", "for": "3d"}]},
            ("error", "not_before_save", "/rules/r/actions/0/type"),
        ),
        (
            {"phase": "before", "trigger": {"type": "date_reached", "at": "stage_since"}},
            ("error", "not_before_save", "/rules/r/phase"),
        ),
        (
            {"actions": [{"type": "forbid", "message": {"zh": "x", "en": "x"}}]},
            ("error", "only_before_save", "/rules/r/actions/0/type"),
        ),
        ({"cancel_when": 'stage = "won"'}, ("warning", "nothing_to_cancel", "/rules/r/cancel_when")),
        ({"when": False}, ("warning", "never_fires", "/rules/r/when")),
        (
            {"actions": [SET_NOTE, {"type": "wait", "for": "3d"}]},
            ("warning", "idle_wait", "/rules/r/actions/1"),
        ),
        ({"phse": "after"}, ("error", "unknown_key", "/rules/r/phse")),
    ],
)
def test_each_mistake_is_named_where_it_stands(findings, changes, expected):
    made = {**rule("r", "opportunity", {"type": "created"}, [SET_NOTE]), **changes}
    assert expected in findings(made)


def test_a_good_rule_has_no_findings(findings):
    assert findings(rule("r", "opportunity", {"type": "created"}, [SET_NOTE], when='stage = "won"')) == []


def updated(key, field, values, **more):
    return rule(
        key,
        "opportunity",
        {"type": "updated", "fields": [field]},
        [{"type": "set_fields", "set": values}],
        **more,
    )


def loops(registries, *rules):
    found = check_app(documents(rules), registries).findings
    return [each.message["en"] for each in found if each.code == "rule_loop"]


def test_a_loop_is_shown_with_its_path(registries):
    ring = (
        updated("a", "note", {"amount": {"expr": "amount + 1"}}),
        updated("b", "amount", {"note": {"expr": "name"}}),
    )
    assert loops(registries, *ring) == [
        "These rules can trigger each other: a → opportunity.amount → b → opportunity.note → a."
    ]


def test_a_rule_that_wakes_itself_is_a_loop(registries):
    assert len(loops(registries, updated("a", "amount", {"amount": {"expr": "amount + 1"}}))) == 1


def test_no_loop_when_the_written_value_makes_the_condition_false(registries):
    once = rule(
        "once",
        "opportunity",
        {"type": "updated"},
        [{"type": "set_fields", "set": {"risk": True}}],
        when="risk = false and amount > 5",
    )
    assert loops(registries, once) == []


def test_a_loop_through_a_rollup_of_another_form_is_found(registries):
    first = rule(
        "first",
        "opportunity",
        {"type": "updated", "fields": ["last_follow"]},
        [
            {
                "type": "create_record",
                "form": "activity",
                "set": {"opportunity": {"expr": "id"}, "happened_at": {"expr": "NOW()"}},
            }
        ],
    )
    assert len(loops(registries, first)) == 1
