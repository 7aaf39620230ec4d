"""What rules know about changes, about who saves, and about what happened to a record before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.definitions.publish import publish
from engine.expressions import check
from engine.identity.principal import SYSTEM
from engine.registry import fill
from forms.compiled import compiled_form
from forms.environment import environment
from tests.rules.small_crm import Crm, documents, field, label, rule, select

FORMS: dict[str, list[dict[str, Any]]] = {
    "order": [
        field("name", "text"),
        select("stage", "open", "won", "lost", default="open"),
        field("total", "formula", result={"type": "money"}, expr="SUM(lines.price)"),
        field("marks", "text", default=""),
        field("customer", "ref", form="customer", on_delete="restrict"),
        field("lines", "subtable", fields=[field("label", "text"), field("price", "money")]),
    ],
    "customer": [field("name", "text")],
    "visit": [
        field("order", "ref", form="order", on_delete="cascade"),
        field("second", "ref", form="order", on_delete="set_null"),
        field("customer", "lookup", path="order.customer"),
        field("note", "text"),
    ],
}


def source(*rules: dict[str, Any], **kinds: Any) -> dict[str, dict[str, Any]]:
    forms = {key: {"key": key, "label": label(key), "fields": fields} for key, fields in FORMS.items()}
    return documents(rules, **{"form": forms, **kinds})


def marking(key: str, when: str, **more: Any) -> dict[str, Any]:
    """A rule that adds its key to the marks of an order."""
    put = {"type": "set_fields", "set": {"marks": {"expr": f'marks & "{key} "'}}}
    return rule(key, "order", more.pop("trigger", {"type": "updated"}), [put], when=when, **more)


@pytest.fixture
def crm(runtime, people):
    def start(*rules: dict[str, Any], principal: Any = SYSTEM) -> Crm:
        with runtime.unit_of_work(SYSTEM, source="designer") as work:
            publish(work, source(*rules))
        return Crm(runtime, principal)

    return start


@pytest.fixture
def ask(runtime):
    """The value of an expression on a stored record."""

    def value(form: str, record: str, expression: str) -> Any:
        from forms import records

        with runtime.reading(SYSTEM) as work:
            app = work.app("crm")
            kind = compiled_form(app, form)
            checked = check(expression, scope_of(app, kind))
            return checked.evaluate(records.load(work, kind, record), environment(work, app))

    return value


def scope_of(app: Any, form: Any) -> Any:
    from engine.expressions import Scope
    from forms.system_forms import SYSTEM_FORMS

    forms = {**{key: each.shape() for key, each in SYSTEM_FORMS.items()}}
    forms |= {key: each.shape for key, each in app.kind("form").items()}
    return Scope(form.shape, forms.get, app.variables)


def marks(app: Crm, record: str) -> str:
    return app.get("order", record)["marks"] or ""


def line(name: str, price: int) -> dict[str, Any]:
    return {"label": name, "price": price}


def test_a_child_table_has_changed_when_a_row_changes_comes_goes_or_moves(crm):
    app = crm(marking("c", "CHANGED(lines)"))
    order = app.create("order", name="A", lines=[line("x", 100), line("y", 200)])
    app.update("order", order, name="B")
    assert marks(app, order) == ""
    first, second = app.get("order", order)["lines"]
    app.update("order", order, lines=[first, second])
    assert marks(app, order) == ""
    for count, rows in enumerate(
        (
            [{**first, "price": 150}, second],
            [second, {**first, "price": 150}],
            [second],
            [second, line("z", 1)],
        ),
        start=1,
    ):
        app.update("order", order, lines=rows)
        assert marks(app, order) == "c " * count


def test_a_new_record_has_changed_its_child_table_when_it_has_rows(crm):
    app = crm(marking("c", "CHANGED(lines)", trigger={"type": "created"}))
    assert marks(app, app.create("order", lines=[line("x", 1)])) == "c "
    assert marks(app, app.create("order", name="A")) == ""


def test_a_rule_follows_a_field_into_and_out_of_a_value(crm):
    app = crm(
        marking("to", 'CHANGEDTO(stage, "won")'),
        marking("any", 'CHANGEDTO(stage, "won", "lost")'),
        marking("from", 'CHANGEDFROM(stage, "open")'),
        marking("both", 'CHANGEDFROM(stage, "lost") and CHANGEDTO(stage, "won")'),
    )
    order = app.create("order", name="A")
    seen = []
    for changes in ({"stage": "lost"}, {"name": "B"}, {"stage": "won"}, {"stage": None}, {"stage": "open"}):
        app.update("order", order, marks=None, **changes)
        seen.append(set(marks(app, order).split()))
    assert seen == [{"any", "from"}, set(), {"to", "any", "both"}, set(), set()]


def test_a_rule_knows_who_saves(crm, principal):
    rules = (
        marking("me", "owner = ME()"),
        marking("team", "owner in MYTEAM()"),
        marking("director", 'HASROLE("sales_director")'),
    )
    seen = {}
    crm(*rules)
    runtime = crm(principal=principal("li")).runtime
    publish_again(runtime, *rules)
    order = Crm(runtime, principal("li")).create("order", name="A")
    for user in ("li", "wang", "liu", "wu"):
        app = Crm(runtime, principal(user))
        app.update("order", order, marks=None, name=user)
        seen[user] = set(marks(app, order).split())
    assert seen == {"li": {"me", "team"}, "wang": {"team"}, "liu": {"team", "director"}, "wu": set()}


def publish_again(runtime, *rules):
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        publish(work, source(*rules))


def test_days_in_a_state_count_from_the_last_change_of_the_field(crm, ask, clock):
    app = crm()
    clock.set(datetime(2026, 3, 1, 15, 30, tzinfo=UTC))  # 23:30 in Shanghai
    order = app.create("order", name="A", lines=[line("x", 1)])
    assert ask("order", order, "DAYSINSTATE(stage)") == 0
    clock.advance(hours=1)
    assert ask("order", order, "DAYSINSTATE(stage)") == 1
    app.update("order", order, name="B")
    clock.advance(days=3)
    assert [ask("order", order, f"DAYSINSTATE({name})") for name in ("stage", "name", "lines")] == [4, 3, 4]
    app.update("order", order, stage="won")
    app.update("order", order, lines=[line("x", 2)])
    clock.advance(days=1)
    values = ("stage", "name", "lines", "total", "customer")
    assert [ask("order", order, f"DAYSINSTATE({name})") for name in values] == [1, 4, 1, 1, 5]


def test_the_last_activity_is_a_persons_and_not_the_apps(crm, ask, clock, principal):
    app = crm(principal=principal("li"))
    order = app.create("order", name="A")
    created = clock.now()
    clock.advance(days=2)
    Crm(app.runtime).update("order", order, name="by the app")
    assert ask("order", order, "LASTACTIVITY()") == created
    assert ask("order", order, "INACTIVEDAYS()") == 2
    app.update("order", order, name="by li")
    assert ask("order", order, "LASTACTIVITY()") == clock.now()
    assert ask("order", order, "INACTIVEDAYS()") == 0
    other = Crm(app.runtime).create("order", name="never touched")
    assert ask("order", other, "LASTACTIVITY()") is None
    assert ask("order", other, "INACTIVEDAYS()") is None


def test_activity_among_related_records_counts_any_reference_and_live_ones_only(crm, ask, clock, principal):
    app = crm(principal=principal("li"))
    order, other = app.create("order", name="A"), app.create("order", name="B")
    assert ask("order", order, 'LASTACTIVITY("visit")') is None
    visit = app.create("visit", order=order)
    first = clock.now()
    clock.advance(days=1)
    later = app.create("visit", order=other, second=order)
    assert ask("order", order, 'LASTACTIVITY("visit")') == clock.now()
    app.delete("visit", later)
    assert ask("order", order, 'LASTACTIVITY("visit")') == first
    clock.advance(days=1)
    app.update("visit", visit, note="called")
    assert ask("order", order, 'LASTACTIVITY("visit")') == clock.now()
    clock.advance(days=8)
    assert ask("order", order, 'INACTIVEDAYS("visit")') == 8
    assert ask("order", other, 'INACTIVEDAYS("visit")') is None


def test_a_lookup_counts_as_a_reference_too(crm, ask, principal):
    app = crm(principal=principal("li"))
    customer = app.create("customer", name="Acme")
    order = app.create("order", customer=customer)
    assert ask("customer", customer, 'EVENTCOUNT("visit", 7)') == 0
    app.create("visit", order=order)
    app.create("visit", order=app.create("order", name="of nobody"))
    assert ask("customer", customer, 'EVENTCOUNT("visit", 7)') == 1
    assert ask("order", order, 'EVENTCOUNT("visit", 7, customer)') == 1
    assert ask("order", order, 'INACTIVEDAYS("order", customer)') == 0
    assert ask("order", order, "LASTACTIVITY(customer)") is not None


def test_events_are_counted_in_a_sliding_window(crm, ask, clock):
    app = crm()
    order = app.create("order", name="A")
    for _ in range(3):
        clock.advance(days=2)
        app.create("visit", order=order)
        app.update("order", order, name=str(clock.now()))
    assert [ask("order", order, f'EVENTCOUNT("visit", {days})') for days in (1, 2, 4, 5)] == [1, 1, 2, 3]
    assert ask("order", order, 'EVENTCOUNT("updated", 3)') == 2
    assert ask("order", order, 'EVENTCOUNT("created", 6)') == 0
    assert ask("order", order, 'EVENTCOUNT("created", 7)') == 1
    assert ask("order", order, 'EVENTCOUNT("updated", 999999999)') == 3
    clock.advance(days=7)
    assert ask("order", order, 'EVENTCOUNT("visit", 7)') == 0


def test_the_fourth_event_within_seven_days_fires_a_rule(crm, clock):
    noted = {"type": "set_fields", "set": {"note": {"expr": '"hot"'}}}
    app = crm(rule("hot", "visit", {"type": "created"}, [noted], when='EVENTCOUNT("visit", 7, order) >= 4'))
    order = app.create("order", name="A")
    notes = []
    for hours in (0, 24, 96, 24, 49, 120):
        clock.advance(hours=hours)
        notes.append(app.get("visit", app.create("visit", order=order))["note"])
    assert notes == [None, None, None, "hot", None, None]


def test_what_the_log_tells_is_known_to_a_rule_in_the_transaction_of_the_save(crm):
    app = crm(marking("twice", 'EVENTCOUNT("updated", 1) = 2'))
    order = app.create("order", name="A")
    app.update("order", order, name="B")
    assert marks(app, order) == ""
    app.update("order", order, name="C")
    assert marks(app, order) == "twice "


@pytest.fixture(scope="module")
def registries():
    return fill(BUILT_INS)


def findings(registries: Any, documents: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in check_app(documents, registries).findings]


def test_a_role_that_the_app_does_not_have_is_named_when_publishing(registries):
    wrong = source(marking("r", 'HASROLE("sales_directr") or HASROLE("admin")'))
    assert findings(registries, wrong) == [("unknown_role", "/rules/r/when")]
    right = source(marking("r", 'HASROLE("sales_director")'))
    assert "unknown_role" not in dict(findings(registries, right))


def test_a_formula_that_asks_the_log_is_refused_by_name(registries):
    fields = [*FORMS["customer"], field("quiet", "formula", result={"type": "int"}, expr="INACTIVEDAYS()")]
    wrong = source()
    wrong["form"]["customer"] = {**wrong["form"]["customer"], "fields": fields}
    assert findings(registries, wrong) == [("not_pushable", "/forms/customer/fields/1")]


def test_a_scope_cannot_take_the_name_of_a_variable(registries):
    scope = {"key": "my_team", "label": label("team"), "form": "customer", "where": 'name = "A"'}
    assert findings(registries, source(scope={"my_team": scope})) == [("reserved_name", "/scopes/my_team")]
