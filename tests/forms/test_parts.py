"""Fields of several parts: a period is one value in JSON and two columns everywhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name
from tests.support.client import AsUser, SignedIn
from tests.support.prepared import prepared_by, publishing

PATH = "/apps/rent/forms/lease/records"
MARCH = {"start": "2026-03-01", "end": "2026-03-31"}
APRIL = {"start": "2026-04-01", "end": "2026-04-30"}

HOUSE = {
    "key": "house",
    "label": name("house"),
    "fields": [
        field("name", "text", required=True),
        field("free", "date_range", required=True),
        field("last", "rollup", form="lease", link="house", agg="max", field="period.end"),
    ],
}
LEASE = {
    "key": "lease",
    "label": name("lease"),
    "fields": [
        field("house", "ref", form="house"),
        field("closed", "bool", default=False),
        field("period", "date_range", index=True, readonly="closed", visible="ISBLANK(hidden)"),
        field("hidden", "text"),
        field("price", "number_range", scale=2, open=True),
        field("days", "formula", result={"type": "int"}, expr="period.end - period.start + 1"),
        field("fits", "formula", result={"type": "bool"}, expr="period.start >= house.free.start"),
        field("from", "lookup", path="house.free.start"),
        field("until", "copy", path="house.free.end"),
        field(
            "stages",
            "subtable",
            fields=[
                field("span", "date_range", readonly="done"),
                field("done", "bool"),
                field("length", "formula", result={"type": "int"}, expr="span.end - span.start"),
            ],
        ),
        field("total", "formula", result={"type": "int"}, expr="SUM(stages.length)"),
        field("first", "formula", result={"type": "date"}, expr="MINOF(stages.span.start)"),
    ],
    "indexes": [["period.start", "house"]],
    "validations": [
        {
            "code": "too_long",
            "expr": "period.end - period.start <= 100",
            "field": "period",
            "message": name("long"),
        }
    ],
}
CLERK = {
    "key": "sales_rep",
    "label": name("sales_rep"),
    "grants": [
        {
            "form": "lease",
            "actions": ["view", "create", "update", "history"],
            "fields": {"hidden": ["period"]},
        },
        {"form": "house", "actions": ["view"], "fields": {"read": ["name"]}},
    ],
}
RULE = {
    "key": "moved",
    "label": name("moved"),
    "form": "lease",
    "trigger": {"type": "updated", "fields": ["period"]},
    "when": 'period.start >= "2026-04-01"',
    "actions": [{"type": "set_fields", "set": {"price": {"low": "1", "high": "2"}}}],
}


def rent(**forms: Any) -> dict[str, dict[str, Any]]:
    return {
        "app": {"rent": {"key": "rent", "label": name("rent")}},
        "form": {"house": HOUSE, "lease": LEASE, **forms},
        "role": {"sales_rep": CLERK},
        "rule": {"moved": RULE},
    }


@pytest.fixture
@prepared_by(publishing(rent()))
def root(people: dict[str, Any], as_user: AsUser) -> SignedIn:
    return as_user("root")


def make(root: SignedIn, **values: Any) -> dict[str, Any]:
    answer = root.post(PATH, values)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = root.get(f"{PATH}/{answer.json()['id']}").json()
    return made


def found(root: SignedIn, **query: Any) -> list[dict[str, Any]]:
    answer = root.get(PATH, params={**query, "filter": json.dumps(query.get("filter", True))})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_formulas_lookups_and_rollups_read_the_parts(root: SignedIn) -> None:
    house = root.post("/apps/rent/forms/house/records", {"name": "h", "free": APRIL}).json()
    lease = make(root, house=house["id"], period=MARCH)
    assert (lease["days"], lease["fits"], lease["from"], lease["until"]) == (
        31,
        False,
        "2026-04-01",
        "2026-04-30",
    )
    assert root.get(f"/apps/rent/forms/house/records/{house['id']}").json()["last"] == "2026-03-31"
    root.patch(f"{PATH}/{lease['id']}", {"period": APRIL})
    assert root.get(f"/apps/rent/forms/house/records/{house['id']}").json()["last"] == "2026-04-30"


def test_a_list_asks_filters_and_sorts_by_parts(root: SignedIn) -> None:
    house = root.post("/apps/rent/forms/house/records", {"name": "h", "free": APRIL}).json()
    for period in (APRIL, MARCH, None):
        make(root, house=house["id"], period=period)
    whole = found(root, sort="period.start", fields="period")
    assert [row["period"] for row in whole] == [None, MARCH, APRIL]
    parts = found(root, sort="-period.end", fields="period.end,house.free", limit=1)
    assert parts[0]["period"] == {"end": "2026-04-30"}
    assert parts[0]["house"]["free"] == APRIL
    late = found(root, filter={"period.start": {"gte": "2026-03-15"}}, fields="id,period")
    assert [row["period"] for row in late] == [APRIL]
    assert len(found(root, filter={"house.free.end": {"eq": "2026-04-30"}})) == 3
    paged = root.get(PATH, params={"sort": "period.start", "limit": "2", "fields": "period"}).json()
    rest = root.get(
        PATH, params={"sort": "period.start", "limit": "2", "fields": "period", "cursor": paged["next"]}
    ).json()
    assert [row["period"] for row in rest["items"]] == [APRIL]


@pytest.mark.parametrize("name_", ["period", "period.middle", "period__start.x"])
def test_what_has_no_value_is_no_field_of_a_condition(root: SignedIn, name_: str) -> None:
    answer = root.get(PATH, params={"filter": json.dumps({name_: {"eq": "2026-03-01"}})})
    assert (answer.status_code, answer.json()["code"]) in ((422, "unknown_field"), (422, "not_a_reference"))
    assert root.get(PATH, params={"sort": name_}).json()["code"] == "unknown_field"


def test_a_hidden_period_hides_its_parts(root: SignedIn, as_user: AsUser) -> None:
    lease = make(root, period=MARCH)
    li = as_user("li")
    answer = li.get(f"{PATH}/{lease['id']}").json()
    assert "period" not in answer
    assert li.get(f"{PATH}/{lease['id']}/history").json()["items"][0]["changes"].keys() >= {"closed"}
    assert "period" not in json.dumps(li.get(f"{PATH}/{lease['id']}/history").json())
    for query in ({"fields": "period.start"}, {"fields": "period"}, {"sort": "period.start"}):
        assert li.get(PATH, params=query).json()["code"] == "unknown_field"
    assert li.get(PATH, params={"filter": 'period.start > "2026-01-01"'}).json()["code"] == "unknown_field"
    assert (
        li.get(PATH, params={"filter": 'house.free.start > "2026-01-01"'}).json()["code"] == "unknown_field"
    )
    assert li.patch(f"{PATH}/{lease['id']}", {"period": APRIL}).status_code == 403
    assert "period" not in li.get("/apps/rent/forms/lease/schema").json()["properties"]


def test_rows_hold_periods_too(root: SignedIn) -> None:
    lease = make(root, stages=[{"span": MARCH, "done": True}, {"span": APRIL}, {}])
    assert [row["span"] for row in lease["stages"]] == [MARCH, APRIL, None]
    assert (lease["total"], lease["first"]) == (59, "2026-03-01")
    first, second, _ = lease["stages"]
    edited = root.patch(f"{PATH}/{lease['id']}", {"stages": [{"id": second["id"], "span": MARCH}]}).json()
    assert [row["span"] for row in edited["stages"]] == [MARCH, MARCH, None]
    refused = root.patch(f"{PATH}/{lease['id']}", {"stages": [{"id": first["id"], "span": APRIL}]}).json()
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/stages/0/span", "read_only")]
    history = root.get(f"{PATH}/{lease['id']}/history").json()["items"][0]["changes"]["stages"]["update"]
    assert history == [
        {
            "id": second["id"],
            "span.start": ["2026-04-01", "2026-03-01"],
            "span.end": ["2026-04-30", "2026-03-31"],
            "length": [29, 30],
        }
    ]


def test_conditions_of_a_field_hold_for_the_whole(root: SignedIn) -> None:
    refused = root.post("/apps/rent/forms/house/records", {"name": "h"}).json()
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/free", "required")]
    lease = make(root, period=MARCH)
    hidden = root.patch(f"{PATH}/{lease['id']}", {"hidden": "x"}).json()
    assert (hidden["period"], hidden["days"]) == (None, None)
    closed = make(root, period=MARCH, closed=True)
    refused = root.patch(f"{PATH}/{closed['id']}", {"period": APRIL}).json()
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/period", "read_only")]
    assert refused["errors"][0]["message"]["zh"] == "记录处于当前状态时，此字段不能修改。"
    long = root.post(PATH, {"period": {"start": "2026-01-01", "end": "2026-12-31"}}).json()
    assert [(e["pointer"], e["code"]) for e in long["errors"]] == [("/period", "too_long")]


def test_edits_of_one_period_meet(root: SignedIn) -> None:
    lease = make(root, period=MARCH)
    root.patch(f"{PATH}/{lease['id']}", {"period": {**MARCH, "end": "2026-03-30"}})
    met = root.patch(f"{PATH}/{lease['id']}", {"period": APRIL, "base_version": lease["rev"]})
    assert (met.status_code, met.json()["code"]) == (409, "field_conflict")
    assert met.json()["details"]["fields"]["period"] == {
        "theirs": {**MARCH, "end": "2026-03-30"},
        "yours": APRIL,
    }
    merged = root.patch(f"{PATH}/{lease['id']}", {"price": {"low": 1}, "base_version": lease["rev"]}).json()
    assert merged["price"] == {"low": "1.00", "high": None}


def test_a_rule_hears_of_a_part_and_sets_a_whole(root: SignedIn) -> None:
    lease = make(root, period=MARCH)
    moved = root.patch(f"{PATH}/{lease['id']}", {"period": {**MARCH, "end": "2026-03-30"}}).json()
    assert moved["price"] is None
    root.patch(f"{PATH}/{lease['id']}", {"period": APRIL})
    assert root.get(f"{PATH}/{lease['id']}").json()["price"] == {"low": "1.00", "high": "2.00"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (field("a__b", "text"), "bad_key"),
        (field("x", "formula", result={"type": "date"}, expr="period"), "unknown_field"),
        (field("x", "formula", result={"type": "date_range"}, expr="period.start"), "bad_result_type"),
        (field("x", "lookup", path="house.free"), "bad_path"),
        (field("x", "date_range", default={"start": "2026-03-02", "end": "2026-03-01"}), "range_reversed"),
        (field("x", "number_range", min="a"), "wrong_type"),
    ],
)
def test_what_cannot_be_published(runtime: Runtime, people: dict[str, Any], change: Any, code: str) -> None:
    lease = {**LEASE, "fields": [*LEASE["fields"], change]}  # type: ignore[misc]
    with pytest.raises(NotPublishable) as refused, runtime.unit_of_work(SYSTEM) as work:
        publish(work, rent(lease=lease))
    assert code in {finding.code for finding in refused.value.findings}


def test_a_period_can_be_added_to_a_form_with_records(root: SignedIn, runtime: Runtime) -> None:
    lease = make(root, period=MARCH)
    more = {**LEASE, "fields": [*LEASE["fields"], field("extra", "date_range")]}  # type: ignore[misc]
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, rent(lease=more))
    assert root.get(f"{PATH}/{lease['id']}").json()["extra"] is None
    assert root.patch(f"{PATH}/{lease['id']}", {"extra": APRIL}).json()["extra"] == APRIL


def test_a_report_groups_by_a_part(root: SignedIn) -> None:
    for period in (MARCH, MARCH, APRIL, None):
        make(root, period=period, price={"low": "1.50", "high": "2"})
    report = {
        "key": "spans",
        "label": name("spans"),
        "from": "lease",
        "dimensions": [{"id": "month", "field": "period.start", "grain": "month"}],
        "measures": [
            {"id": "count", "agg": "count"},
            {"id": "low", "agg": "sum", "field": "price.low"},
        ],
    }
    answer = root.post("/apps/rent/draft/reports:preview", report)
    assert answer.status_code == 200, answer.text
    rows = {row["month"]: (row["count"], row["low"]) for row in answer.json()["rows"]}
    assert rows == {"2026-03": (2, "3.00"), "2026-04": (1, "1.50"), None: (1, "1.50")}
    assert answer.json()["columns"][0]["label"]["en"] == "period: Start"


def test_parts_are_called_by_their_names_in_each_language(root: SignedIn) -> None:
    refused = root.post(PATH, {"period": {"start": "2026-03-01"}}).json()["errors"][0]
    assert (refused["pointer"], refused["message"]["zh"]) == ("/period/end", "缺少“结束”。")
    reversed_ = {"start": "2026-03-02", "end": "2026-03-01"}
    refused = root.post(PATH, {"period": reversed_}).json()["errors"][0]
    assert refused["message"] == {"zh": "“开始”大于“结束”。", "en": "'Start' is after 'End'."}
