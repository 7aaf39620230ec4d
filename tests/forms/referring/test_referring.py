"""Backlinks in expressions: what refers to a record is counted as its child rows are, in memory and in SQL."""

from __future__ import annotations

from functools import partial
from itertools import product
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pytest

from engine.definitions.check import check_app
from engine.errors import Invalid
from engine.expressions import ExpressionError, Params
from engine.expressions.sql.turned import MIRRORED
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms import listing
from forms.access import Access
from forms.columns import Query, RecordColumns
from forms.compiled import compiled_form
from forms.listing import ListQuery, list_json, read_filter
from forms.reading_plan import make_plan
from forms.records import RecordNotFound
from tests.forms.shop import field, name, option
from tests.forms.test_records import Desk
from tests.support.prepared import prepared_by, publishing

LI = Principal(user="li", roles=("engineer",))
SUN = Principal(user="sun", roles=("engineer",))
WU = Principal(user="wu", roles=("clerk",))
CUSTOMER: dict[str, Any] = {
    "key": "customer",
    "label": name("customer"),
    "fields": [
        field("name", "text"),
        field("closed", "bool", default=False),
        field("limit", "int", default=3),
        field("open", "formula", result={"type": "int"}, expr='COUNT(tickets, status <> "done")'),
        field("spent", "formula", result={"type": "decimal", "scale": 2}, expr="SUM(tickets.hours)"),
        field("last", "formula", result={"type": "text"}, expr="LOOKUP(tickets.subject, hours, desc)"),
        field("tickets", "backlink", form="ticket", link="customer"),
        field("seen_in", "backlink", form="note", link="about"),
        field("met_in", "backlink", form="note", link="people"),
    ],
    "validations": [
        {
            "code": "still_open",
            "expr": 'not closed or not ANY(tickets, status <> "done")',
            "field": "closed",
            "message": name("There are open tickets."),
        },
        {
            "code": "too_many",
            "expr": 'COUNT(tickets, status <> "done") <= limit',
            "field": "limit",
            "message": name("More tickets are open."),
        },
    ],
}
TICKET: dict[str, Any] = {
    "key": "ticket",
    "label": name("ticket"),
    "fields": [
        field("subject", "text"),
        field("customer", "ref", form="customer", on_delete="restrict"),
        field("handler", "user"),
        field("hours", "decimal", scale=2),
        field("status", "select", options=option("new", "done"), default="new"),
        field("parent", "tree_parent", on_delete="restrict"),
        field("below", "backlink", form="ticket", link="parent"),
        field("leaf", "formula", result={"type": "bool"}, expr="COUNT(below) = 0"),
    ],
}
NOTE: dict[str, Any] = {
    "key": "note",
    "label": name("note"),
    "fields": [
        field("text", "text"),
        field("about", "dynamic_ref", forms=["customer", "ticket"]),
        field("people", "refs", form="customer"),
    ],
}
ENGINEER = [
    {"form": "customer", "actions": ["view", "update"], "where": "ANY(tickets, handler = $me)"},
    {"form": "ticket", "actions": ["view", "update"], "where": "handler = $me"},
]
CLERK = [
    {"form": "customer", "actions": ["view"]},
    {"form": "ticket", "actions": ["view"], "fields": {"hidden": ["customer"], "read": "*"}},
]


PARTLY = Principal(user="li", roles=("partly",))
"""Sees every customer, but the tickets of those alone that are hers."""
PARTLY_SEEN = [
    {"form": "customer", "actions": ["view"], "fields": {"hidden": ["tickets"], "read": "*"}},
    {"form": "customer", "actions": ["view"], "where": "owner = $me"},
    {"form": "ticket", "actions": ["view"]},
]


def documents(**forms: dict[str, Any]) -> dict[str, dict[str, Any]]:
    roles = {"engineer": ENGINEER, "clerk": CLERK, "partly": PARTLY_SEEN}
    return {
        "app": {"shop": {"key": "shop", "label": name("shop")}},
        "form": {"customer": CUSTOMER, "ticket": TICKET, "note": NOTE, **forms},
        "role": {key: {"key": key, "label": name(key), "grants": each} for key, each in roles.items()},
    }


