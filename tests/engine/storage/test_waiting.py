"""Rows that wait to be written together are never missed by who looks, and never outlive an undone part."""

from __future__ import annotations

import pytest

from engine.errors import TryAgain
from engine.identity.principal import SYSTEM
from engine.ids import new_id
from engine.storage.database import INTEGRITY
from engine.storage.driver import moment_param
from engine.storage.waiting import Insert, WaitingRefused, insert_rows
from tests.support.statements import counted

COUNTERS = Insert("ff_counter", ("scope", "value"))


@pytest.fixture
def work(runtime):
    with runtime.unit_of_work(SYSTEM) as opened:
        yield opened


def put(work, *scopes):
    work.insert(COUNTERS, [(scope, 1) for scope in scopes])


def count(work):
    return work.row("SELECT count(*) FROM ff_counter")[0]


def raise_by(work, scope, value):
    mark = "?" if work.runtime.database.dialect == "sqlite" else "%s"
    text = f"UPDATE ff_counter SET value = value + {value:d} WHERE scope = {mark}"
    return work.change(text, (scope,), table="ff_counter", record=scope)


def values(work):
    return dict(work.rows("SELECT scope, value FROM ff_counter"))


def test_many_rows_go_in_by_one_statement(work):
    with counted(work) as seen, work.together():
        for number in range(50):
            put(work, f"s{number}")
    assert count(work) == 50
    assert len(seen) == 1


def test_a_question_about_the_table_sees_what_waits(work):
    with work.together():
        put(work, "a", "b")
        assert count(work) == 2


def test_a_question_about_another_table_lets_it_wait(work):
    with work.together(), counted(work) as seen:
        put(work, "a")
        work.row("SELECT count(*) FROM ff_once")
        assert len(seen) == 1


def test_any_other_write_comes_after_what_waits(work):
    with work.together(), counted(work) as seen:
        put(work, "a", "b")
        work.run("DELETE FROM ff_once")
    assert ["ff_counter" in seen[0], "DELETE" in seen[1]] == [True, True]


def test_statements_of_sqlalchemy_come_after_what_waits(work):
    from sqlalchemy import func, select

    from engine.storage.tables import counter

    with work.together():
        put(work, "a")
        found = work.connection.execute(select(func.count()).select_from(counter)).scalar_one()
    assert found == 1


def test_a_second_change_of_a_row_does_not_overtake_the_first(work):
    put(work, "a", "b")
    with work.together():
        for value in (1, 10):
            raise_by(work, "a", value)
            raise_by(work, "b", value)
    assert values(work) == {"a": 12, "b": 12}


def test_new_rows_are_there_before_they_are_changed(work):
    with work.together():
        put(work, "a", "b")
        raise_by(work, "a", 5)
    assert values(work) == {"a": 6, "b": 1}


def test_an_undone_part_takes_along_what_waited_in_it(work):
    with work.together():
        put(work, "a")
        with pytest.raises(LookupError), work.savepoint():
            put(work, "b")
            raise LookupError
        put(work, "c")
    assert sorted(values(work)) == ["a", "c"]


def test_what_a_constraint_refuses_is_told_apart_from_other_errors(runtime):
    with pytest.raises(WaitingRefused), runtime.unit_of_work(SYSTEM) as work, work.together():
        put(work, "a", "a")
    with runtime.reading(SYSTEM) as work:
        assert count(work) == 0


def test_texts_moments_and_json_arrive_as_single_rows_bring_them(work):
    run = Insert("ff_job", ("id", "kind", "payload", "state", "due", "created_at"))
    from engine.storage.columns import decode_json, moment_text

    now = moment_text(work.now) if work.runtime.database.dialect == "sqlite" else work.now
    payload = '{"text": "盛 \\"x\\" \\n", "list": [1, null]}'
    rows = [(new_id(), "k", payload, "done", now, now) for _ in range(3)]
    work.insert(run, rows[:1])
    with work.together():
        work.insert(run, rows[1:])
    found = work.rows("SELECT payload, due FROM ff_job ORDER BY id")
    assert len({str(row[1]) for row in found}) == 1
    assert {str(decode_json(row[0])) for row in found} == {str({"text": '盛 "x" \n', "list": [1, None]})}


