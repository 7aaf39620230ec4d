"""Grants on every path: a cell is visible only if one grant shows its row and its field."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.app import CompiledApp
from engine.errors import EngineError, Forbidden, Invalid
from engine.identity.principal import Principal
from engine.runtime import Runtime
from forms.access import ForbiddenField
from forms.compiled import compiled_form
from forms.history import history_json
from forms.listing import ListQuery, list_json
from forms.reading_plan import UnknownField
from forms.records import RecordNotFound
from tests.forms.shop import LI, WU
from tests.forms.test_records import Desk, sale


@pytest.fixture
def root(runtime: Runtime, shop: CompiledApp) -> Desk:
    return Desk(runtime)


@pytest.fixture
def li(runtime: Runtime, shop: CompiledApp) -> Desk:
    return Desk(runtime, LI)


@pytest.fixture
def wu(runtime: Runtime, shop: CompiledApp) -> Desk:
    return Desk(runtime, WU)


def listed(desk: Desk, form: str, **query: Any) -> list[dict[str, Any]]:
    with desk.runtime.reading(desk.principal) as work:
        app = work.app("shop")
        items: list[dict[str, Any]] = list_json(work, app, compiled_form(app, form), ListQuery(**query))[
            "items"
        ]
        return items


def test_each_row_shows_the_fields_of_the_grants_that_have_it(root: Desk, li: Desk, wu: Desk) -> None:
    mine = li.create("customer", name="mine", level="a", credit="5")
    theirs = wu.create("customer", name="theirs", level="c", credit="7")
    hidden = wu.create("customer", name="hidden", level="a")
    assert mine["credit"] == "5.00"
    assert "secret" not in mine
    rows = {row.get("name"): row for row in listed(li, "customer")}
    assert set(rows) == {"mine", "theirs"}
    assert {key for key in rows["theirs"] if key not in ("id", "rev", "version")} == {"name", "level"}
    assert rows["mine"]["credit"] == "5.00"
    assert "credit" not in li.get("customer", theirs["id"])
    with pytest.raises(RecordNotFound):
        li.get("customer", hidden["id"])


def test_a_hidden_field_answers_like_one_that_does_not_exist(li: Desk) -> None:
    for name in ("secret", "secrt"):
        for query in ({"sort": name}, {"fields": f"name,{name}"}):
            with pytest.raises(UnknownField) as refused:
                listed(li, "customer", **query)
            assert refused.value.code == "unknown_field"
        with pytest.raises(EngineError) as wrong:
            listed(li, "customer", filter=f'{name} = "x"')
        assert wrong.value.code == "unknown_field"
    with pytest.raises(EngineError):
        listed(li, "sale", filter="lines.cost > 1")


def test_filters_do_not_reveal_cells_of_other_rows(li: Desk, wu: Desk) -> None:
    wu.create("customer", name="theirs", level="c", credit="777")
    assert listed(li, "customer", filter="credit = 777") == []
    assert len(listed(wu, "customer", filter="credit = 777")) == 1


def test_lookups_and_paths_go_through_the_readers_own_rows(root: Desk, li: Desk, wu: Desk) -> None:
    customer = wu.create("customer", name="theirs", level="a")
    contact = root.create("contact", name="x", customer=customer["id"])
    assert listed(root, "contact", fields="name,customer.name")[0]["customer"]["name"] == "theirs"
    assert contact["customer"] == customer["id"]
    with pytest.raises(Forbidden):
        listed(li, "contact")


def test_writing_needs_a_grant_for_the_row_and_for_the_field(root: Desk, li: Desk, wu: Desk) -> None:
    theirs = wu.create("customer", name="theirs", level="c")
    with pytest.raises(Forbidden):
        li.update("customer", theirs["id"], level="a")
    mine = li.create("customer", name="mine")
    with pytest.raises(ForbiddenField):
        li.update("customer", mine["id"], secret="x")
    with pytest.raises(ForbiddenField):
        li.create("customer", name="other", secret="x")
    with pytest.raises(Forbidden):
        li.create("product", sku="x", price="1")
    with pytest.raises(Forbidden):
        li.delete("customer", mine["id"])


def test_a_record_cannot_be_written_out_of_the_writers_reach(root: Desk, li: Desk) -> None:
    mine = li.create("customer", name="mine")
    with pytest.raises(Forbidden):
        li.update("customer", mine["id"], owner="wu")
    assert root.get("customer", mine["id"])["owner"] == "li"
    with pytest.raises(Forbidden):
        li.create("customer", name="for wu", owner="wu")
    assert len(listed(root, "customer")) == 1


def test_references_reach_only_what_the_writer_sees(root: Desk, li: Desk, wu: Desk) -> None:
    theirs = wu.create("customer", name="theirs", level="a")
    product = root.create("product", sku="p", price="1")
    with pytest.raises(Invalid) as refused:
        li.create("sale", customer=theirs["id"], lines=[{"product": product["id"], "qty": 1}])
    assert [(f.pointer, f.code) for f in refused.value.findings] == [("/customer", "not_found")]


def test_hidden_child_fields_are_absent_and_history_hides_them_too(root: Desk, li: Desk) -> None:
    mine = li.create("customer", name="mine")
    made = sale(root, customer=mine["id"])
    seen = li.get("sale", made["id"])
    assert "cost" not in seen["lines"][0]
    assert seen["lines"][0]["amount"] == "49.98"
    with li.runtime.reading(LI) as work:
        app = work.app("shop")
        entries = history_json(work, app, compiled_form(app, "sale"), made["id"])["items"]
    assert "cost" not in entries[0]["changes"]["lines"]["insert"][0]
    assert entries[0]["changes"]["total"] == [None, "54.98"]
    with li.runtime.reading(WU) as work, pytest.raises(RecordNotFound):
        history_json(work, work.app("shop"), compiled_form(work.app("shop"), "sale"), made["id"])


def test_a_shared_record_becomes_readable(root: Desk, li: Desk, wu: Desk, runtime: Runtime) -> None:
    hidden = wu.create("customer", name="hidden", level="a")
    with runtime.unit_of_work(WU) as work:
        work.run(
            'INSERT INTO ff_record_share (record, "user", app, form, level, reason) '
            f"VALUES ('{hidden['id']}', 'li', 'shop', 'customer', 'read', 'task:1')"
        )
    assert li.get("customer", hidden["id"])["name"] == "hidden"
    assert len(listed(li, "customer")) == 1
    with pytest.raises(Forbidden):
        li.update("customer", hidden["id"], name="mine now")


def test_without_any_grant_a_shared_record_shows_what_nobody_hides(
    root: Desk, wu: Desk, shop: CompiledApp, runtime: Runtime
) -> None:
    sun = Desk(runtime, Principal(user="sun", roles=("nothing",)))
    made = wu.create("customer", name="theirs", level="a")
    with pytest.raises(RecordNotFound):
        sun.get("customer", made["id"])
    with runtime.unit_of_work(WU) as work:
        work.run(
            'INSERT INTO ff_record_share (record, "user", app, form, level, reason) '
            f"VALUES ('{made['id']}', 'sun', 'shop', 'customer', 'read', 'task:1')"
        )
    seen = sun.get("customer", made["id"])
    assert seen["name"] == "theirs"
    assert "secret" not in seen
    with pytest.raises(Forbidden):
        sun.update("customer", made["id"], name="mine")
    with pytest.raises(Forbidden):
        listed(sun, "customer")