@pytest.fixture
@prepared_by(publishing(documents()))
def desk(runtime: Runtime, people: dict[str, Any]) -> Desk:
    return Desk(runtime)


def listed(desk: Desk, principal: Principal, asked: str, form: str = "customer") -> list[str]:
    with desk.runtime.reading(principal) as work:
        app = work.app("shop")
        found = list_json(work, app, compiled_form(app, form), ListQuery(filter=asked, sort="id"))
        return [item.get("name") or item["subject"] for item in found["items"]]


def test_a_formula_counts_what_refers_here_and_lists_filter_by_it(desk: Desk) -> None:
    one = desk.create("customer", name="one")["id"]
    desk.create("customer", name="two")
    first = desk.create("ticket", subject="a", customer=one, hours="1.5")["id"]
    desk.create("ticket", subject="b", customer=one, hours="2.25", status="done")
    made = desk.get("customer", one)
    assert (made["open"], made["spent"], made["last"]) == (1, "3.75", "b")
    assert listed(desk, SYSTEM, "open = 1") == ["one"]
    assert listed(desk, SYSTEM, "open = 0 and spent = 0 and ISBLANK(last)") == ["two"]
    assert listed(desk, SYSTEM, 'SUM(tickets.hours, status = "done") > 2') == ["one"]
    assert desk.update("ticket", first, status="done")["status"] == "done"
    assert desk.get("customer", one)["open"] == 0
    desk.delete("ticket", first)
    assert desk.get("customer", one)["spent"] == "2.25"


def test_a_validation_sees_what_refers_here_at_the_moment_of_the_save(desk: Desk) -> None:
    one = desk.create("customer", name="one", closed=True)["id"]
    ticket = desk.create("ticket", subject="a", customer=one)["id"]
    with pytest.raises(Invalid) as wrong:
        desk.update("customer", one, name="other")
    assert [each.code for each in wrong.value.findings] == ["still_open"]
    desk.update("ticket", ticket, status="done")
    assert desk.update("customer", one, name="other")["name"] == "other"


def test_what_was_saved_in_the_same_transaction_counts(desk: Desk) -> None:
    from forms import records

    one = desk.create("customer", name="one")["id"]
    with desk.runtime.unit_of_work(SYSTEM) as work:
        app = work.app("shop")
        customer, ticket = compiled_form(app, "customer"), compiled_form(app, "ticket")
        counted = []
        for _ in range(3):
            counted.append(records.load(work, customer, one)["open"])
            records.create(work, ticket, {"customer": one, "subject": "x"})
        counted.append(records.load(work, customer, one)["open"])
    assert counted == [0, 1, 2, 3]


def test_a_row_rule_shows_customers_that_have_a_ticket_of_mine(desk: Desk) -> None:
    one, two = (desk.create("customer", name=each)["id"] for each in ("one", "two"))
    ticket = desk.create("ticket", subject="a", customer=one, handler="li")["id"]
    desk.create("ticket", subject="b", customer=two, handler="sun")
    mine = Desk(desk.runtime, LI)
    assert listed(desk, LI, "true = true") == ["one"]
    assert mine.update("customer", one, name="ONE")["name"] == "ONE"
    with pytest.raises(RecordNotFound):
        mine.get("customer", two)
    with pytest.raises(RecordNotFound):
        mine.update("customer", two, name="TWO")
    desk.update("ticket", ticket, handler="sun")
    assert listed(desk, LI, "true = true") == []
    assert listed(desk, SUN, "true = true") == ["ONE", "two"]
    with pytest.raises(RecordNotFound):
        mine.get("customer", one)


