"""Jobs that wait while what they are for gets another key, is put aside or comes back."""

from __future__ import annotations

from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from engine.jobs import enqueue
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from forms import backfill, reseal
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field


@pytest.fixture
def ledger(runtime: Runtime) -> Ledger:
    return Ledger(runtime)


def rename_form(ledger: Ledger) -> None:
    form = ledger.source["form"].pop("entry")
    ledger.source["form"]["note"] = {**form, "key": "note", "renamed_from": "entry"}
    ledger.publish()


def rename_rows(ledger: Ledger) -> None:
    ledger.field("rows").update(key="lines", renamed_from="rows")
    ledger.publish()


def stored(ledger: Ledger, column: str, table: str = "ledger_entry") -> list[Any]:
    with ledger.runtime.reading(SYSTEM) as work:
        return [row[0] for row in work.rows(f"SELECT {column} FROM {table} ORDER BY id")]


def run(ledger: Ledger) -> None:
    """Every job that is due, of which none may fail."""
    Worker(ledger.runtime).run_due()
    with ledger.runtime.reading(SYSTEM) as work:
        failed = "SELECT kind, error FROM ff_job WHERE error IS NOT NULL AND finished_at IS NULL"
        assert work.rows(failed) == []


def test_values_are_encrypted_though_their_child_table_and_form_are_renamed(ledger: Ledger) -> None:
    one = ledger.create(short_name="secret", rows=[{"what": "secret", "qty": 1}])
    ledger.field("short_name")["encrypt"] = True
    ledger.field("rows.what")["encrypt"] = True
    ledger.publish()
    rename_rows(ledger)
    rename_form(ledger)
    run(ledger)
    for values in (stored(ledger, "short_name"), stored(ledger, "what", "ledger_entry__rows")):
        assert "secret" not in values[0]
    record = ledger.load(one, "note")
    assert (record["short_name"], record["lines"][0]["what"]) == ("secret", "secret")


def test_a_later_chunk_is_encrypted_under_the_new_key(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "CHUNK", 2)
    for _ in range(5):
        ledger.create(rows=[{"what": "secret", "qty": 1}])
    ledger.field("rows.what")["encrypt"] = True
    ledger.publish()
    Worker(ledger.runtime).run_due(limit=1)
    rename_rows(ledger)
    run(ledger)
    assert "secret" not in stored(ledger, "what", "ledger_entry__rows")


def test_what_was_parked_before_it_was_encrypted_is_encrypted_when_it_is_back(ledger: Ledger) -> None:
    ledger.create(short_name="secret", rows=[{"what": "secret", "qty": 1}])
    ledger.field("short_name")["encrypt"] = True
    ledger.field("rows.what")["encrypt"] = True
    ledger.publish()
    gone = [ledger.remove("short_name"), ledger.remove("rows")]
    ledger.publish(approve=["/forms/entry/fields/short_name", "/forms/entry/fields/rows"])
    run(ledger)
    assert stored(ledger, "what", "ledger_entry__rows") == ["secret"]
    ledger.fields.extend(gone)
    ledger.publish()
    run(ledger)
    for values in (stored(ledger, "short_name"), stored(ledger, "what", "ledger_entry__rows")):
        assert "secret" not in values[0]


def test_the_tables_of_a_form_that_comes_back_are_encrypted_too(ledger: Ledger) -> None:
    ledger.source["form"]["other"] = {**ledger.source["form"]["entry"], "key": "other"}
    ledger.publish()
    ledger.create(rows=[{"what": "secret", "qty": 1}])
    ledger.field("rows.what")["encrypt"] = True
    ledger.publish()
    form = ledger.source["form"].pop("entry")
    ledger.publish(approve=["/forms/entry"])
    run(ledger)
    ledger.source["form"]["entry"] = form
    ledger.publish()
    run(ledger)
    assert "secret" not in stored(ledger, "what", "ledger_entry__rows")[0]


def test_a_child_table_of_unknown_name_is_not_taken_for_done(ledger: Ledger) -> None:
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        named = {"app": "ledger", "form": "entry", "child": "former", "after": ""}
        job = enqueue(work, reseal.Reseal.type, named, app="ledger")
    Worker(ledger.runtime).run_due()
    with ledger.runtime.reading(SYSTEM) as work:
        ((state, error),) = work.rows(f"SELECT state, error FROM ff_job WHERE id = '{job}'")
    assert (state, "form_not_found" in error) == ("ready", True)


@pytest.mark.parametrize("said", [{}, {"table": "ledger_entry"}])
def test_derived_values_are_computed_under_the_new_key(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    monkeypatch.setattr(backfill, "CHUNK", 2)
    ids = [ledger.create(size=each) for each in range(5)]
    ledger.fields.append(field("double", "formula", result={"type": "int"}, expr="size * 2"))
    ledger.publish()
    rename_form(ledger)
    run(ledger)
    assert [ledger.load(each, "note")["double"] for each in ids] == [0, 2, 4, 6, 8]
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        work.run("UPDATE ledger_entry SET double = NULL")
        enqueue(work, "backfill", {"app": "ledger", "form": "note", "after": "", **said}, app="ledger")
    run(ledger)
    assert [ledger.load(each, "note")["double"] for each in ids] == [0, 2, 4, 6, 8]


def test_unique_keys_are_filled_though_child_table_and_form_are_renamed(ledger: Ledger) -> None:
    ledger.create(short_name="a", rows=[{"what": "w", "qty": 1}])
    ledger.source["form"]["entry"]["unique"] = [{"fields": ["short_name"], "code": "taken"}]
    ledger.field("rows")["unique"] = [{"fields": ["what"], "across": True}]
    ledger.publish()
    rename_rows(ledger)
    rename_form(ledger)
    form = ledger.form("note")
    run(ledger)
    (rule,), (inner,) = form.uniques, form.children["lines"].uniques
    assert None not in stored(ledger, f'"{rule.column}"')
    assert None not in stored(ledger, f'"{inner.column}"', "ledger_entry__rows")
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        work.run(f'UPDATE ledger_entry__rows SET "{inner.column}" = NULL')
        payload = {"app": "ledger", "form": "note", "columns": {"lines": [inner.column]}}
        enqueue(work, "backfill_keys", {**payload, "by": "system", "after": "", "doubles": []}, app="ledger")
    run(ledger)
    assert None not in stored(ledger, f'"{inner.column}"', "ledger_entry__rows")


def test_records_become_findable_under_the_new_key(ledger: Ledger) -> None:
    one = ledger.create(title="green barley")
    ledger.source["form"]["entry"]["search"] = ["title"]
    ledger.publish()
    rename_form(ledger)
    run(ledger)
    with ledger.runtime.reading(SYSTEM) as work:
        found = work.rows("SELECT DISTINCT form, record FROM ff_search_token")
    assert [tuple(each) for each in found] == [("note", one)]
