"""Child rows, teams and roles as lists, formulas and grants see them, in memory and in the database."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from forms.listing import ListQuery, list_json
from forms.records import RecordNotFound
from tests.forms.shop import field, name
from tests.forms.test_records import Desk

PLAN = {
    "key": "plan",
    "label": name("plan"),
    "fields": [
        field("title", "text"),
        field("latest", "formula", result={"type": "money"}, expr='LOOKUP(steps.price, due, "desc")'),
        field("kinds", "formula", result={"type": "int"}, expr="DISTINCTCOUNT(steps.kind)"),
        # Reading the present makes it virtual: lists compute it in the database.
        field(
            "next",
            "formula",
            result={"type": "text"},
            expr='LOOKUP(steps.kind, due, "asc", due >= TODAY()) & ""',
        ),
        field(
            "steps",
            "subtable",
            fields=[field("kind", "text"), field("due", "date"), field("price", "money")],
        ),
    ],
}
GRANTS = [
    {"form": "plan", "actions": ["view", "create", "update"], "where": "owner in MYTEAM()"},
    {"form": "plan", "actions": ["view"], "where": 'HASROLE("auditor")'},
]
LI = Principal(user="li", roles=("rep",))
WANG = Principal(user="wang", roles=("rep",), subordinates=("li", "sun"))
WU = Principal(user="wu", roles=("rep",))
ZHAO = Principal(user="zhao", roles=("rep", "auditor"))


@pytest.fixture
def plans(runtime: Runtime, people: dict[str, Any]) -> Runtime:
    role = {"key": "rep", "label": name("rep"), "grants": GRANTS}
    auditor = {"key": "auditor", "label": name("auditor"), "grants": []}
    documents = {
        "app": {"shop": {"key": "shop", "label": name("shop")}},
        "form": {"plan": PLAN},
        "role": {"rep": role, "auditor": auditor},
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents)
    return runtime


def step(kind: str | None, due: str | None, price: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "due": due, "price": price}


def titles(runtime: Runtime, principal: Principal, **query: Any) -> list[Any]:
    with runtime.reading(principal) as work:
        app = work.app("shop")
        found = list_json(work, app, compiled_form(app, "plan"), ListQuery(**query))
        return [item["title"] for item in found["items"]]


def test_the_first_row_is_the_same_when_saved_read_and_filtered(plans: Runtime) -> None:
    desk = Desk(plans, LI)
    steps = [step("a", "2026-02-01", "1"), step("b", "2026-04-01", "2"), step("c", "2026-04-01", "3")]
    made = desk.create("plan", title="A", steps=[*steps, step("d", None, "4"), step("a", "2026-03-02", "5")])
    assert (made["latest"], made["kinds"], made["next"]) == ("2.00", 4, "a")
    desk.create("plan", title="B", steps=[])
    assert titles(plans, LI, filter='LOOKUP(steps.price, due, "desc") = 2') == ["A"]
    assert titles(plans, LI, filter='next = "a"') == ["A"]
    assert titles(plans, LI, filter="not HAS(steps) and kinds = 0 and ISBLANK(latest)") == ["B"]


def test_among_equals_the_upper_row_comes_first_also_after_rows_were_moved(plans: Runtime) -> None:
    desk = Desk(plans, LI)
    made = desk.create("plan", title="A", steps=[step("x", "2026-05-01", "1"), step("y", "2026-05-01", "2")])
    assert (made["latest"], made["next"]) == ("1.00", "x")
    with plans.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("shop"), "plan")
        rows = records.load(work, form, made["id"])["steps"]
        records.update(work, form, made["id"], {"steps": rows[::-1]})
    moved = desk.get("plan", made["id"])
    assert (moved["latest"], moved["next"]) == ("2.00", "y")
    assert titles(plans, LI, filter='LOOKUP(steps.kind, due) = "y"') == ["A"]


def test_a_grant_for_the_team_shows_the_records_of_all_below(plans: Runtime) -> None:
    for principal in (LI, WANG, WU):
        Desk(plans, principal).create("plan", title=principal.user)
    theirs = Desk(plans, LI).create("plan", title="second")["id"]
    assert titles(plans, LI, sort="title") == ["li", "second"]
    assert titles(plans, WANG, sort="title") == ["li", "second", "wang"]
    assert titles(plans, WU) == ["wu"]
    assert titles(plans, WANG, filter="owner = ME()") == ["wang"]
    assert Desk(plans, WANG).update("plan", theirs, title="seen")["title"] == "seen"
    with pytest.raises(RecordNotFound):
        Desk(plans, WU).get("plan", theirs)


def test_a_grant_may_ask_for_another_role(plans: Runtime) -> None:
    made = Desk(plans, LI).create("plan", title="A")["id"]
    assert titles(plans, ZHAO) == ["A"]
    assert Desk(plans, ZHAO).get("plan", made)["title"] == "A"
    assert titles(plans, WU) == []
