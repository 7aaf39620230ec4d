"""Fields of a record become fields of a child table: each record with a value gets a row, nothing else moves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engine.errors import TryAgain
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from forms.deletion import delete
from forms.evolution.steps import AT_ONCE
from forms.recycle import repository as bin_of
from forms.recycle.purge import purge
from tests.api.test_files import uploaded
from tests.forms.evolution.ledger import Ledger
from tests.forms.evolution.test_ahead import ROWS, Writer, ids_of
from tests.forms.evolution.test_ahead import ledger as large  # noqa: F401  a fixture
from tests.forms.shop import field, name
from tests.support.client import AsUser

PARKED = "/apps/ledger/parked"
LINES = {"key": "lines", "type": "subtable", "label": name("lines")}


@pytest.fixture
def ledger(runtime: Runtime, people: dict[str, Any]) -> Ledger:
    return Ledger(runtime)


def move(ledger: Ledger, *keys: str, child: str = "lines") -> None:
    """What the guided step makes of the form."""
    gone = [ledger.remove(key) for key in keys]
    fields = [{**each, "moved_from": each["key"]} for each in gone]
    if child == "lines":
        ledger.fields.append({**LINES, "fields": fields})
    else:
        ledger.field(child)["fields"] += fields


def lines(ledger: Ledger, record: str, *keys: str, child: str = "lines") -> list[tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in ledger.load(record)[child]]


def test_each_record_with_a_value_gets_one_row_of_a_new_child_table(ledger: Ledger, as_user: AsUser) -> None:
    both = ledger.create(short_name="A", size=3, period=(date(2026, 3, 1), None), title="t")
    one = ledger.create(size=4)
    none = ledger.create(title="empty")
    move(ledger, "short_name", "size", "period")
    done = ledger.publish()
    moved = [step for step in done.steps if step.action == "move_field"]
    assert [(step.pointer.rpartition("/")[2], step.risk, step.rows) for step in moved] == [
        ("short_name", "warn", 1),
        ("size", "warn", 2),
        ("period", "warn", 1),
    ]
    assert {step.action for step in done.steps} == {"move_field", "add_field"}
    assert lines(ledger, both, "short_name", "size", "period__start") == [("A", 3, date(2026, 3, 1))]
    assert lines(ledger, one, "short_name", "size") == [(None, 4)]
    assert lines(ledger, none, "size") == []
    assert (ledger.load(both)["rev"], ledger.load(both)["title"]) == (1, "t")
    history = as_user("root").get(f"/apps/ledger/forms/entry/records/{both}/history").json()["items"]
    assert len(history) == 1


def test_rows_that_are_made_stand_after_those_of_an_existing_child_table(ledger: Ledger) -> None:
    full = ledger.create(size=7, rows=[{"what": "w", "qty": 1}, {"what": "x", "qty": 2}])
    empty = ledger.create(size=8)
    move(ledger, "size", child="rows")
    assert [step.action for step in ledger.publish().steps] == ["move_field"]
    assert lines(ledger, full, "what", "qty", "size", child="rows") == [
        ("w", 1, None), ("x", 2, None), (None, None, 7),
    ]  # fmt: skip
    assert lines(ledger, empty, "what", "size", child="rows") == [(None, 8)]
    rows = ledger.load(full)["rows"]
    ledger.update(full, {"rows": [*rows[:2], {**rows[2], "what": "y"}]})
    assert lines(ledger, full, "what", "size", child="rows")[2] == ("y", 7)


def test_the_column_of_the_record_is_parked_and_comes_back(ledger: Ledger, as_user: AsUser) -> None:
    root, one = as_user("root"), ledger.create(size=7)
    move(ledger, "size")
    ledger.publish()
    (entry,) = root.get(PARKED).json()["items"]
    assert (entry["pointer"], entry["reason"], entry["values"], entry["failed"]) == (
        "/forms/entry/fields/size", "moved", 1, 0,
    )  # fmt: skip
    assert root.get(f"{PARKED}/{entry['id']}/values").json()["items"] == [{"record": one, "value": 7}]
    assert root.post(f"{PARKED}/{entry['id']}:restore").status_code == 200
    assert ledger.load(one)["size"] == 7
    assert lines(ledger, one, "size") == [(7,)]


def test_a_move_is_made_once(ledger: Ledger) -> None:
    one = ledger.create(size=7)
    move(ledger, "size")
    ledger.publish()
    ledger.update(one, {"lines": []})
    ledger.fields.append(field("more", "text"))
    assert [step.action for step in ledger.publish().steps] == ["add_field"]
    assert lines(ledger, one, "size") == []


def test_several_references_move_with_their_links(ledger: Ledger) -> None:
    ledger.fields.append(field("others", "refs", form="entry", on_delete="set_null"))
    ledger.publish()
    one, two = ledger.create(title="one"), ledger.create(title="two")
    three = ledger.create(others=(one, two))
    move(ledger, "others")
    ledger.publish()
    assert lines(ledger, three, "others") == [((one, two),)]
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        delete(work, compiled_form(work.app("ledger"), "entry"), two)
    assert lines(ledger, three, "others") == [((one,),)]


def test_files_move_with_their_fields(ledger: Ledger, as_user: AsUser) -> None:
    root, path = as_user("root"), "/apps/ledger/forms/entry/records"
    ledger.fields.append(field("paper", "file"))
    ledger.publish()
    paper = uploaded(root)["id"]
    one = root.post(path, {"paper": paper}).json()["id"]
    move(ledger, "paper")
    ledger.publish()
    found = root.get(f"{path}/{one}/files").json()["items"]
    assert [(each["field"], each["id"]) for each in found] == [("lines.paper", paper)]
    assert root.get(f"{path}/{one}/files/{paper}").content == b"hello"


def test_what_is_counted_over_the_rows_is_computed_anew(ledger: Ledger) -> None:
    ledger.fields.append(field("total", "formula", result={"type": "int"}, expr="COUNT(rows)", index=True))
    ledger.fields.append(field("first", "int"))
    ledger.publish()
    one = ledger.create(first=5, rows=[{"what": "w", "qty": 2}])
    move(ledger, "first", child="rows")
    ledger.publish()
    Worker(ledger.runtime).run_due()
    assert ledger.load(one)["total"] == 2


def test_unique_rows_that_are_made_are_told_apart(ledger: Ledger) -> None:
    one, two, three = (ledger.create(short_name=text) for text in ("A", "B", "A"))
    move(ledger, "short_name")
    ledger.field("lines")["unique"] = [{"fields": ["short_name"], "across": True}]
    ledger.publish()
    Worker(ledger.runtime).run_due()
    with ledger.runtime.reading(SYSTEM) as work:
        shadow = compiled_form(work.app("ledger"), "entry").children["lines"].shadows()[0]
        keys = dict(work.rows(f'SELECT _parent, "{shadow}" FROM ledger_entry__lines'))
    assert (keys[one] is not None, keys[two] is not None, keys[three]) == (True, True, None)


def test_a_field_of_another_type_cannot_be_what_was_moved(ledger: Ledger) -> None:
    ledger.create(short_name="A", level="gold")
    move(ledger, "short_name", "level")
    ledger.field("lines.short_name")["type"] = "int"
    ledger.field("lines.level")["options"].pop(0)
    refused = ledger.refused(approve=["/forms/entry/fields/short_name", "/forms/entry/fields/level"])
    assert set(refused) == {
        ("cannot_move", "/forms/entry/fields/lines/fields/short_name"),
        ("cannot_move", "/forms/entry/fields/lines/fields/level"),
    }


def test_deleted_records_move_too_and_are_removed_for_good_with_their_rows(ledger: Ledger) -> None:
    one = ledger.create(size=7)
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        delete(work, compiled_form(work.app("ledger"), "entry"), one)
    move(ledger, "size")
    ledger.publish()
    gone = ledger.remove("lines")
    ledger.publish(approve=["/forms/entry/fields/lines"])
    purge_all(ledger)
    ledger.fields.append(gone)
    ledger.publish()
    with ledger.runtime.reading(SYSTEM) as work:
        assert work.row("SELECT count(*) FROM ledger_entry__lines") == (0,)


def purge_all(ledger: Ledger) -> None:
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        for unit in bin_of.older(work, "ledger", work.now + timedelta(days=1), limit=5):
            purge(work, work.app("ledger"), bin_of.entries(work, "ledger", unit))


def held(ledger: Ledger) -> tuple[int, dict[str, str]]:
    """How many rows there are, and the value of each record's."""
    with ledger.runtime.reading(SYSTEM) as work:
        table = compiled_form(work.app("ledger"), "entry").children["lines"].table
        rows = work.rows(f"SELECT _parent, short_name FROM {table}")
    return len(rows), dict(rows)


