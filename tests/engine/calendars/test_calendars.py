"""Working calendars as definitions: checked, published, used by formulas, filters and rights of an app."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from engine.registry import fill
from engine.runtime import Runtime
from forms.api_records import create_json
from forms.compiled import compiled_form
from forms.environment import environment
from forms.listing import ListQuery, list_json

REGISTRIES = fill(BUILT_INS)
LABEL = {"zh": "名", "en": "Name"}
DAY = [["09:00", "18:00"]]
OFFICE: dict[str, Any] = {
    "key": "office",
    "label": LABEL,
    "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY),
    "holidays": ["2026-02-15/2026-02-23"],
    "workdays": ["2026-02-14", {"days": "2026-02-28", "hours": [["09:00", "12:00"]]}],
}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": LABEL, **more}


DESK: dict[str, dict[str, Any]] = {
    "app": {"desk": {"key": "desk", "label": LABEL, "calendar": "office"}},
    "calendar": {"office": OFFICE, "24x7": {"key": "24x7", "label": LABEL, "always": True}},
    "form": {
        "ticket": {
            "key": "ticket",
            "label": LABEL,
            "fields": [
                field("opened", "date"),
                field("closed", "date"),
                field("since", "datetime"),
                field("days", "formula", result={"type": "int"}, expr="NETWORKDAYS(opened, closed)"),
                field("due", "formula", result={"type": "date"}, expr='WORKDAY(opened, 3, "24x7")'),
                field("respond", "formula", result={"type": "datetime"}, expr="ADDWORKHOURS(since, 4)"),
                field("late", "formula", result={"type": "bool"}, expr="NETWORKDAYS(opened, TODAY()) > 12"),
            ],
        }
    },
    "role": {
        "agent": {
            "key": "agent",
            "label": LABEL,
            "grants": [{"form": "ticket", "actions": ["view"], "where": "NETWORKDAYS(opened, closed) > 5"}],
        }
    },
}


def checked(**calendar: Any) -> list[tuple[str, str]]:
    """Code and pointer of what is wrong with an app whose office calendar is changed."""
    source = copy.deepcopy(DESK)
    source["calendar"]["office"] |= calendar
    source["calendar"]["office"] = {k: v for k, v in source["calendar"]["office"].items() if v is not None}
    findings = check_app(source, REGISTRIES).findings
    for each in findings:
        assert each.message["zh"] != each.message["en"]
    return [(each.code, each.pointer) for each in findings]


def test_a_good_calendar_has_no_findings() -> None:
    assert checked() == []


WRONG = [
    ({"always": True}, "week_or_always", ""),
    ({"week": None, "workdays": []}, "week_or_always", ""),
    ({"week": {"mon": [["09:00", "12:00"], ["11:00", "18:00"]]}}, "bad_hours", "/week/mon/1"),
    ({"week": {"mon": [["18:00", "09:00"]]}}, "bad_hours", "/week/mon/0"),
    ({"week": {"mon": [["9:00", "18:00"]]}}, "invalid_value", "/week/mon/0/0"),
    ({"week": {"mon": [["09:00", "24:30"]]}}, "invalid_value", "/week/mon/0/1"),
    ({"week": {"monday": DAY}}, "invalid_value", "/week/monday"),
    ({"holidays": ["2026-02-30"]}, "bad_days", "/holidays/0"),
    ({"holidays": ["2026-05-05/2026-05-01"]}, "bad_days", "/holidays/0"),
    ({"holidays": ["2026-01-01/2028-01-01"]}, "bad_days", "/holidays/0"),
    ({"holidays": ["1 May"]}, "invalid_value", "/holidays/0"),
    ({"workdays": ["2026-02-16"]}, "day_twice", "/workdays"),
    ({"week": {}, "workdays": ["2026-02-14"]}, "hours_needed", "/workdays/0"),
    (
        {"workdays": [{"days": "2026-02-14", "hours": [["12:00", "09:00"]]}]},
        "bad_hours",
        "/workdays/0/hours/0",
    ),
    ({"years": [2027, 2026]}, "bad_years", "/years"),
    ({"years": [2027, 2030]}, "outside_years", "/years"),
    ({"timezone": "Asia/Peking"}, "invalid_value", "/timezone"),
    ({"colour": "red"}, "unknown_key", "/colour"),
]


@pytest.mark.parametrize(("change", "code", "pointer"), WRONG)
def test_a_mistake_is_named_where_it_is(change: dict[str, Any], code: str, pointer: str) -> None:
    assert (code, f"/calendars/office{pointer}") in checked(**change)


def test_the_default_calendar_must_exist() -> None:
    source = copy.deepcopy(DESK)
    source["app"]["desk"]["calendar"] = "offise"
    (finding,) = [each for each in check_app(source, REGISTRIES).findings if each.pointer == "/app/calendar"]
    assert finding.code == "unknown_calendar"
    assert "office" in finding.fix["en"]


def test_working_hours_need_a_calendar_but_working_days_do_not() -> None:
    source = copy.deepcopy(DESK)
    del source["app"]["desk"]["calendar"]
    found = [(each.code, each.pointer) for each in check_app(source, REGISTRIES).findings]
    assert found == [("calendar_needed", "/forms/ticket/fields/5/expr")]


def published(runtime: Runtime) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, DESK)


def ticket(runtime: Runtime, **values: Any) -> dict[str, Any]:
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        return create_json(work, app, compiled_form(app, "ticket"), values)


def listed(runtime: Runtime, who: Principal, **query: Any) -> list[str]:
    with runtime.reading(who) as work:
        app = work.app("desk")
        found = list_json(work, app, compiled_form(app, "ticket"), ListQuery(**query))
    return [each["id"] for each in found["items"]]


def test_formulas_follow_the_calendars_of_the_app(runtime: Runtime) -> None:
    published(runtime)
    made = ticket(runtime, opened="2026-02-13", closed="2026-03-01", since="2026-02-13T16:00:00+08:00")
    assert made["days"] == 7
    assert made["due"] == "2026-02-16"
    assert made["respond"] == "2026-02-14T03:00:00Z"


def test_filters_and_rights_count_working_days_in_the_database(runtime: Runtime) -> None:
    published(runtime)
    long = ticket(runtime, opened="2026-02-13", closed="2026-03-01")["id"]
    short = ticket(runtime, opened="2026-02-14", closed="2026-02-24")["id"]
    agent = Principal(user="li", roles=("agent",), dept="x", depts=("x",))
    assert set(listed(runtime, SYSTEM)) == {long, short}
    assert listed(runtime, agent) == [long]
    assert listed(runtime, SYSTEM, filter='NETWORKDAYS(opened, closed, "24x7") = 11') == [short]
    assert listed(runtime, SYSTEM, filter='WORKDAY(opened, 1, "office") = "2026-02-24"') == [short]


def test_a_new_holiday_counts_from_its_publishing_on(runtime: Runtime) -> None:
    published(runtime)
    source = copy.deepcopy(DESK)
    source["calendar"]["office"]["holidays"].append("2026-03-16")
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, source)
    with runtime.reading(SYSTEM) as work:
        env = environment(work, work.app("desk"))
    assert env.calendars[""] is env.calendars["office"]
    made = ticket(runtime, opened="2026-03-13", closed="2026-03-16", since="2026-03-13T16:30:00+08:00")
    assert (made["days"], made["respond"]) == (1, "2026-03-17T03:30:00Z")


def test_calendars_have_zones_of_their_own() -> None:
    source = copy.deepcopy(DESK)
    source["calendar"]["office"]["timezone"] = "America/New_York"
    app = check_app(source, REGISTRIES).app
    assert app is not None
    assert {key: each.zone.key for key, each in app.calendars.items()} == {
        "": "America/New_York",
        "office": "America/New_York",
        "24x7": "Asia/Shanghai",
    }