def test_such_a_row_rule_is_looked_up_through_the_records_that_refer(desk: Desk) -> None:
    with desk.runtime.reading(LI) as work:
        app = work.app("shop")
        form, access = compiled_form(app, "customer"), Access(work, app)
        query = Query(dict(app.kind("form")), "sqlite", Params("sqlite"))
        row = RecordColumns(query, form, "r", form=form)
        sought, judged = (
            str(row.row_predicate(access.seen("customer"), sought=each)) for each in (True, False)
        )
    assert '"r"."id" IN (SELECT "t1"."customer" FROM "shop_ticket"' in sought
    assert 'EXISTS(SELECT 1 FROM "shop_ticket"' in judged


def test_a_filter_counts_only_records_that_the_reader_sees(desk: Desk) -> None:
    one = desk.create("customer", name="one")["id"]
    desk.create("ticket", subject="mine", customer=one, handler="li")
    desk.create("ticket", subject="theirs", customer=one, handler="sun")
    assert listed(desk, LI, "COUNT(tickets) = 1") == ["one"]
    assert listed(desk, LI, 'ANY(tickets, subject = "theirs")') == []
    assert listed(desk, SYSTEM, "COUNT(tickets) = 2") == ["one"]
    # the formula computes with the app's rights and is a field of its own
    assert listed(desk, LI, "open = 2") == ["one"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("SUM(tickets.hours, hours > 1) > 5", ["mine"]),
        ("SUM(tickets.hours, hours > 1) = 0", ["theirs"]),
        ("COUNT(tickets, hours > 1) = 2", ["mine"]),
        ("COUNT(tickets, hours > 1) = 0", ["theirs"]),
        ("ANY(tickets, hours > 1)", ["mine"]),
    ],
)
def test_rows_that_are_shown_of_some_records_alone_count_for_these(
    desk: Desk, asked: str, found: list[str]
) -> None:
    for each, owner in (("mine", "li"), ("theirs", "sun")):
        made = desk.create("customer", name=each, owner=owner)["id"]
        desk.create("ticket", subject="x", customer=made, hours="3")
        desk.create("ticket", subject="x", customer=made, hours="4")
    assert listed(desk, PARTLY, asked) == found


COMPARED = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@pytest.mark.parametrize("who", [SYSTEM, LI], ids=["all", "own"])
def test_filters_that_are_looked_up_through_what_refers_here_find_what_counting_each_finds(
    desk: Desk, who: Principal
) -> None:
    kinds = [[], ["new"], ["done"], ["new", "new"], ["new", "done", "done"], ["new"] * 3]
    for number, states in enumerate(kinds):
        made = desk.create("customer", name=str(number), limit=number)["id"]
        desk.create("ticket", subject="mine", customer=made, handler="li", status="done")
        for state in states:
            desk.create("ticket", subject="x", customer=made, handler="sun", status=state)
    desk.create("ticket", subject="of nobody", handler="li")
    extra = [[] if who is LI else states for states in kinds]  # who sees only what is theirs counts only that
    all_rows = [["done", *states] for states in extra]
    for sign, number in product(COMPARED, range(-1, 5)):
        counted = {
            "COUNT(tickets)": [len(each) for each in all_rows],
            'COUNT(tickets, status = "new")': [each.count("new") for each in all_rows],
        }
        for rows, counts in counted.items():
            expected = [str(at) for at, count in enumerate(counts) if COMPARED[sign](count, number)]
            for asked in (f"{rows} {sign} {number}", f"{number} {MIRRORED[sign]} {rows}"):
                assert sorted(listed(desk, who, asked)) == expected, asked
    for asked, holds in (
        ('ANY(tickets, status = "new")', lambda each: "new" in each),
        ('not ANY(tickets, status = "new")', lambda each: "new" not in each),
        ('ALL(tickets, status = "done")', lambda each: set(each) <= {"done"}),
        ('name = "0" or COUNT(tickets, status = "new") > 1', lambda each: each.count("new") > 1),
        ("ALL(tickets, hours > 1)", lambda _each: False),
        ("HAS(tickets)", lambda _each: True),
    ):
        expected = [
            str(at) for at, each in enumerate(all_rows) if holds(each) or ("name" in asked and at == 0)
        ]
        assert sorted(listed(desk, who, asked)) == expected, asked