class WriterOfTheRecord(Writer):
    """Writes as long as the record has the field."""

    def _write(self, record: str, number: int) -> None:
        with self.runtime.unit_of_work(SYSTEM) as work:
            form = compiled_form(work.app("ledger"), "entry")
            if "short_name" not in form.fields:
                raise TryAgain()
            records.update(work, form, record, {"short_name": str(number)})


def test_writing_goes_on_while_the_rows_of_a_large_table_are_made(large: Ledger) -> None:  # noqa: F811
    ids = ids_of(large.runtime)
    writer = WriterOfTheRecord(large.runtime, ids)
    writer.start()
    try:
        move(large, "short_name")
        done = large.publish()
        assert (done.job is not None, done.changed, done.version) == (True, False, 1)
        Worker(large.runtime).run_due()
    finally:
        writer.stopping.set()
        writer.join()
    count, values = held(large)
    assert len(writer.last) > 20
    assert count == ROWS
    assert values == {record: str(writer.last.get(record, number)) for number, record in enumerate(ids)}


def test_a_record_can_be_removed_for_good_while_its_rows_are_made(large: Ledger, as_user: AsUser) -> None:  # noqa: F811
    root, one = as_user("root"), ids_of(large.runtime)[0]
    move(large, "short_name")
    root.put("/apps/ledger/draft/form/entry", json=large.source["form"]["entry"])
    job = root.post("/apps/ledger/draft:publish", json={}).json()["job"]
    Worker(large.runtime).run_due(limit=2)
    with large.runtime.unit_of_work(SYSTEM) as work:
        delete(work, compiled_form(work.app("ledger"), "entry"), one)
    purge_all(large)
    Worker(large.runtime).run_due()
    assert root.get(f"/apps/ledger/publishing/{job}").json()["state"] == "done"
    count, values = held(large)
    assert (count, one in values) == (ROWS - 1, False)


def test_many_records_cannot_move_into_a_child_table_that_is_in_use(large: Ledger) -> None:  # noqa: F811
    move(large, "short_name", child="rows")
    assert set(large.refused()) == {("child_in_use", "/forms/entry/fields/rows")}
    assert ROWS > AT_ONCE
