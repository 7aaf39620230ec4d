"""The replica on a real runtime: it equals the main store whatever happened."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.changes import log
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from reports.store import follow as following
from reports.store.bootstrap import batches
from reports.store.errors import StoreFailed
from reports.store.protocol import StoreQuery
from reports.store.replica import Limits, Replica
from reports.store.rows import insert
from reports.store.schema import form_tables, tables_named
from reports.store.session import open_database
from reports.store.tables import ReplicaTable, listed
from tests.reports.desk import Desk, line
from tests.reports.shop import ORDER, documents, field


@pytest.fixture
def replica(desk: Desk, tmp_path: Path) -> Iterator[Replica]:
    made = Replica(desk.runtime, tmp_path / "replica.duckdb", Limits(memory="500MB"))
    yield made
    made.close()


def all_tables(runtime: Runtime) -> tuple[ReplicaTable, ...]:
    with runtime.reading(SYSTEM) as work:
        forms = work.app("shop").kind("form")
    return tuple(table for form in forms.values() for table in form_tables(form))


def rows_of(replica: Replica, tables: tuple[ReplicaTable, ...]) -> dict[str, list[Any]]:
    found = {}
    for table in tables:
        sql = f'SELECT {listed(table.keys)} FROM "{table.name}" ORDER BY id'
        found[table.name] = list(replica.query(StoreQuery("shop", 1, tables, sql, {})).rows)
    return found


def rows_in_store(runtime: Runtime, tables: tuple[ReplicaTable, ...]) -> dict[str, list[Any]]:
    """What a replica made anew would hold."""
    fresh = open_database(None, memory="500MB")
    found = {}
    with runtime.reading(SYSTEM, snapshot=True) as work:
        for table in tables:
            fresh.execute(table.ddl())
            for rows in batches(work, table):
                insert(fresh, table, rows)
            found[table.name] = fresh.execute(
                f'SELECT {listed(table.keys)} FROM "{table.name}" ORDER BY id'
            ).fetchall()
    return found


def scribble(desk: Desk, dice: random.Random, orders: list[str]) -> None:
    """One random write."""
    kind = dice.choice(["new", "new", "change", "change", "lines", "delete", "customer"])
    lines = [
        line(f"p{dice.randint(1, 3)}", dice.randint(1, 9), dice.randint(1, 9999))
        for _ in range(dice.randint(0, 3))
    ]
    if kind == "new" or not orders:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randint(0, 10**7))
        orders.append(
            desk.order(f"c{dice.choice([1, 2, 4])}", *lines, placed_at=at, rush=dice.random() < 0.5)["id"]
        )
    elif kind == "change":
        status = dice.choice(["draft", "completed", "void", None])
        desk.update(
            "order", dice.choice(orders), status=status, order_date=date(2026, dice.randint(1, 12), 1)
        )
    elif kind == "lines":
        desk.update("order", dice.choice(orders), lines=lines)
    elif kind == "delete":
        desk.delete("order", orders.pop(dice.randrange(len(orders))))
    else:
        desk.update(
            "customer",
            "c1",
            tags=tuple(dice.sample(["key", "new"], dice.randint(0, 2))),
            credit=dice.randint(0, 99),
        )


@pytest.mark.parametrize("seed", range(4))
def test_the_replica_equals_the_main_store_after_random_writes(
    desk: Desk, replica: Replica, seed: int
) -> None:
    dice, orders = random.Random(seed), []
    tables = all_tables(desk.runtime)
    for _round in range(5):
        for _write in range(dice.randint(1, 12)):
            scribble(desk, dice, orders)
        assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)


def test_it_follows_the_log_and_does_not_read_tables_again(
    desk: Desk, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = all_tables(desk.runtime)
    rows_of(replica, tables)

    def never(*_: Any) -> None:
        raise AssertionError("a table was read again")

    monkeypatch.setattr(following.bootstrap, "fill", never)
    desk.order("c1", line("p1", 1, 100))
    assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)


def test_a_table_far_behind_is_read_again(
    desk: Desk, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = all_tables(desk.runtime)
    rows_of(replica, tables)
    monkeypatch.setattr(following, "REPLAY_LIMIT", 1)
    for _ in range(3):
        desk.order("c1", line("p1", 1, 100))
    assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)


def test_a_change_that_cannot_be_replayed_makes_the_tables_be_read_again(
    desk: Desk, replica: Replica
) -> None:
    tables = all_tables(desk.runtime)
    rows_of(replica, tables)
    desk.order("c1", line("p1", 1, 100))
    with desk.runtime.unit_of_work(SYSTEM) as work:
        work.run('UPDATE ff_change SET diff = \'{"order_date": [null, "someday"]}\' WHERE pos IS NULL')
    assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)
    desk.order("c1", line("p1", 1, 100))
    assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)


def test_a_restarted_process_goes_on_where_the_file_stands(desk: Desk, tmp_path: Path) -> None:
    path, tables = tmp_path / "kept.duckdb", all_tables(desk.runtime)
    for _life in range(3):
        replica = Replica(desk.runtime, path, Limits(memory="500MB"))
        desk.order("c1", line("p1", 1, 100))
        assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)
        replica.close()


@pytest.mark.parametrize("damage", [b"", b"this is no database", None])
def test_a_broken_file_is_built_anew(desk: Desk, tmp_path: Path, damage: bytes | None) -> None:
    path, tables = tmp_path / "broken.duckdb", all_tables(desk.runtime)
    replica = Replica(desk.runtime, path, Limits(memory="500MB"))
    rows_of(replica, tables)
    replica.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    replica = Replica(desk.runtime, path, Limits(memory="500MB"))
    assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)
    replica.close()


def test_a_second_process_uses_memory(desk: Desk, tmp_path: Path) -> None:
    path, tables = tmp_path / "taken.duckdb", all_tables(desk.runtime)
    script = f"import duckdb; c = duckdb.connect({str(path)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"1\n"
        replica = Replica(desk.runtime, path, Limits(memory="500MB"))
        assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)
        replica.close()
        owner.communicate(b"\n")
    assert path.exists()


def test_a_new_field_makes_its_table_be_read_again(desk: Desk, replica: Replica) -> None:
    desk.order("c1", line("p1", 1, 100))
    rows_of(replica, all_tables(desk.runtime))
    changed = documents()
    changed["form"]["order"] = {**ORDER, "fields": [*ORDER["fields"], field("note", "text")]}
    with desk.runtime.unit_of_work(SYSTEM) as work:
        publish(work, changed)
    desk.order("c1", line("p1", 1, 100), note="hello")
    tables = all_tables(desk.runtime)
    assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)
    assert "note" in next(table for table in tables if table.name == "shop_order").keys


def test_people_and_departments_are_read_again_when_they_change(desk: Desk, replica: Replica) -> None:
    tables = tables_named({}, frozenset({"ff_user", "ff_department"}))
    query = StoreQuery("shop", 1, tables, "SELECT count(*) FROM ff_user WHERE active", {})
    before = replica.query(query).rows[0][0]
    assert before > 0
    with desk.runtime.unit_of_work(SYSTEM) as work:
        work.run("UPDATE ff_user SET active = FALSE WHERE id = 'li'")
    assert replica.query(query).rows[0][0] == before - 1


def test_a_bad_statement_does_no_harm(replica: Replica, desk: Desk) -> None:
    tables = all_tables(desk.runtime)
    with pytest.raises(StoreFailed):
        replica.query(StoreQuery("shop", 1, tables, "SELECT nonsense", {}))
    assert rows_of(replica, tables) == rows_in_store(desk.runtime, tables)


def test_a_position_that_does_not_come_makes_the_answer_stale(desk: Desk, tmp_path: Path) -> None:
    replica = Replica(desk.runtime, None, Limits(memory="500MB", wait=1.0, build=60.0))
    query = StoreQuery("shop", 1, all_tables(desk.runtime), "SELECT count(*) FROM shop_order", {})
    first = replica.query(query)
    with desk.runtime.reading(SYSTEM) as work:
        assert first.pos == log.head(work)
    assert not first.stale
    assert not replica.query(query, min_pos=first.pos).stale
    late = replica.query(query, min_pos=first.pos + 10**6)
    assert late.stale
    assert late.pos == first.pos
    replica.close()


def test_readers_beside_a_writer_always_see_what_was_saved_before(desk: Desk, replica: Replica) -> None:
    tables = all_tables(desk.runtime)
    query = StoreQuery("shop", 1, tables, "SELECT count(*) FROM shop_order", {})
    saved, wrong, stop = [0], [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            least = saved[0]
            found = replica.query(query)
            if found.rows[0][0] < least and not found.stale:
                wrong.append((found, least))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for each in readers:
        each.start()
    for _ in range(25):
        desk.order("c1", line("p1", 1, 100))
        saved[0] += 1
    stop.set()
    for each in readers:
        each.join()
    assert wrong == []
    assert replica.query(query).rows == [(25,)]