HOURS: list[list[str | None]] = [
    [],
    ["1.10"],
    ["1.10", "2.20"],
    [None],
    [None, "3.30"],
    ["-1.10", "1.10"],
    ["0"],
]
SOME = 'status = "new"'
ASKED: dict[str, list[Any]] = {
    "SUM(tickets.hours)": [0, 110, 330, 0, 330, 0, 0],
    f"SUM(tickets.hours, {SOME})": [0, 110, 330, 0, 330, 0, 0],
    f"AVG(tickets.hours, {SOME})": [None, 110, 165, None, 330, 0, 0],
    f"MINOF(tickets.hours, {SOME})": [None, 110, 110, None, 330, -110, 0],
    f"MAXOF(tickets.hours, {SOME})": [None, 110, 220, None, 330, 110, 0],
    f"COUNT(tickets, {SOME})": [0, 100, 200, 100, 200, 200, 100],
    f"COUNT(tickets.hours, {SOME})": [0, 100, 200, 0, 100, 200, 100],
    f"DISTINCTCOUNT(tickets.hours, {SOME})": [0, 100, 200, 0, 100, 200, 100],
    "SUM(tickets.hours, hours > 1.5)": [0, 0, 220, 0, 330, 0, 0],
}
"""What is asked of customers -> what is true of each, in hundredths."""


@pytest.mark.parametrize("who", [SYSTEM, LI], ids=["all", "own"])
def test_what_rows_add_up_to_is_the_same_for_all_at_once_as_for_each(desk: Desk, who: Principal) -> None:
    for number, hours in enumerate(HOURS):
        made = desk.create("customer", name=str(number), limit=1)["id"]
        for each in hours:
            desk.create("ticket", subject="x", customer=made, handler="li", hours=each)
        if hours:
            desk.create("ticket", subject="x", customer=made, handler="sun", hours=None, status="done")
    desk.create("ticket", subject="of nobody", handler="li", hours="9")
    desk.delete("ticket", desk.create("ticket", customer=made, handler="li", hours="9")["id"])
    seen = [at for at, hours in enumerate(HOURS) if hours or who is SYSTEM]
    for asked, values in ASKED.items():
        there = [(at, values[at]) for at in seen if values[at] is not None]
        for number, (sign, holds) in product((0, 110, 165), COMPARED.items()):
            positive = [str(at) for at, value in there if holds(value, number)]
            negative = [str(at) for at, value in there if not holds(value, number)]
            test = f"{asked} {sign} {number / 100:.2f}"
            assert listed(desk, who, test) == positive, test
            assert listed(desk, who, f"not ({test})") == negative, test
        empty = [str(at) for at in seen if values[at] is None]
        assert listed(desk, who, f"ISBLANK({asked})") == empty, asked
        more = [str(at) for at in seen if at == 0 or (values[at] or 0) > 100]
        assert listed(desk, who, f'{asked} > limit or name = "0"') == more, asked


