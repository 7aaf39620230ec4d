"""What lists and saves cost the database, counted in statements: no record may cost one of its own."""

from __future__ import annotations

import pytest

from engine.changes import log
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from forms import records
from forms.api_records import create_json, update_json
from forms.batch import Item, run_batch
from forms.compiled import compiled_form
from forms.listing import ListQuery, list_json
from forms.tables import link_table, quoted
from tests.forms.shop import field, name
from tests.support.statements import counted

REFERENCES = [f"r{number}" for number in range(10)]
TARGET = {"key": "target", "label": name("target"), "fields": [field("name", "text"), field("cost", "money")]}
WIDE = {
    "key": "wide",
    "label": name("wide"),
    "fields": [
        field("title", "text"),
        *(field(key, "ref", form="target") for key in REFERENCES),
        field("people", "users"),
        field("lines", "subtable", fields=[field("to", "ref", form="target")]),
    ],
}
MANY = {
    "key": "many",
    "label": name("many"),
    "fields": [field("title", "text"), field("others", "refs", form="target")],
}
READER = {
    "key": "reader",
    "label": name("reader"),
    "grants": [
        {"form": "wide", "actions": ["view", "create", "update"], "where": "owner = $me"},
        {"form": "target", "actions": ["view"], "where": "cost < 1000", "fields": {"hidden": ["cost"]}},
    ],
}
APP = {
    "app": {"stock": {"key": "stock", "label": name("stock")}},
    "form": {"target": TARGET, "wide": WIDE, "many": MANY},
    "role": {"reader": READER},
}
LI = Principal(user="li", roles=("reader",))


@pytest.fixture
def stock(runtime, people):
    """The app with a hundred targets; gives their ids."""
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, APP)
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("stock")
        items = [Item("create", data={"name": f"t{number}", "cost": "1"}) for number in range(100)]
        return [
            each.record for each in run_batch(work, app, compiled_form(app, "target"), items, atomic=True)
        ]


def body(ids, number):
    references = {key: ids[(number + place * 7) % 100] for place, key in enumerate(REFERENCES)}
    return {"title": f"w{number}", **references, "lines": [{"to": ids[number]}]}


def save(runtime, stock, items):
    """The outcomes of a batch of the reader, and its statements."""
    with runtime.unit_of_work(LI) as work:
        app = work.app("stock")
        with counted(work) as seen:
            outcomes = run_batch(work, app, compiled_form(app, "wide"), items, atomic=True)
    return outcomes, seen


def creating(stock):
    return [Item("create", data=body(stock, number)) for number in range(100)]


def test_list_of_100_records_with_10_references_costs_at_most_12_statements(runtime, stock):
    save(runtime, stock, creating(stock))
    fields = ",".join(["title", "people", "lines", *(f"{key}.name" for key in REFERENCES)])
    with runtime.reading(LI) as work:
        app = work.app("stock")
        with counted(work) as seen:
            query = ListQuery(fields=fields, limit=100, count="exact")
            answer = list_json(work, app, compiled_form(app, "wide"), query)
    assert (len(answer["items"]), answer["count"]) == (100, 100)
    assert all(each["r9"]["name"].startswith("t") and len(each["lines"]) == 1 for each in answer["items"])
    assert len(seen) <= 12, seen


def test_batch_of_100_records_with_references_costs_no_statement_for_each(runtime, stock):
    outcomes, seen = save(runtime, stock, creating(stock))
    assert {each.result for each in outcomes} == {"created"}
    assert len(seen) <= 16, seen


def test_change_of_100_records_costs_no_statement_for_each(runtime, stock):
    made, _ = save(runtime, stock, creating(stock))
    items = [Item("update", each.record, {"title": "x", "r0": stock[0]}) for each in made]
    outcomes, seen = save(runtime, stock, items)
    assert {each.result for each in outcomes} == {"updated"}
    assert len(seen) <= 20, seen


@pytest.mark.database("postgresql")
def test_a_changed_record_finds_room_on_its_page(runtime, stock):
    """No index is told of a change of fields that have none."""
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("stock"), "target")
        for record in stock[:5]:
            records.update(work, form, record, {"name": "changed"})
        counts = "pg_stat_get_xact_tuples_updated(t.id), pg_stat_get_xact_tuples_hot_updated(t.id)"
        found = work.row(f"SELECT {counts} FROM (SELECT %s::regclass::oid AS id) AS t", (form.table,))
    assert found == (5, 5)


@pytest.mark.database("postgresql")
def test_a_save_goes_to_the_server_in_one_statement(runtime, stock):
    """The record and its row of the log; for a change the record and who holds it are read before."""
    for most, save in ((1, create_json), (3, lambda *given: update_json(*given[:3], stock[0], given[3]))):
        with runtime.unit_of_work(SYSTEM) as work:
            app = work.app("stock")
            with counted(work) as seen:
                save(work, app, compiled_form(app, "target"), {"name": "x"})
        assert len(seen) <= most, seen


@pytest.mark.database("postgresql")
def test_who_begins_first_and_saves_last_stands_last_in_the_history(runtime, stock):
    with runtime.unit_of_work(SYSTEM) as early:
        app = early.app("stock")
        form = compiled_form(app, "target")
        with runtime.unit_of_work(SYSTEM) as late:
            update_json(late, late.app("stock"), form, stock[0], {"name": "late"})
        update_json(early, app, form, stock[0], {"name": "early"})
    with runtime.reading(SYSTEM) as work:
        history = log.of_record(work, "stock", "target", stock[0])
    assert [each.diff["name"][1] for each in history] == ["early", "late", "t0"]


@pytest.mark.database("postgresql")
def test_a_second_batch_stands_after_what_others_changed_meanwhile(runtime, stock):
    with runtime.unit_of_work(SYSTEM) as early:
        app = early.app("stock")
        form = compiled_form(app, "target")
        run_batch(early, app, form, [Item("create", data={"name": "n"})] * 2, atomic=False)
        with runtime.unit_of_work(SYSTEM) as late:
            update_json(late, late.app("stock"), form, stock[0], {"name": "late"})
        run_batch(early, app, form, [Item("update", stock[0], {"name": "early"})], atomic=False)
    with runtime.reading(SYSTEM) as work:
        history = log.of_record(work, "stock", "target", stock[0])
    assert [each.diff["name"][1] for each in history] == ["early", "late", "t0"]


@pytest.mark.database("postgresql")
def test_links_of_a_batch_are_written_together(runtime, stock):
    items = [Item("create", data={"title": str(number), "others": stock[:2]}) for number in range(20)]
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("stock")
        form = compiled_form(app, "many")
        table = link_table(form, form.fields["others"])
        with counted(work) as seen:
            run_batch(work, app, form, items, atomic=True)
        stored = work.row(f"SELECT count(*) FROM {quoted(table)}")
    assert stored == (40,)
    assert len([each for each in seen if table in each]) == 1
