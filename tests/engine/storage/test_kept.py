"""Connections to PostgreSQL and their cursors are kept from one transaction to the next."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import psycopg
import pytest

from api import busy
from api.busy import retried
from engine.errors import TryAgain
from engine.identity import repository
from engine.identity.principal import SYSTEM
from engine.storage.database import CommitUnknown, ConnectionLost, Database
from engine.storage.fibers import CURSORS

pytestmark = pytest.mark.database("postgresql")
PID = "SELECT pg_backend_pid()"


def pid(runtime):
    with runtime.reading(SYSTEM) as work:
        return work.row(PID)[0]


def driver(work):
    return work._driver


def test_the_next_one_gets_the_same_connection(runtime):
    assert pid(runtime) == pid(runtime)


def test_two_at_once_get_two(runtime):
    with runtime.reading(SYSTEM) as work:
        other = []
        thread = threading.Thread(target=lambda: other.append(pid(runtime)))
        thread.start()
        thread.join()
        assert other != [work.row(PID)[0]]


def test_a_connection_that_broke_is_not_kept(runtime):
    with (
        pytest.raises(ConnectionLost),
        runtime.database.connect("read") as first,
        runtime.database.connect("read") as second,
    ):
        mine, other = (each.connection.driver_connection for each in (first, second))
        ((number,),) = mine.execute(PID).fetchall()
        other.execute("SELECT pg_terminate_backend(%s, 10000)", (number,))
        mine.execute(PID)
    assert pid(runtime) != number


def test_what_a_statement_answers_follows_its_parameters_and_the_table(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        text = "SELECT a, b FROM passing WHERE a = %s"
        work.run("CREATE TEMP TABLE passing (a TEXT, b INTEGER)")
        work.run("INSERT INTO passing VALUES ('x', 1), ('y', 2)")
        assert [work.row(text, (each,)) for each in "xyx"] == [("x", 1), ("y", 2), ("x", 1)]
        work.run("ALTER TABLE passing ALTER COLUMN b TYPE TEXT")
        assert work.row(text, ("y",)) == ("y", "2")
        assert work.row(text, (None,)) is None
        work.run("DROP TABLE passing")


def test_a_statement_that_failed_is_asked_again(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        text = "SELECT 6 / %s::int"
        with pytest.raises(psycopg.errors.DivisionByZero), work.savepoint():
            work.row(text, (0,))
        assert work.row(text, (2,)) == (3,)


def test_results_are_let_go(runtime):
    with runtime.reading(SYSTEM) as work:
        text = "SELECT %s::text FROM generate_series(1, 3)"
        for ask in (work.rows, work.row, work.run):
            ask(text, ("x" * 1_000,))
            _, cursor = driver(work)._cursors[text]
            assert (cursor.pgresult, cursor._results, cursor._query) == (None, [], None)


def test_a_connection_keeps_only_so_many(runtime):
    with runtime.reading(SYSTEM) as work:
        for number in range(CURSORS + 10):
            assert work.row(f"SELECT {number}") == (number,)
        assert len(driver(work)._cursors) <= CURSORS


def end_connection(runtime, work):
    """The server ends the connection of `work`."""
    ((number,),) = work.rows(PID)
    with runtime.reading(SYSTEM) as other:
        assert other.row("SELECT pg_terminate_backend(%s, 10000)", (number,)) == (True,)


def test_a_transaction_whose_connection_breaks_has_done_nothing_and_is_run_again(runtime):
    broken = []

    def add():
        with runtime.unit_of_work(SYSTEM) as work:
            repository.add_department(work, {"id": "lab", "name": {"zh": "lab", "en": "lab"}})
            if not broken:
                broken.append(True)
                end_connection(runtime, work)
                work.row(PID)

    retried(add)
    with runtime.reading(SYSTEM) as work:
        assert work.row("SELECT count(*) FROM ff_department WHERE id = 'lab'") == (1,)


def test_nobody_knows_whether_a_commit_was_done_whose_connection_broke(runtime):
    runs = []

    def add():
        runs.append(True)
        with runtime.unit_of_work(SYSTEM) as work:
            repository.add_department(work, {"id": "lab", "name": {"zh": "lab", "en": "lab"}})
            end_connection(runtime, work)

    with pytest.raises(CommitUnknown):
        retried(add)
    assert runs == [True]


def test_a_database_that_is_not_there_is_asked_again_later(tmp_path, monkeypatch):
    monkeypatch.setattr(busy, "FIRST_PAUSE", 0.0)
    database = Database(f"postgresql+psycopg:///nothing?host={tmp_path}")
    with pytest.raises(TryAgain):
        retried(lambda: database.connect("read").__enter__())
    database.close()


def test_connections_that_the_server_ended_meanwhile_are_not_handed_on(runtime):
    with ExitStack() as opened:
        for _ in range(12):
            opened.enter_context(runtime.database.connect("read"))
    ends = (
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    url = runtime.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as other:
        assert other.execute(ends).fetchone() >= (12,)
    assert pid(runtime)


def test_who_waits_for_the_pool_gets_what_others_give_back(postgresql_url):
    database = Database(postgresql_url, pool_size=1)
    lent = [database.connect("read") for _ in range(6)]  # twice the size and what may flow over
    for each in lent:
        each.__enter__()
    got = threading.Event()

    def ask():
        with database.connect("read"):
            got.set()

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not database._wanting:
        pass
    for each in lent:
        each.__exit__(None, None, None)
    waiting.join(20)
    assert got.is_set()
    database.close()
