"""Test cases of an app: they say what must happen, and tell where it did not."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from api.boot import BUILT_INS
from api.scratch import SuiteNotFound, run_cases, suites_of
from engine.cases.run import CaseResult, run_suite
from engine.definitions.check import check_app
from engine.definitions.publish import publish
from engine.identity.organisation import load_organisation
from engine.identity.principal import SYSTEM
from engine.plugins import extensions
from engine.registry import fill
from engine.runtime import Runtime
from engine.testing import FixedClock
from tests.forms.shop import field, name, option

REGISTRIES = fill(extensions(BUILT_INS))
LEAVE = {
    "key": "leave",
    "label": name("leave"),
    "title": "reason",
    "fields": [
        field("reason", "text", required=True),
        field("days", "int", required=True, min=1),
        field("status", "select", options=option("draft", "asked", "granted", "refused"), default="draft"),
        field("note", "text"),
    ],
}
FLOW = {
    "key": "leave_approval",
    "label": name("leave approval"),
    "form": "leave",
    "nodes": [
        {"key": "start", "type": "start", "label": name("ask"), "by": "owner"},
        {
            "key": "head",
            "type": "approval",
            "label": name("head"),
            "assignees": [{"role": "head"}],
            "mode": "any",
        },
        {
            "key": "grant",
            "type": "action",
            "label": name("grant"),
            "actions": [
                {"type": "set_fields", "set": {"status": "granted"}},
                {
                    "type": "notify",
                    "to": [{"field": "owner"}],
                    "channels": ["inbox"],
                    "subject": {"zh": "已批准 {{reason}}", "en": "Granted: {{reason}}"},
                    "body": {"zh": "{{days}} 天", "en": "{{days}} days"},
                },
            ],
        },
        {"key": "granted", "type": "end", "label": name("granted"), "outcome": "approved"},
        {
            "key": "refuse",
            "type": "action",
            "label": name("refuse"),
            "actions": [{"type": "set_fields", "set": {"status": "refused"}}],
        },
        {"key": "refused", "type": "end", "label": name("refused"), "outcome": "rejected"},
    ],
    "edges": [
        {"from": "start", "to": "head"},
        {"from": "head", "to": "grant", "on": "approve"},
        {"from": "head", "to": "refuse", "on": "reject"},
        {"from": "grant", "to": "granted"},
        {"from": "refuse", "to": "refused"},
    ],
}
ROLES = {
    "staff": {
        "key": "staff",
        "label": name("staff"),
        "grants": [
            {
                "form": "leave",
                "actions": ["list", "view", "create", "update"],
                "where": "owner = $me",
                "fields": {"hidden": ["note"]},
            }
        ],
    },
    "head": {
        "key": "head",
        "label": name("head"),
        "grants": [{"form": "leave", "actions": ["list", "view"]}],
    },
}
PEOPLE = {
    "departments": [{"id": "all", "name": name("all")}],
    "users": [
        {"id": "ann", "name": name("ann"), "dept": "all", "roles": ["staff"]},
        {"id": "bob", "name": name("bob"), "dept": "all", "roles": ["head"]},
    ],
}
SUITE: dict[str, Any] = {
    "key": "asking",
    "label": name("asking"),
    "at": "2026-03-02T10:00:00",
    "people": PEOPLE,
    "given": [
        {
            "type": "create",
            "as": "ann",
            "form": "leave",
            "name": "trip",
            "values": {"reason": "trip", "days": 3},
        }
    ],
    "cases": [
        {
            "key": "granted",
            "steps": [
                {"type": "submit", "as": "ann", "record": "$trip"},
                {"type": "expect_task", "as": "bob", "record": "$trip", "node": "head"},
                {"type": "approve", "as": "bob", "record": "$trip"},
                {"type": "expect_task", "as": "bob", "record": "$trip", "open": False},
                {
                    "type": "expect",
                    "as": "ann",
                    "record": "$trip",
                    "values": {"status": "granted", "days": 3},
                    "hidden": ["note"],
                },
                {"type": "expect_message", "to": "ann", "record": "$trip", "contains": "trip", "count": 1},
            ],
        },
        {
            "key": "refused",
            "steps": [
                {"type": "expect", "record": "$trip", "values": {"status": "draft", "rev": 1}},
                {"type": "submit", "as": "ann", "record": "$trip"},
                {
                    "type": "update",
                    "as": "ann",
                    "record": "$trip",
                    "values": {"days": 9},
                    "refused": "record_locked",
                },
                {"type": "reject", "as": "bob", "record": "$trip", "comment": "busy"},
                {"type": "expect", "record": "$trip", "values": {"status": "refused"}},
                {"type": "expect_message", "to": "ann", "count": 0},
            ],
        },
        {
            "key": "what_is_no_leave",
            "steps": [
                {
                    "type": "create",
                    "as": "ann",
                    "form": "leave",
                    "values": {"days": 0},
                    "refused": "reason:required",
                },
                {
                    "type": "create",
                    "as": "bob",
                    "form": "leave",
                    "values": {"reason": "x", "days": 1},
                    "refused": "forbidden",
                },
                {"type": "expect_count", "form": "leave", "count": 1},
                {"type": "find", "form": "leave", "filter": 'reason = "trip"', "name": "again"},
                {"type": "delete", "record": "$again"},
                {"type": "expect_count", "form": "leave", "filter": "days > 2", "count": 0},
            ],
        },
    ],
}


def app(*cases: dict[str, Any]) -> dict[str, Any]:
    suite = {**SUITE, "cases": list(cases) or SUITE["cases"]}
    return copy.deepcopy(
        {
            "app": {"office": {"key": "office", "label": name("office")}},
            "form": {"leave": LEAVE},
            "flow": {"leave_approval": FLOW},
            "role": ROLES,
            "test": {"asking": suite},
        }
    )


def ran(source: dict[str, Any], **options: Any) -> list[CaseResult]:
    return list(run_cases(source, suites_of(source, REGISTRIES), **options))


def findings(*steps: dict[str, Any]) -> list[tuple[str, str]]:
    (result,) = ran(app({"key": "one", "steps": list(steps)}))
    return [(each.pointer, each.code) for each in result.findings]


def test_cases_that_hold_pass_each_from_the_same_beginning() -> None:
    results = ran(app())
    assert [(each.case, each.as_json()["findings"]) for each in results] == [
        ("granted", []),
        ("refused", []),
        ("what_is_no_leave", []),
    ]


@pytest.mark.parametrize("chosen", range(3))
def test_a_case_holds_on_either_database(runtime: Runtime, clock: FixedClock, chosen: int) -> None:
    source = app()
    (suite,) = suites_of(source, runtime.registries)
    with runtime.unit_of_work(SYSTEM) as work:
        load_organisation(work, suite.people)
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, source)
    alone = replace(suite, cases=(suite.cases[chosen],))
    (result,) = run_suite(runtime, clock, "office", alone, keep=lambda: lambda: None, until=float("inf"))
    assert result.ok, result.findings


AT = "/tests/asking/cases/0/steps/"


@pytest.mark.parametrize(
    ("step", "pointer", "code"),
    [
        ({"type": "expect", "record": "$trip", "values": {"days": 4}}, "0/values/days", "unmet"),
        ({"type": "expect", "record": "$trip", "values": {"status": ["draft"]}}, "0/values/status", "unmet"),
        ({"type": "expect", "record": "$trip", "hidden": ["note"]}, "0/hidden", "unmet"),
        ({"type": "expect_task", "as": "bob", "record": "$trip"}, "0", "unmet"),
        ({"type": "approve", "as": "bob", "record": "$trip"}, "0", "unmet"),
        ({"type": "expect_message", "to": "ann"}, "0", "unmet"),
        ({"type": "expect_count", "form": "leave", "count": 7}, "0/count", "unmet"),
        ({"type": "find", "form": "leave", "filter": "days = 77", "name": "x"}, "0/filter", "unmet"),
        ({"type": "delete", "record": "$trip", "refused": "forbidden"}, "0", "not_refused"),
        ({"type": "delete", "record": "$none"}, "0", "step_refused"),
        ({"type": "submit", "as": "eve", "record": "$trip"}, "0", "step_refused"),
    ],
)
def test_what_does_not_come_out_as_expected_is_pointed_to(step: Any, pointer: str, code: str) -> None:
    assert (AT + pointer, code) in findings(step)


def test_another_refusal_than_expected_names_both() -> None:
    step = {"type": "create", "as": "ann", "form": "leave", "values": {"days": 1}, "refused": "record_locked"}
    assert findings(step) == [(AT + "0", "step_refused"), (AT + "0/reason", "required")]


def test_what_falls_due_while_time_passes_is_done_at_its_moment() -> None:
    rule = {
        "key": "remind",
        "label": name("remind"),
        "form": "leave",
        "trigger": {"type": "created"},
        "phase": "after",
        "actions": [
            {"type": "wait", "for": "2d"},
            {
                "type": "set_fields",
                "set": {"note": {"expr": 'IF(TODAY() = DATE(2026, 3, 4), "in time", "late")'}},
            },
        ],
    }
    source = app(
        {
            "key": "later",
            "steps": [
                {"type": "wait", "days": 1, "hours": 23},
                {"type": "expect", "record": "$trip", "values": {"note": None}},
                {"type": "wait", "until": "2026-03-20T08:00:00"},
                {"type": "expect", "record": "$trip", "values": {"note": "in time"}},
            ],
        }
    )
    source["rule"] = {"remind": rule}
    (result,) = ran(source)
    assert result.ok, result.findings


def test_cases_past_the_time_fail_as_not_run() -> None:
    assert {each.findings[0].code for each in ran(app(), seconds=-1.0)} == {"not_run"}


def test_broken_cases_are_named_by_the_check() -> None:
    source = app(
        {"key": "one", "steps": [{"type": "dance"}, {"type": "wait"}, {"type": "create", "form": "leeve"}]},
        {
            "key": "one",
            "steps": [{"type": "delete", "record": "trip"}, {"type": "approve", "recrd": "$trip"}],
        },
    )
    source["test"]["asking"]["people"]["users"][0]["dept"] = ["x"]
    found = {
        (each.pointer, each.code) for each in check_app(source, REGISTRIES).findings if each.level == "error"
    }
    assert {
        ("/tests/asking/cases/0/steps/0/type", "unknown_step"),
        ("/tests/asking/cases/0/steps/1", "invalid_value"),
        ("/tests/asking/cases/0/steps/2/form", "unknown_form"),
        ("/tests/asking/cases/1/key", "key_taken"),
        ("/tests/asking/cases/1/steps/0/record", "invalid_value"),
        ("/tests/asking/cases/1/steps/1/recrd", "unknown_key"),
    } <= found
    assert any(pointer.startswith("/tests/asking/people/users/0/dept") for pointer, _ in found)


def test_only_the_suites_that_are_named_run() -> None:
    assert [suite.key for suite in suites_of(app(), REGISTRIES, ["asking"])] == ["asking"]
    with pytest.raises(SuiteNotFound):
        suites_of(app(), REGISTRIES, ["none"])


def test_cases_play_at_times_that_can_be_reckoned_with() -> None:
    source = app(
        {"key": "far", "steps": [{"type": "wait", "until": "9999-12-31T23:59:59"}]},
        {"key": "long_ago", "steps": [{"type": "wait", "until": "0001-01-01T00:00:00+14:00"}]},
        {"key": "soon", "steps": [{"type": "wait", "until": "2199-12-31T23:59:59"}]},
    )
    source["test"]["asking"]["at"] = "9999-12-31T23:00:00"
    found = [
        (each.pointer, each.code) for each in check_app(source, REGISTRIES).findings if each.level == "error"
    ]
    assert found == [
        ("/tests/asking/at", "invalid_value"),
        ("/tests/asking/cases/0/steps/0/until", "invalid_value"),
        ("/tests/asking/cases/1/steps/0/until", "invalid_value"),
    ]


def test_time_passes_to_the_end_of_what_is_allowed() -> None:
    steps = [{"type": "wait", "until": "2199-12-31T23:59:59"}, {"type": "wait", "days": 3660}]
    (result,) = ran(app({"key": "far", "steps": steps}))
    assert result.ok, result.findings
