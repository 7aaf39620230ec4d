"""Indexes of large tables: PostgreSQL builds them beside people who write, before the version is flipped."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from engine.definitions.publish import Prepared, prepare, publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.testing import FixedClock
from forms import records
from forms.evolution import indexes_ahead
from tests.forms.evolution.ledger import Ledger
from tests.forms.evolution.test_ahead import Writer
from tests.support.client import AsUser

ROWS = 60
NAME = "ledger_entry_short_name"


@pytest.fixture
def ids(ledger: Ledger) -> list[str]:
    return [ledger.create(short_name=str(number % 50), size=number) for number in range(ROWS)]


@pytest.fixture
def ledger(runtime: Runtime, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Ledger:
    made = Ledger(runtime)
    monkeypatch.setattr(indexes_ahead, "LARGE", ROWS - 1)
    return made


def indexed(ledger: Ledger, name: str) -> bool | None:
    """Whether an index is of use; None when there is none."""
    with ledger.runtime.reading(SYSTEM) as work:
        if ledger.runtime.database.dialect == "sqlite":
            return work.row("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)) is not None or None
        found = work.row("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (name,))
        return bool(found[0]) if found else None


def steps(ledger: Ledger) -> list[tuple[str, str, int | None]]:
    with ledger.runtime.reading(SYSTEM) as work:
        return [(each.action, each.risk, each.rows) for each in prepare(work, ledger.source).steps]


@pytest.mark.database("postgresql")
def test_an_index_of_a_large_table_is_there_before_the_version_is(ledger: Ledger, ids: list[str]) -> None:
    ledger.field("short_name")["index"] = True
    assert steps(ledger) == [("add_index", "safe", ROWS)]
    done = ledger.publish()
    assert (done.job is not None, done.version, indexed(ledger, NAME)) == (True, 1, None)
    writer = Writer(ledger.runtime, ids)
    writer.start()
    try:
        Worker(ledger.runtime).run_due(limit=1)
        built = indexed(ledger, NAME)
        with ledger.runtime.reading(SYSTEM) as work:
            version = work.app("ledger").version
        Worker(ledger.runtime).run_due()
    finally:
        writer.stopping.set()
        writer.join()
    assert (built, version) == (True, 1)
    with ledger.runtime.reading(SYSTEM) as work:
        assert work.app("ledger").version == 2
    assert writer.last
    assert {record: ledger.load(record)["short_name"] for record in writer.last} == {
        record: str(number) for record, number in writer.last.items()
    }


@pytest.mark.database("sqlite")
def test_on_sqlite_the_plan_says_that_writers_wait(ledger: Ledger, ids: list[str]) -> None:
    ledger.field("short_name")["index"] = True
    assert steps(ledger) == [("add_index", "warn", ROWS)]
    done = ledger.publish()
    assert (done.job, done.version, indexed(ledger, NAME)) == (None, 2, True)


def test_a_constraint_on_a_large_table_holds_when_it_is_published(ledger: Ledger, ids: list[str]) -> None:
    ledger.field("size")["unique"] = True
    ledger.publish()
    Worker(ledger.runtime).run_due()
    (rule,) = ledger.form().uniques
    assert indexed(ledger, f"ledger_entry_{rule.column}") is True
    with pytest.raises(Invalid) as refused:
        ledger.create(size=7)
    assert [each.code for each in refused.value.findings] == ["unique"]


@pytest.mark.database("postgresql")
def test_what_a_failed_attempt_left_is_built_anew(ledger: Ledger, ids: list[str]) -> None:
    wrong = f'CREATE UNIQUE INDEX CONCURRENTLY "{NAME}" ON ledger_entry (short_name)'
    with ledger.runtime.database.outside() as raw, pytest.raises(psycopg.errors.UniqueViolation):
        raw.execute(wrong)
    assert indexed(ledger, NAME) is False
    ledger.field("short_name")["index"] = True
    assert ledger.publish().job is not None
    Worker(ledger.runtime).run_due()
    assert indexed(ledger, NAME) is True
    ledger.create(short_name="1")


@pytest.mark.database("postgresql")
def test_a_table_that_grows_meanwhile_gets_its_index_with_the_flip(
    ledger: Ledger, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.field("short_name")["index"] = True
    monkeypatch.setattr(indexes_ahead, "LARGE", ROWS)
    with ledger.runtime.reading(SYSTEM) as work:
        prepared: Prepared = prepare(work, ledger.source)
    assert prepared.steps == ()
    monkeypatch.setattr(indexes_ahead, "LARGE", ROWS - 1)
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        done = publish(work, ledger.source, prepared=prepared)
    assert (done.job, done.version, indexed(ledger, NAME)) == (None, 2, True)


@pytest.mark.database("postgresql")
def test_a_type_is_changed_and_indexed_in_one_long_publish(
    ledger: Ledger, ids: list[str], as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forms.evolution.ahead.AT_ONCE", ROWS - 1)
    ledger.field("short_name").update(type="int", index=True)
    job = ledger.publish().job
    root = as_user("root")
    shown = root.get(f"/apps/ledger/publishing/{job}").json()["progress"]["form"]
    assert [(each["pointer"], each["rows"], each["total"]) for each in shown] == [
        ("/forms/entry/fields/short_name", 0, ROWS), ("/forms/entry", 0, ROWS),
    ]  # fmt: skip
    Worker(ledger.runtime).run_due()
    shown = root.get(f"/apps/ledger/publishing/{job}").json()
    assert (shown["state"], [each["rows"] for each in shown["progress"]["form"]]) == ("done", [ROWS, ROWS])
    assert ledger.values("short_name", ids[:3]) == [0, 1, 2]
    assert indexed(ledger, f"ledger_entry_{ledger.form().fields['short_name'].column}") is True


def test_small_tables_get_their_indexes_within_the_publish(ledger: Ledger) -> None:
    ledger.create(short_name="A")
    ledger.field("short_name")["index"] = True
    assert steps(ledger) == []
    assert (ledger.publish().job, indexed(ledger, NAME)) == (None, True)


@pytest.mark.database("postgresql")
def test_one_process_builds_and_the_others_look_again_later(
    ledger: Ledger, ids: list[str], clock: FixedClock
) -> None:
    ledger.field("short_name")["index"] = True
    ledger.publish()
    with ledger.runtime.database.outside() as other:
        other.execute(f"SELECT pg_advisory_lock({indexes_ahead.BUILDING})", (NAME,))
        Worker(ledger.runtime).run_due()
        assert indexed(ledger, NAME) is None
        other.execute(f"SELECT pg_advisory_unlock({indexes_ahead.BUILDING})", (NAME,))
    Worker(ledger.runtime).run_due()
    assert indexed(ledger, NAME) is None  # it is not its turn yet
    clock.advance(seconds=3)
    Worker(ledger.runtime).run_due()
    with ledger.runtime.reading(SYSTEM) as work:
        assert (indexed(ledger, NAME), work.app("ledger").version) == (True, 2)


def test_texts_of_any_length_are_saved_in_indexed_fields(runtime: Runtime, people: dict[str, Any]) -> None:
    ledger = Ledger(runtime)
    draw = random.Random(3)
    long = "".join(chr(draw.randint(0x4E00, 0x9FA5)) for _ in range(4000))
    ledger.source["form"]["entry"]["indexes"] = [["short_name", "title"]]
    ledger.publish()
    ledger.field("short_name")["max_length"] = 4000
    ledger.publish()
    with runtime.unit_of_work(SYSTEM) as work:
        made = records.create(work, ledger.form(), {"title": "a", "short_name": long})
    assert ledger.load(made["id"])["short_name"] == long


@pytest.mark.database("postgresql")
def test_what_was_built_ahead_of_long_texts_is_not_built_again_by_the_flip(
    ledger: Ledger, ids: list[str]
) -> None:
    def built() -> list[tuple[Any, ...]]:
        with ledger.runtime.reading(SYSTEM) as work:
            return work.rows("SELECT oid FROM pg_class WHERE relname = %s", (f"{NAME}_650",))

    ledger.field("short_name").update(index=True, max_length=4000)
    assert ledger.publish().job is not None
    worker = Worker(ledger.runtime)
    while not built():
        assert worker.run_due(limit=1)
    ahead = built()
    worker.run_due()
    with ledger.runtime.reading(SYSTEM) as work:
        assert work.app("ledger").version == 2
    assert built() == ahead
