"""Imports taken back set by set: nothing else comes of it than of taking back one record after the other."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.findings import NO_FIX, Finding, Text
from engine.identity.principal import SYSTEM
from engine.protocols import ChangeListener, RecordChange
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.compiled import compiled_form
from forms.deletion import delete
from forms.imports import service, undo
from forms.imports.run import ImportRun
from forms.recycle.bin import restore_record_json
from forms.transfers import repository
from forms.transfers.repository import Transfer
from tests.forms.imports.desk import finish, label, run_import
from tests.support.statements import counted

AREA = {
    "key": "area",
    "label": label("地区", "Area"),
    "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": label("名称", "Name"), "required": True},
        {"key": "code", "type": "text", "label": label("代码", "Code"), "unique": True},
        {"key": "above", "type": "tree_parent", "label": label("上级", "Above"), "on_delete": "restrict"},
        {
            "key": "like",
            "type": "refs",
            "form": "area",
            "label": label("相似", "Like"),
            "on_delete": "set_null",
        },
        {
            "key": "places",
            "type": "count",
            "label": label("地点数", "Places"),
            "form": "place",
            "link": "area",
        },
        {
            "key": "people",
            "type": "rollup",
            "label": label("人数", "People"),
            "form": "place",
            "link": "area",
            "field": "people",
            "agg": "sum",
        },
    ],
    "validations": [
        {
            "code": "busy",
            "expr": "people <= 1000",
            "field": "people",
            "message": label("人太多。", "Too many."),
        }
    ],
}
PLACE = {
    "key": "place",
    "label": label("地点", "Place"),
    "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": label("名称", "Name"), "unique": True},
        {
            "key": "area",
            "type": "ref",
            "form": "area",
            "label": label("地区", "Area"),
            "on_delete": "cascade",
        },
        {"key": "people", "type": "int", "label": label("人数", "People")},
        {
            "key": "halls",
            "type": "subtable",
            "label": label("厅", "Halls"),
            "fields": [{"key": "no", "type": "text", "label": label("号", "No."), "unique": True}],
        },
    ],
}


@pytest.fixture
def map_(runtime: Runtime, people: Any) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(
            work,
            {
                "app": {"desk": {"key": "desk", "label": label("台", "desk")}},
                "form": {"area": AREA, "place": PLACE},
            },
        )


def taken_back(runtime: Runtime, done: Transfer) -> Transfer:
    with runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, done.id)
    found = finish(runtime, done)
    assert found.state == "undone"
    return found


def stored(runtime: Runtime, form: str, *keys: str) -> list[tuple[Any, ...]]:
    with runtime.reading(SYSTEM) as work:
        kind = compiled_form(work.app("desk"), form)
        rows = work.rows(f"SELECT id FROM {kind.table} WHERE deleted_at IS NULL")
        found = [records.load(work, kind, each) for (each,) in rows]
    return sorted(tuple(each[key] for key in keys) for each in found)


def test_a_new_record_makes_room_for_the_value_another_one_had(runtime, map_, tmp_path):
    run_import(runtime, "area", b"code,name\nX,old\n", tmp_path)
    [(key,)] = stored(runtime, "area", "id")
    done = run_import(
        runtime, "area", f"id,code,name\n{key},Y,old\n,X,new\n".encode(), tmp_path, mode="upsert"
    )
    assert stored(runtime, "area", "code", "name") == [("X", "new"), ("Y", "old")]
    assert taken_back(runtime, done).report["kept"] == []
    assert stored(runtime, "area", "code", "name") == [("X", "old")]


@pytest.mark.parametrize("piece", [2, 500])
def test_records_below_each_other_go_whatever_stands_in_one_piece(
    runtime, map_, tmp_path, monkeypatch, piece
):
    monkeypatch.setattr(undo, "PIECE", piece)
    rows = "code,name,above,like\nA,a,,\nB,b,A,\nC,c,B,A\nD,d,C,A、B\n"
    done = run_import(runtime, "area", rows.encode(), tmp_path)
    assert done.report["counts"]["inserted"] == 4
    assert taken_back(runtime, done).report["kept"] == []
    assert stored(runtime, "area", "code") == []


def test_derived_values_follow_and_each_moves_once(runtime, map_, tmp_path):
    run_import(runtime, "area", b"code,name\nA,a\nB,b\n", tmp_path)
    run_import(runtime, "place", b"name,area,people\np,A,5\n", tmp_path)
    rows = "name,area,people,halls.no\n" + "".join(f"p{at},{'AB'[at % 2]},{at},h{at}\n" for at in range(20))
    done = run_import(runtime, "place", rows.encode(), tmp_path)
    changed = run_import(runtime, "place", b"name,area,people\np,B,7\n", tmp_path, mode="update", on=["name"])
    assert stored(runtime, "area", "code", "places", "people") == [("A", 10, 90), ("B", 11, 107)]
    with runtime.reading(SYSTEM) as work:
        before = work.row("SELECT max(id) FROM ff_change")[0]
    assert taken_back(runtime, done).report["kept"] == []
    assert stored(runtime, "area", "code", "places", "people") == [("A", 0, 0), ("B", 1, 7)]
    with runtime.reading(SYSTEM) as work:
        text = f"SELECT form, op, count(*) FROM ff_change WHERE id > {before} GROUP BY form, op ORDER BY 1"
        assert [tuple(row) for row in work.rows(text)] == [("area", "update", 2), ("place", "delete", 20)]
        assert work.row(f"SELECT count(DISTINCT batch) FROM ff_change WHERE id > {before}")[0] == 1
    taken_back(runtime, changed)
    assert stored(runtime, "area", "code", "places", "people") == [("A", 1, 5), ("B", 0, 0)]
    again = run_import(runtime, "place", rows.encode(), tmp_path)
    assert again.report["counts"]["inserted"] == 20, (
        "unique values of records and of their rows are free again"
    )


def test_each_new_record_comes_back_alone_from_the_recycle_bin(runtime, map_, tmp_path):
    done = run_import(runtime, "place", b"name,halls.no\np,h1\nq,h2\n", tmp_path)
    found = stored(runtime, "place", "id")
    taken_back(runtime, done)
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        restore_record_json(work, app, compiled_form(app, "place"), found[0][0])
    assert stored(runtime, "place", "id") == found[:1]


def test_what_refers_to_new_records_by_now_goes_with_them_or_lets_go(runtime, map_, tmp_path):
    done = run_import(runtime, "area", b"code,name\nA,a\nB,b\nC,c\n", tmp_path)
    run_import(runtime, "place", b"name,area\np,A\n", tmp_path)
    run_import(runtime, "area", "code,name,like\nD,d,A、B\n".encode(), tmp_path)
    assert taken_back(runtime, done).report["kept"] == []
    assert stored(runtime, "area", "code", "like") == [("D", None)]
    assert stored(runtime, "place", "name") == []


class Refusing(ChangeListener):
    """Forbids that one record goes."""

    type = "refusing"
    keeps = ""

    def before_save(self, work: UnitOfWork, change: RecordChange) -> None:
        if change.op in ("delete", "update") and change.before and change.before.get("name") == self.keeps:
            raise Invalid([Finding("error", "kept", "/name", Text(zh="不可。", en="No."), NO_FIX)])


@pytest.mark.parametrize("keeps", ["p1", "p7"])
def test_one_record_that_may_not_change_stays_and_is_named(runtime, map_, tmp_path, monkeypatch, keeps):
    rows = "name,people\n" + "".join(f"p{at},{at}\n" for at in range(10))
    run_import(runtime, "place", "\n".join(rows.splitlines()[:6]).encode(), tmp_path)
    other = rows.replace(",", ",1").replace("name,1", "name,")
    done = run_import(runtime, "place", other.encode(), tmp_path, mode="upsert", on=["name"])
    assert done.report["counts"] == {"inserted": 5, "updated": 5, "unchanged": 0, "failed": 0}
    monkeypatch.setattr(Refusing, "keeps", keeps)
    monkeypatch.setattr(runtime, "listeners", [*runtime.listeners, Refusing()])
    kept = taken_back(runtime, done).report["kept"]
    assert [(each["reason"], each["name"]) for each in kept] == [("invalid", keeps)]
    number = int(keeps[1:])
    expected = {f"p{at}": at for at in range(5)} | {keeps: number + 10}
    assert dict(stored(runtime, "place", "name", "people")) == expected


def test_imports_can_be_taken_back_one_after_the_other(runtime, map_, tmp_path):
    first = run_import(runtime, "place", b"name,people\np,1\nq,1\n", tmp_path)
    second = run_import(runtime, "place", b"name,people\np,2\nq,1\n", tmp_path, mode="update", on=["name"])
    with pytest.raises(service.NotUndoable), runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, first.id)
    taken_back(runtime, second)
    taken_back(runtime, first)
    assert stored(runtime, "place", "name") == []


def test_a_change_by_hand_between_two_imports_still_hinders(runtime, map_, tmp_path):
    first = run_import(runtime, "place", b"name,people\np,1\n", tmp_path)
    [(key,)] = stored(runtime, "place", "id")
    with runtime.unit_of_work(SYSTEM) as work:
        records.update(work, compiled_form(work.app("desk"), "place"), key, {"people": 9})
    second = run_import(runtime, "place", b"name,people\np,2\n", tmp_path, mode="update", on=["name"])
    taken_back(runtime, second)
    with pytest.raises(service.NotUndoable) as refused, runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, first.id)
    assert refused.value.details["records"] == [{"record": key, "reason": "changed_since", "name": "p"}]


def test_what_is_deleted_by_now_is_passed_over(runtime, map_, tmp_path):
    done = run_import(runtime, "place", b"name,people\np,1\nq,1\n", tmp_path)
    [(first,), _] = stored(runtime, "place", "id")
    with runtime.unit_of_work(SYSTEM) as work:
        delete(work, compiled_form(work.app("desk"), "place"), first)
    assert taken_back(runtime, done).report["kept"] == []
    assert stored(runtime, "place", "name") == []


@pytest.mark.parametrize("update", [False, True])
def test_taking_back_100_records_costs_no_statement_for_each(runtime, map_, tmp_path, update):
    run_import(runtime, "area", b"code,name\nA,a\nB,b\n", tmp_path)
    rows = "name,area,people,halls.no\n" + "".join(f"p{at},{'AB'[at % 2]},{at},h{at}\n" for at in range(100))
    done = run_import(runtime, "place", rows.encode(), tmp_path)
    if update:
        rows = "name,people\n" + "".join(f"p{at},{at + 1}\n" for at in range(100))
        done = run_import(runtime, "place", rows.encode(), tmp_path, mode="update", on=["name"])
    assert sum(done.report["counts"].values()) == 100
    with runtime.unit_of_work(SYSTEM, source="import") as work, counted(work) as seen:
        assert undo.undo_some(work, done).problems == []
    assert len(seen) < 50, seen


def test_what_is_changed_while_an_import_is_taken_back_is_kept(runtime, map_, tmp_path, monkeypatch):
    monkeypatch.setattr(undo, "PIECE", 2)
    run_import(runtime, "place", b"name,people\np,1\nq,1\nr,1\ns,1\n", tmp_path)
    rows = b"name,people\np,2\nq,2\nr,2\ns,2\nt,2\n"
    done = run_import(runtime, "place", rows, tmp_path, mode="upsert", on=["name"])
    with runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, done.id)
    run = ImportRun(runtime, done.id)
    with runtime.unit_of_work(SYSTEM) as work:
        first = undo.undo_some(work, run.transfer())
        going = run.transfer()
        progress = {**going.progress, "below": first.below, "done": first.count}
        repository.move(work, going, progress=progress)
    left = {
        name: key for name, key, people in stored(runtime, "place", "name", "id", "people") if people == 2
    }
    assert len(left) == 3
    name, key = min(left.items())
    with runtime.unit_of_work(SYSTEM) as work:
        records.update(work, compiled_form(work.app("desk"), "place"), key, {"people": 9})
    undone = finish(runtime, done)
    assert [(each["record"], each["reason"], each["name"]) for each in undone.report["kept"]] == [
        (key, "changed_since", name)
    ]
    expected = dict.fromkeys("pqrs", 1) | {name: 9}
    assert dict(stored(runtime, "place", "name", "people")) == expected


def test_records_that_the_import_itself_made_refer_do_not_hinder(runtime, map_, tmp_path):
    run_import(runtime, "area", b"code,name\nX,old\n", tmp_path)
    rows = b"code,name,above\nN,new,\nX,old,N\n"
    done = run_import(runtime, "area", rows, tmp_path, mode="upsert", on=["code"])
    assert done.report["counts"] == {"inserted": 1, "updated": 1, "unchanged": 0, "failed": 0}
    assert taken_back(runtime, done).report["kept"] == []
    assert stored(runtime, "area", "code", "above") == [("X", None)]