ONCE = Insert("ff_once", ("key", "at"))


def put_once(work, key):
    now = moment_param(work.runtime.database.dialect, work.now)
    work.insert(ONCE, [(key, now)])


def test_single_rows_of_several_tables_travel_together(work):
    put(work, "before")
    with counted(work) as seen, work.together():
        put(work, "a")
        put_once(work, "b")
    assert len(seen) == (2 if work.runtime.database.dialect == "sqlite" else 1)
    assert values(work) == {"before": 1, "a": 1}
    assert work.row("SELECT key FROM ff_once") == ("b",)


def test_a_change_travels_with_rows_of_other_tables(work):
    put(work, "a")
    with counted(work) as seen, work.together():
        put_once(work, "b")
        raise_by(work, "a", 5)
    assert len(seen) == (2 if work.runtime.database.dialect == "sqlite" else 1)
    assert values(work) == {"a": 6}
    assert work.row("SELECT key FROM ff_once") == ("b",)


def test_a_change_of_a_row_that_is_gone_undoes_the_rows_beside_it(runtime):
    with pytest.raises(TryAgain), runtime.unit_of_work(SYSTEM) as work, work.together():
        put_once(work, "b")
        raise_by(work, "gone", 5)
    with runtime.reading(SYSTEM) as work:
        assert work.row("SELECT key FROM ff_once") is None


def test_what_travels_together_may_refer_to_each_other(work):
    form, link = Insert("parent", ("id",)), Insert("child", ("id", "parent"))
    work.run("CREATE TEMPORARY TABLE parent (id TEXT PRIMARY KEY)")
    work.run("CREATE TEMPORARY TABLE child (id TEXT, parent TEXT REFERENCES parent (id))")
    with work.together():
        work.insert(form, [("p",)])
        work.insert(link, [("c", "p")])
    assert work.row("SELECT parent FROM child") == ("p",)
    with work.together():
        work.insert(form, [("q",), ("r",)])
        work.insert(link, [("d", "r")])
        work.insert(ONCE, [("x", moment_param(work.runtime.database.dialect, work.now))])
    assert work.row("SELECT count(*) FROM child") == (2,)


def test_a_row_of_more_columns_than_the_driver_remembers(work):
    names = tuple(f"c{number}" for number in range(120))
    work.run(f"CREATE TEMPORARY TABLE wide ({', '.join(f'{name} INTEGER' for name in names)})")
    with work.together():
        work.insert(Insert("wide", names), [tuple(range(120))])
        put(work, "a")
    assert work.row("SELECT c0, c119 FROM wide") == (0, 119)
    assert values(work) == {"a": 1}
    insert_rows(work._raw, work.runtime.database.dialect, Insert("wide", names), [tuple(range(1, 121))])
    assert work.rows("SELECT c0, c119 FROM wide ORDER BY c0") == [(0, 119), (1, 120)]


def test_rows_of_one_save_go_to_postgresql_in_one_statement(work):
    with counted(work) as seen, work.in_one():
        put(work, "a")
        put_once(work, "b")
    assert len(seen) == (2 if work.runtime.database.dialect == "sqlite" else 1)
    assert count(work) == 1


def test_within_one_save_a_constraint_says_itself_what_is_wrong(runtime):
    with pytest.raises(INTEGRITY), runtime.unit_of_work(SYSTEM) as work, work.in_one():
        put(work, "a")
        put(work, "a")
        work.settle()
        pytest.fail("it was not refused")


def test_an_undone_part_of_a_save_leaves_the_rest(work):
    with work.in_one():
        put(work, "a")
        with pytest.raises(INTEGRITY), work.savepoint():
            put(work, "a")
        with work.together():
            put(work, "b", "c")
        put(work, "d")
    assert sorted(values(work)) == ["a", "b", "c", "d"]
