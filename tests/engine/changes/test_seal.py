"""The seals of the log: whole as it was written, and whoever changes it is found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.changes import heads
from engine.changes.operations import note, note_apart
from engine.changes.seal import seal
from engine.changes.sealer import Sealer
from engine.changes.streams import CHANGES, OPERATIONS
from engine.changes.verify import Verified, flaws_of, verify
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


def save(runtime: Runtime, *numbers: int) -> None:
    for number in numbers:
        with runtime.unit_of_work(SYSTEM, request_id="r1", address="10.0.0.7") as work:
            form = compiled_form(work.app("shop"), "product")
            records.create(work, form, {"sku": f"p{number}", "price": 100})


def verified(runtime: Runtime, *known: heads.Head) -> list[Verified]:
    with runtime.reading(SYSTEM, snapshot=True) as work:
        return verify(work, heads=known or heads.load(runtime.settings.home))


def codes(runtime: Runtime, *known: heads.Head) -> list[tuple[str, int | None]]:
    return [(flaw.code, flaw.pos) for flaw in flaws_of(verified(runtime, *known))]


def tamper(runtime: Runtime, *statements: str) -> None:
    with runtime.database.writer.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def sealed(runtime: Runtime, shop: CompiledApp) -> Runtime:
    """Two blocks of saves and one of operations."""
    with runtime.unit_of_work(SYSTEM) as work:
        note(work, "publish", "app/shop", app="shop", details={"version": 2})
    save(runtime, 1, 2, 3)
    Sealer(runtime).run_once(all_rows=True)
    save(runtime, 4, 5, 6)
    Sealer(runtime).run_once(all_rows=True)
    return runtime


def test_a_log_that_nobody_touched_is_whole(sealed: Runtime) -> None:
    changes, operations, _ = verified(sealed)
    assert (changes.blocks, changes.rows, changes.waiting, changes.flaws) == (2, 6, 0, ())
    assert operations.rows >= 1
    assert operations.flaws == ()


def test_rows_that_wait_for_their_seal_are_counted(sealed: Runtime) -> None:
    save(sealed, 7)
    changes, *_ = verified(sealed)
    assert (changes.rows, changes.waiting) == (6, 1)


def test_a_block_is_sealed_when_full_or_when_its_oldest_row_has_waited(
    runtime: Runtime, shop: CompiledApp, clock: FixedClock
) -> None:
    save(runtime, 1)
    assert seal(runtime, CHANGES) is None
    clock.advance(seconds=61)
    newest = seal(runtime, CHANGES)
    assert newest is not None
    assert (newest.first, newest.last) == (1, 1)


def test_full_blocks_are_sealed_at_once(
    runtime: Runtime, shop: CompiledApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.changes.seal.BLOCK_ROWS", 2)
    save(runtime, 1, 2, 3, 4, 5)
    newest = seal(runtime, CHANGES)
    assert newest is not None
    assert (newest.number, newest.last) == (2, 4)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ff_change SET diff = replace(diff, 'p2', 'p9') WHERE pos = 2", ("row_altered", 2)),
        ("UPDATE ff_change SET actor = 'somebody' WHERE pos = 5", ("row_altered", 5)),
        ("UPDATE ff_change SET at = '2020-01-01 00:00:00.000000' WHERE pos = 4", ("row_altered", 4)),
        ("UPDATE ff_change SET address = NULL WHERE pos = 3", ("row_altered", 3)),
        ("DELETE FROM ff_change WHERE pos = 4", ("row_missing", 4)),
        ("DELETE FROM ff_change WHERE pos = 6", ("row_missing", 6)),
        ("UPDATE ff_change SET pos = NULL WHERE pos = 1", ("row_missing", 1)),
    ],
)
def test_the_row_that_was_tampered_with_is_named(
    sealed: Runtime, statement: str, found: tuple[str, int]
) -> None:
    tamper(sealed, statement)
    assert codes(sealed) == [found]


def test_an_altered_operation_is_named(sealed: Runtime) -> None:
    tamper(sealed, "UPDATE ff_operation SET details = '{\"version\":3}' WHERE action = 'publish'")
    (flaw,) = flaws_of(verified(sealed))
    assert (flaw.code, flaw.stream) == ("row_altered", "operation")
    assert "已被改动" in flaw.message["zh"]
    assert "was altered" in flaw.message["en"]


def test_rows_in_another_order_are_named(sealed: Runtime) -> None:
    tamper(
        sealed,
        "UPDATE ff_change SET pos = 1000 WHERE pos = 1",
        "UPDATE ff_change SET pos = 1 WHERE pos = 2",
        "UPDATE ff_change SET pos = 2 WHERE pos = 1000",
    )
    assert codes(sealed) == [("row_moved", 1), ("row_moved", 2)]


def test_a_hole_that_later_rows_were_moved_into_is_named(sealed: Runtime) -> None:
    tamper(
        sealed,
        "DELETE FROM ff_change WHERE pos = 1",
        "UPDATE ff_change SET pos = 1 WHERE pos = 2",
        "UPDATE ff_change SET pos = 2 WHERE pos = 3",
    )
    assert codes(sealed) == [("row_missing", 1), ("row_moved", 1), ("row_moved", 2)]


def test_a_block_that_was_rewritten_or_removed_is_named(sealed: Runtime) -> None:
    tamper(sealed, "UPDATE ff_log_block SET digest = 'x' WHERE stream = 'change' AND number = 1")
    assert ("block_altered", None) in codes(sealed)
    tamper(sealed, "DELETE FROM ff_log_block WHERE stream = 'change' AND number = 1")
    assert codes(sealed) == [("block_missing", None)]


def test_a_log_cut_off_at_its_end_is_found_by_the_remembered_head(sealed: Runtime) -> None:
    tamper(
        sealed,
        "DELETE FROM ff_log_block WHERE stream = 'change' AND number = 2",
        "DELETE FROM ff_change WHERE pos > 3",
    )
    assert codes(sealed) == [("tail_missing", None)]


def test_a_log_that_was_written_anew_is_found_by_the_remembered_head(sealed: Runtime) -> None:
    tamper(
        sealed,
        "DELETE FROM ff_log_block WHERE stream = 'change'",
        "UPDATE ff_change SET actor = 'nobody' WHERE pos = 1",
    )
    seal(sealed, CHANGES, all_rows=True)
    assert codes(sealed) == [("tail_missing", None)]
    save(sealed, 9)
    seal(sealed, CHANGES, all_rows=True)
    assert codes(sealed) == [("chain_rewritten", None)]


def test_signatures_show_a_rewritten_log_where_no_head_is_known(sealed: Runtime, runtime: Runtime) -> None:
    runtime.ring.create()
    save(sealed, 7)
    seal(sealed, CHANGES, all_rows=True)
    assert codes(sealed) == []
    tamper(sealed, "UPDATE ff_log_block SET signature = 'forged' WHERE number = 3")
    assert codes(sealed) == [("signature_wrong", None)]
    save(sealed, 8)
    seal(sealed, CHANGES, all_rows=True)
    tamper(sealed, "UPDATE ff_log_block SET signature = NULL WHERE number = 4")
    assert codes(sealed) == [("signature_wrong", None), ("signature_missing", None)]


def test_two_sealers_make_one_chain(
    runtime: Runtime, shop: CompiledApp, in_threads: Callable[..., None]
) -> None:
    save(runtime, *range(12))
    in_threads(lambda: Sealer(runtime).run_once(all_rows=True), 4)
    changes, *_ = verified(runtime)
    assert (changes.rows, changes.waiting, changes.flaws) == (12, 0, ())


@pytest.fixture
def in_threads() -> Callable[..., None]:
    from concurrent.futures import ThreadPoolExecutor

    def run(call: Callable[[], None], count: int) -> None:
        with ThreadPoolExecutor(count) as pool:
            for each in [pool.submit(call) for _ in range(count)]:
                each.result()

    return run


def test_what_is_undone_was_not_done(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError), runtime.unit_of_work(SYSTEM) as work:
        note(work, "export", "shop/product")
        raise ZeroDivisionError
    with runtime.reading(SYSTEM) as work:
        assert work.rows("SELECT action FROM ff_operation") == []


def test_what_was_refused_is_noted_apart(runtime: Runtime) -> None:
    note_apart(runtime, "login_refused", "li", details={"reason": "wrong_credentials"}, address="10.0.0.9")
    newest = seal(runtime, OPERATIONS, all_rows=True)
    assert newest is not None
    with runtime.reading(SYSTEM) as work:
        row = work.row("SELECT action, subject, actor, address FROM ff_operation")
    assert row == ("login_refused", "li", "", "10.0.0.9")


def test_a_save_names_the_request_it_came_with(runtime: Runtime, shop: CompiledApp) -> None:
    save(runtime, 1)
    with runtime.reading(SYSTEM) as work:
        assert work.row("SELECT request, address FROM ff_change") == ("r1", "10.0.0.7")


def test_the_sealer_seals_the_rest_when_it_ends(runtime: Runtime, shop: CompiledApp) -> None:
    sealer = Sealer(runtime)
    sealer.start()
    save(runtime, 1, 2)
    sealer.stop()
    changes, *_ = verified(runtime)
    assert (changes.rows, changes.waiting) == (2, 0)
    assert {head.stream for head in heads.load(runtime.settings.home)} >= {"change"}
