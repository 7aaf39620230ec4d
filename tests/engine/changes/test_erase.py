"""Erased values are gone from the log, its chain is whole, and nobody can erase unseen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from engine.changes import log
from engine.changes.erase import erase
from engine.changes.flaws import Flaw
from engine.changes.retention import drop_older
from engine.changes.sealer import Sealer
from engine.changes.streams import CHANGES, OPERATIONS
from engine.changes.verify import flaws_of, verify
from engine.definitions.app import CompiledApp
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.testing import FixedClock
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import publish_shop


@pytest.fixture
def shop(runtime: Runtime) -> CompiledApp:
    return publish_shop(runtime)


@pytest.fixture
def customer(runtime: Runtime, shop: CompiledApp) -> str:
    """A customer saved twice, with others around."""
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("shop"), "customer")
        records.create(work, form, {"name": "A"})
        made = records.create(work, form, {"name": "王小明", "email": "wang@example.com", "level": "a"})["id"]
        records.create(work, form, {"name": "B"})
        records.update(work, form, made, {"email": "ming@example.com"})
    return str(made)


def flaws(runtime: Runtime) -> list[Flaw]:
    with runtime.reading(SYSTEM, snapshot=True) as work:
        return list(flaws_of(verify(work)))


def seal(runtime: Runtime) -> None:
    Sealer(runtime).run_once(all_rows=True)


def diffs(runtime: Runtime, record: str) -> list[dict[str, Any]]:
    with runtime.reading(SYSTEM) as work:
        return [change.diff for change in log.of_record(work, "shop", "customer", record)]


def erased(runtime: Runtime, record: str, *fields: str) -> int:
    with runtime.unit_of_work(SYSTEM) as work:
        return erase(work, "shop", "customer", record, fields=fields or None, reason="asked for").rows


def tamper(runtime: Runtime, statement: str) -> None:
    with runtime.database.writer.begin() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("sealed", [False, True])
def test_erased_values_are_gone_and_the_chain_is_whole(runtime: Runtime, customer: str, sealed: bool) -> None:
    if sealed:
        seal(runtime)
    assert erased(runtime, customer, "name", "email") == 2
    newest, first = diffs(runtime, customer)
    assert newest["email"] == [None, None]
    assert first["name"] == [None, None]
    assert first["level"] == [None, "a"]
    seal(runtime)
    assert flaws(runtime) == []
    with runtime.reading(SYSTEM) as work:
        (details,) = work.rows("SELECT details FROM ff_operation WHERE action = 'log_erased'")[0]
    told = orjson.loads(details)
    assert (told["record"], told["fields"], told["reason"]) == (customer, ["email", "name"], "asked for")
    assert "王小明" not in details


def test_the_rest_can_be_erased_later(runtime: Runtime, customer: str) -> None:
    seal(runtime)
    assert erased(runtime, customer, "email") == 2
    assert erased(runtime, customer) == 1
    assert erased(runtime, customer) == 0
    seal(runtime)
    assert flaws(runtime) == []
    assert diffs(runtime, customer)[1]["level"] == [None, None]


def test_no_salt_is_left_to_try_values_with(runtime: Runtime, customer: str) -> None:
    seal(runtime)
    erased(runtime, customer, "email")
    with runtime.reading(SYSTEM) as work:
        salt, salts = work.rows("SELECT salt, salts FROM ff_log_block WHERE stream = 'change'")[0]
        ids = {str(row[0]) for row in work.rows("SELECT entry FROM ff_log_erased")}
    kept = salts if isinstance(salts, dict) else orjson.loads(salts)
    assert salt is None
    assert len(ids) == 2
    assert ids.isdisjoint(kept)
    assert len(kept) == 2


def test_what_is_left_of_an_erased_row_cannot_be_changed(runtime: Runtime, customer: str) -> None:
    seal(runtime)
    erased(runtime, customer, "email")
    seal(runtime)
    tamper(runtime, "UPDATE ff_change SET diff = replace(diff, '王小明', '王大明')")
    assert [flaw.code for flaw in flaws(runtime)] == ["row_altered"]


def test_who_erases_without_a_word_is_found_out(runtime: Runtime, customer: str) -> None:
    seal(runtime)
    tamper(runtime, "UPDATE ff_change SET diff = replace(diff, 'wang@example.com', '')")
    assert [flaw.code for flaw in flaws(runtime)] == ["row_altered", "row_altered"]


def test_an_erasure_whose_row_was_removed_is_found_out(runtime: Runtime, customer: str) -> None:
    seal(runtime)
    erased(runtime, customer, "email")
    seal(runtime)
    tamper(runtime, "DELETE FROM ff_operation WHERE action = 'log_erased'")
    assert {(flaw.stream, flaw.code) for flaw in flaws(runtime)} == {
        ("change", "row_altered"),
        ("operation", "row_missing"),
    }


def test_old_blocks_are_dropped_whole_and_the_chain_goes_on(
    runtime: Runtime, customer: str, clock: FixedClock
) -> None:
    erased(runtime, customer, "email")
    seal(runtime)
    clock.advance(days=400)
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("shop"), "customer")
        records.update(work, form, customer, {"level": "b"})
    seal(runtime)
    before = clock.now() - timedelta(days=365)
    with runtime.unit_of_work(SYSTEM) as work:
        assert drop_older(work, CHANGES, before) == 1
        assert drop_older(work, CHANGES, before) == 0
    seal(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        assert drop_older(work, OPERATIONS, before) == 1
    seal(runtime)
    assert [diff["level"] for diff in diffs(runtime, customer)] == [["a", "b"]]
    assert flaws(runtime) == []


def test_rows_that_went_without_a_word_are_not_taken_for_dropped(runtime: Runtime, customer: str) -> None:
    seal(runtime)
    tamper(runtime, "DELETE FROM ff_change")
    tamper(runtime, "UPDATE ff_log_block SET dropped_at = sealed_at WHERE stream = 'change'")
    assert [flaw.code for flaw in flaws(runtime)] == ["drop_not_logged"]


def test_a_value_that_is_erased_while_its_block_is_bound_is_sealed_as_it_is_then(
    runtime: Runtime, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.changes import seal as sealing

    bind, calls = sealing.bind, []

    def bind_slowly(stream: Any, *rest: Any) -> Any:
        made = bind(stream, *rest)
        if stream is CHANGES and not calls:
            calls.append(erased(runtime, customer, "email"))
        return made

    monkeypatch.setattr(sealing, "bind", bind_slowly)
    seal(runtime)
    assert calls == [2]
    assert flaws(runtime) == []


def test_an_operation_that_still_explains_what_is_missing_is_kept(
    runtime: Runtime, customer: str, clock: FixedClock
) -> None:
    seal(runtime)
    clock.advance(days=10)
    erased(runtime, customer, "email")
    seal(runtime)
    clock.advance(days=400)
    with runtime.unit_of_work(SYSTEM) as work:
        assert drop_older(work, OPERATIONS, clock.now()) == 1  # the one before the erasure
        assert drop_older(work, OPERATIONS, clock.now()) == 0
    seal(runtime)
    assert flaws(runtime) == []


def test_dropping_the_row_that_told_of_a_drop_leaves_it_told(
    runtime: Runtime, customer: str, clock: FixedClock
) -> None:
    seal(runtime)
    for _ in range(3):
        clock.advance(days=400)
        for stream in (CHANGES, OPERATIONS):
            with runtime.unit_of_work(SYSTEM) as work:
                drop_older(work, stream, clock.now())
        seal(runtime)
    assert flaws(runtime) == []