def test_pages_and_counts_of_what_rows_add_up_to_agree(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNTED", 2)  # so that a page goes through all records in order
    for number in range(5):
        made = desk.create("customer", name=str(number))["id"]
        desk.create("ticket", subject="x", customer=made, hours=str(number))
    with desk.runtime.reading(SYSTEM) as work:
        app = work.app("shop")
        form, seen, cursor = compiled_form(app, "customer"), [], None
        while True:
            query = ListQuery(
                filter="SUM(tickets.hours, hours > 0) >= 1",
                sort="-name",
                limit=2,
                cursor=cursor,
                count="exact",
            )
            page = list_json(work, app, form, query)
            seen += [each["name"] for each in page["items"]]
            assert page["count"] == 4
            if (cursor := page["next"]) is None:
                break
    assert seen == ["4", "3", "2", "1"]


def test_what_rows_add_up_to_is_found_for_all_records_at_once(desk: Desk) -> None:
    with desk.runtime.reading(SYSTEM) as work:
        app = work.app("shop")
        form, access = compiled_form(app, "customer"), Access(work, app)
        where = read_filter(access, form, 'SUM(tickets.hours, status = "new") > 5')
        dialect = desk.runtime.database.dialect
        asked = partial(
            make_plan, app, form, dialect, grants_of=access.seen, where=where, fields=[("name",)], limit=True
        )
        plan = asked(sought=True)
        for text in (plan.text, plan.count):
            assert "GROUP BY" in text
            assert ("LEFT JOIN" in text) == (dialect == "postgres")
        plan = asked(sought=True, where=read_filter(access, form, "SUM(tickets.hours) > 5"))
        assert "GROUP BY" not in plan.text  # all rows count, so that looking them up is as quick
        plan = asked(sought=False)
        assert "GROUP BY" not in plan.text
        assert "GROUP BY" in plan.count


def test_who_sees_few_records_is_told_what_the_rows_of_each_add_up_to(desk: Desk) -> None:
    with desk.runtime.reading(LI) as work:
        app = work.app("shop")
        form, access = compiled_form(app, "customer"), Access(work, app)
        where, dialect = read_filter(access, form, 'SUM(tickets.hours, status = "new") > 5'), "postgres"
        plan = make_plan(
            app,
            form,
            dialect,
            grants_of=access.seen,
            where=where,
            fields=[("name",)],
            limit=True,
            sought=True,
        )
    assert "GROUP BY" not in plan.text


def test_what_is_asked_of_rows_may_depend_on_the_record(desk: Desk) -> None:
    for number in range(3):
        made = desk.create("customer", name=str(number), limit=number)["id"]
        desk.create("ticket", subject=str(number % 2), customer=made, handler="li")
    assert listed(desk, SYSTEM, "COUNT(tickets, subject = parent.name) > 0") == ["0", "1"]
    assert listed(desk, SYSTEM, "COUNT(tickets, subject = parent.name) = 0") == ["2"]
    assert listed(desk, SYSTEM, "COUNT(tickets) > limit") == ["0"]


def test_a_filter_is_looked_up_through_the_records_that_refer(desk: Desk) -> None:
    asked = {
        'ANY(tickets, handler = "li")': "IN (SELECT",
        "COUNT(tickets) = 0": "NOT",
        "COUNT(tickets) >= 2": "HAVING (COUNT(*)) >= 2",
        "COUNT(tickets) < 2": "HAVING NOT",
    }
    for source, expected in asked.items():
        with desk.runtime.reading(SYSTEM) as work:
            app = work.app("shop")
            form, access = compiled_form(app, "customer"), Access(work, app)
            where = read_filter(access, form, source)
            query = Query(dict(app.kind("form")), "sqlite", Params("sqlite"))
            row = RecordColumns(query, form, "r", form=form)
            assert expected in str(row.filtered(where, sought=True)), source


def test_pages_of_many_found_so_follow_each_other(desk: Desk) -> None:
    for number in range(5):
        made = desk.create("customer", name=str(number))["id"]
        desk.create("ticket", subject="x", customer=made, handler="li")
    with desk.runtime.reading(SYSTEM) as work:
        app = work.app("shop")
        form, seen, cursor = compiled_form(app, "customer"), [], None
        while True:
            query = ListQuery(
                filter="COUNT(tickets) = 1", sort="-name", limit=2, cursor=cursor, count="exact"
            )
            page = list_json(work, app, form, query)
            seen += [each["name"] for each in page["items"]]
            assert page["count"] == 5
            if (cursor := page["next"]) is None:
                break
    assert seen == ["4", "3", "2", "1", "0"]


def test_who_does_not_see_the_reference_cannot_count_by_it(desk: Desk) -> None:
    for asked in ("COUNT(tickets) = 1", 'ANY(tickets, subject = "a")', "COUNT(nothing) = 1"):
        with pytest.raises(ExpressionError) as wrong:
            listed(desk, WU, asked)
        assert wrong.value.code == "unknown_field", asked


def test_rows_behind_a_reference_and_records_of_the_own_form_count_too(desk: Desk) -> None:
    one = desk.create("customer", name="one")["id"]
    top = desk.create("ticket", subject="top", customer=one)["id"]
    desk.create("ticket", subject="low", customer=one, parent=top)
    desk.create("ticket", subject="alone")
    assert listed(desk, SYSTEM, "COUNT(customer.tickets) = 2", "ticket") == ["top", "low"]
    assert listed(desk, SYSTEM, "leaf", "ticket") == ["low", "alone"]
    assert listed(desk, SYSTEM, "ANY(below, parent.customer = customer)", "ticket") == ["top"]
    assert listed(desk, SYSTEM, 'ANY(below, subject = "low")', "ticket") == ["top"]
    assert desk.get("ticket", top)["leaf"] is False


def test_references_of_several_forms_and_of_several_records_lead_here(desk: Desk) -> None:
    one, two = (desk.create("customer", name=each)["id"] for each in ("one", "two"))
    ticket = desk.create("ticket", subject="a")["id"]
    desk.create("note", text="n1", about={"form": "customer", "id": one}, people=[one, two])
    desk.create("note", text="n2", about={"form": "ticket", "id": ticket}, people=[two])
    assert listed(desk, SYSTEM, "COUNT(seen_in) = 1") == ["one"]
    assert listed(desk, SYSTEM, "COUNT(met_in) = 2") == ["two"]
    assert listed(desk, SYSTEM, 'ANY(met_in, text = "n1")') == ["one", "two"]


def findings(runtime: Runtime, **forms: dict[str, Any]) -> set[tuple[str, str]]:
    found = check_app(documents(**forms), runtime.registries).findings
    return {(each.pointer, each.code) for each in found if each.level == "error"}


def with_field(form: dict[str, Any], *more: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {**form, "fields": [*form["fields"], *more], **parts}


def test_what_is_kept_cannot_depend_on_records_that_refer_here(runtime: Runtime) -> None:
    rollup = field("all", "rollup", form="customer", link="boss", agg="count", where="COUNT(tickets) > 1")
    unique = [{"fields": ["name"], "when": "COUNT(tickets) > 1"}]
    boss = field("boss", "ref", form="customer", on_delete="restrict")
    found = findings(runtime, customer=with_field(CUSTOMER, boss, rollup, unique=unique))
    assert found == {
        ("/forms/customer/unique/0/when", "reads_referring"),
        (f"/forms/customer/fields/{len(CUSTOMER['fields']) + 1}/where", "reads_referring"),
    }


def test_a_circle_through_a_backlink_is_found(runtime: Runtime) -> None:
    round_ = field("loud", "formula", result={"type": "bool"}, expr="customer.open > 1")
    counted = field("loudly", "formula", result={"type": "int"}, expr="COUNT(tickets, loud)")
    again = field("open2", "formula", result={"type": "int"}, expr="COUNT(tickets, louder)")
    louder = field("louder", "formula", result={"type": "bool"}, expr="customer.open2 > 1")
    ticket = with_field(TICKET, round_)
    assert findings(runtime, ticket=ticket, customer=with_field(CUSTOMER, counted)) == set()
    found = findings(runtime, ticket=with_field(TICKET, louder), customer=with_field(CUSTOMER, again))
    assert {code for _, code in found} == {"formula_cycle"}


def test_a_backlink_is_no_value_and_does_not_change_with_its_record(runtime: Runtime) -> None:
    for expr, code in (
        ('tickets.subject = "a"', "child_outside_aggregate"),
        ("CHANGED(tickets)", "not_of_this_record"),
        ("COUNT(tickets, COUNT(customer.tickets) > 1) = 0", "rows_within_rows"),
        ("COUNT(tickts) = 0", "unknown_field"),
    ):
        wrong = {"code": "bad", "expr": expr, "message": name("bad")}
        [(pointer, found)] = findings(runtime, customer={**CUSTOMER, "validations": [wrong]})
        assert (pointer, found) == ("/forms/customer/validations/0/expr", code)
