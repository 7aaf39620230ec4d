"""Saving records: defaults, formulas, child rows, references, unique values, rollups, locks."""

from __future__ import annotations

from typing import Any

import pytest

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms import api_records
from forms.compiled import compiled_form
from forms.deletion import Referenced
from forms.edits import FieldConflict, PreconditionFailed
from forms.records import RecordNotFound

ROOT = Principal(user="root", roles=("admin",), is_admin=True)


class Desk:
    """Calls the record service as one person, a transaction each."""

    def __init__(self, runtime: Runtime, principal: Principal = ROOT) -> None:
        self.runtime, self.principal = runtime, principal

    def create(self, form: str, **data: Any) -> dict[str, Any]:
        with self.runtime.unit_of_work(self.principal) as work:
            app = work.app("shop")
            return api_records.create_json(work, app, compiled_form(app, form), data)

    def update(self, form: str, record: str, if_match: int | None = None, **data: Any) -> dict[str, Any]:
        with self.runtime.unit_of_work(self.principal) as work:
            app = work.app("shop")
            return api_records.update_json(
                work, app, compiled_form(app, form), record, data, if_match=if_match
            )

    def get(self, form: str, record: str) -> dict[str, Any]:
        with self.runtime.reading(self.principal) as work:
            app = work.app("shop")
            return api_records.get_json(work, app, compiled_form(app, form), record)

    def delete(self, form: str, record: str) -> None:
        with self.runtime.unit_of_work(self.principal) as work:
            app = work.app("shop")
            api_records.delete_json(work, app, compiled_form(app, form), record)


@pytest.fixture
def desk(runtime: Runtime, shop: CompiledApp) -> Desk:
    return Desk(runtime)


def codes(problem: Invalid) -> set[tuple[str, str]]:
    return {(finding.pointer, finding.code) for finding in problem.findings}


def sale(desk: Desk, **more: Any) -> dict[str, Any]:
    customer = more.pop("customer", None) or desk.create("customer", name=f"c{more}")["id"]
    product = desk.create("product", sku=f"p{customer}{more}", price="19.99", cost="11")["id"]
    data = {
        "customer": customer,
        "lines": [{"product": product, "qty": "2.5"}, {"product": product, "qty": 1, "price": "5"}],
    }
    return desk.create("sale", **{**data, **more})


def test_a_new_record_gets_number_defaults_and_formulas(desk: Desk) -> None:
    made = sale(desk)
    assert made["no"] == "SO-202603-001"
    assert made["on"] == "2026-03-02"
    assert made["status"] == "draft"
    assert [line["price"] for line in made["lines"]] == ["19.99", "5.00"]
    assert [line["cost"] for line in made["lines"]] == ["11.00", "11.00"]
    assert [line["amount"] for line in made["lines"]] == ["49.98", "5.00"]
    assert made["total"] == "54.98"
    assert made["level"] == "c"
    assert made["overdue"] is False
    assert (made["rev"], made["version"], made["owner"], made["created_by"]) == (1, 1, "root", "root")
    assert made == desk.get("sale", made["id"])


def test_sent_derived_values_are_ignored(desk: Desk) -> None:
    made = sale(desk, total="9999.00")
    assert (made["total"], made["no"]) == ("54.98", "SO-202603-001")


def test_everything_wrong_is_named_with_its_place(desk: Desk) -> None:
    with pytest.raises(Invalid) as problem:
        desk.create("sale", customr="x", on="03/05/2026", status="drft", lines=[{"qty": "abc"}])
    assert codes(problem.value) == {
        ("/customr", "unknown_field"),
        ("/on", "bad_date"),
        ("/status", "not_in_options"),
        ("/lines/0/qty", "wrong_type"),
        ("/lines/0/product", "required"),
        ("/customer", "required"),
    }
    with pytest.raises(Invalid) as problem:
        desk.create("sale", lines=[{"qty": "1"}, {"qty": "2000", "price": "1"}], extra="200")
    assert {
        ("/customer", "required"),
        ("/lines/0/product", "required"),
        ("/lines/1/qty", "too_much"),
    } <= codes(problem.value)
    assert ("/reason", "required") in codes(problem.value)


def test_nothing_of_a_refused_record_is_stored(desk: Desk, runtime: Runtime) -> None:
    with pytest.raises(Invalid):
        sale(desk, extra="10000", reason="x")
    with runtime.reading(SYSTEM) as work:
        assert work.row("SELECT count(*) FROM shop_sale") == (0,)
        assert work.row("SELECT count(*) FROM shop_sale__lines") == (0,)


def test_child_rows_are_changed_added_and_removed_by_id(desk: Desk) -> None:
    made = sale(desk)
    first, second = made["lines"]
    changed = desk.update(
        "sale",
        made["id"],
        lines=[
            {"id": first["id"], "qty": "10"},
            {"id": second["id"], "$delete": True},
            {"product": first["product"], "qty": 1},
        ],
    )
    assert [(line["qty"], line["amount"]) for line in changed["lines"]] == [
        ("10.0", "199.90"),
        ("1.0", "19.99"),
    ]
    assert changed["total"] == "219.89"
    assert changed["rev"] == 2
    kept = desk.update("sale", made["id"], extra="1")
    assert len(kept["lines"]) == 2
    with pytest.raises(Invalid) as problem:
        desk.update("sale", made["id"], lines=[{"id": "nobody", "qty": 1}])
    assert codes(problem.value) == {("/lines/0/id", "row_not_found")}


def test_a_copied_value_stays_when_its_source_moves(desk: Desk) -> None:
    made = sale(desk)
    product = made["lines"][0]["product"]
    desk.update("product", product, cost="99", price="500")
    again = desk.update("sale", made["id"], extra="1")
    assert again["lines"][0]["cost"] == "11.00"
    assert again["lines"][0]["price"] == "19.99"


def test_a_value_hidden_by_its_condition_is_cleared(desk: Desk) -> None:
    made = sale(desk, status="void", note="by mistake")
    assert made["note"] == "by mistake"
    assert desk.update("sale", made["id"], status="draft")["note"] is None


def test_rollups_and_what_depends_on_them_follow(desk: Desk, runtime: Runtime) -> None:
    customer = desk.create("customer", name="c", credit="1000")
    made = sale(desk, customer=customer["id"], status="done")
    other = sale(desk, customer=customer["id"], extra="1")
    seen = desk.get("customer", customer["id"])
    assert (seen["ordered"], seen["sales"], seen["left"], seen["vip"]) == ("54.98", 2, "945.02", False)
    assert seen["rev"] == 1, "a derived change is no revision"
    desk.update("sale", made["id"], lines=[{"id": made["lines"][0]["id"], "qty": 100}])
    assert desk.get("customer", customer["id"])["vip"] is True
    desk.delete("sale", made["id"])
    seen = desk.get("customer", customer["id"])
    assert (seen["ordered"], seen["sales"], seen["left"], seen["vip"]) == ("0.00", 1, "1000.00", False)
    with runtime.reading(SYSTEM) as work:
        sources = [
            (change.source, change.cause is not None)
            for change in log.of_record(work, "shop", "customer", customer["id"])
        ]
    assert sources[0] == ("engine", True)
    assert sources[-1] == ("api", False)
    assert other["total"] == "53.98"


def test_moving_a_record_moves_both_rollups(desk: Desk) -> None:
    one, two = desk.create("customer", name="one"), desk.create("customer", name="two")
    made = sale(desk, customer=one["id"], status="done")
    desk.update("sale", made["id"], customer=two["id"])
    assert desk.get("customer", one["id"])["ordered"] == "0.00"
    assert desk.get("customer", two["id"])["ordered"] == "54.98"


@pytest.mark.parametrize("again", ["Acme", " acme ", "ＡＣＭＥ", "Ac\u200bme", "\u202eAcme", "Acme\u2060"])
def test_unique_values_are_compared_normalised(desk: Desk, again: str) -> None:
    desk.create("customer", name="Acme")
    with pytest.raises(Invalid) as problem:
        desk.create("customer", name=again)
    assert codes(problem.value) == {("/name", "unique")}


def test_a_deleted_record_frees_its_unique_values(desk: Desk) -> None:
    made = desk.create("customer", name="Acme")
    desk.delete("customer", made["id"])
    assert desk.create("customer", name="Acme")["no"] == "C-0002"


def test_a_conditional_unique_rule_counts_only_where_it_holds(desk: Desk) -> None:
    customer = desk.create("customer", name="c")["id"]
    desk.create("contact", name="a", customer=customer, main=True)
    second = desk.create("contact", name="b", customer=customer)
    with pytest.raises(Invalid) as problem:
        desk.update("contact", second["id"], main=True)
    assert codes(problem.value) == {("/customer", "one_main")}


def test_deleting_follows_the_references(desk: Desk) -> None:
    customer = desk.create("customer", name="c")["id"]
    made = sale(desk, customer=customer)
    helper = desk.create("contact", name="h", customer=customer)["id"]
    helped = desk.create(
        "contact", name="x", customer=desk.create("customer", name="d")["id"], helper=helper
    )["id"]
    with pytest.raises(Referenced) as refused:
        desk.delete("customer", customer)
    assert refused.value.details["references"] == {"sale": 1}
    desk.delete("sale", made["id"])
    desk.delete("customer", customer)
    with pytest.raises(RecordNotFound):
        desk.get("contact", helper)
    assert desk.get("contact", helped)["helper"] is None


def test_a_reference_to_nothing_is_refused(desk: Desk) -> None:
    with pytest.raises(Invalid) as problem:
        desk.create("contact", name="a", customer="0190c0de-0000-7000-8000-000000000000")
    assert codes(problem.value) == {("/customer", "not_found")}
    with pytest.raises(Invalid) as problem:
        desk.create("customer", name="a", manager="nobody")
    assert codes(problem.value) == {("/manager", "not_found")}


def test_if_match_is_strict_and_base_version_merges(desk: Desk) -> None:
    made = desk.create("customer", name="c")
    desk.update("customer", made["id"], level="a")
    with pytest.raises(PreconditionFailed):
        desk.update("customer", made["id"], if_match=1, email="a@example.com")
    merged = desk.update("customer", made["id"], base_version=1, email="a@example.com")
    assert (merged["level"], merged["email"], merged["rev"]) == ("a", "a@example.com", 3)
    with pytest.raises(FieldConflict) as conflict:
        desk.update("customer", made["id"], base_version=1, level="b")
    assert conflict.value.details["fields"] == {"level": {"theirs": "a", "yours": "b"}}


def test_an_update_that_changes_nothing_is_no_revision(desk: Desk) -> None:
    made = desk.create("customer", name="c", tags=["x", "y"])
    assert desk.update("customer", made["id"], name="c", tags=["x", "y"])["rev"] == 1


def test_the_log_keeps_old_and_new_values(desk: Desk, runtime: Runtime) -> None:
    made = desk.create("customer", name="c", credit="12.50")
    desk.update("customer", made["id"], credit="13", tags=["x"])
    with runtime.unit_of_work(SYSTEM) as work:
        log.sequence(work)
        assert log.head(work) == 2
        first, second = log.read_since(work, 0)
    assert first.diff["credit"] == [None, 1250]
    assert second.diff["credit"] == [1250, 1300]
    assert second.diff["tags"] == [None, ["x"]]
    assert (second.pos, second.actor, second.op, second.rev) == (2, "root", "update", 2)


def test_a_child_table_may_be_read_only_hidden_or_required_as_a_whole(desk: Desk) -> None:
    made = desk.create("contact", name="a", customer=desk.create("customer", name="c")["id"])
    with pytest.raises(Invalid) as problem:
        desk.update("contact", made["id"], stage="known")
    assert codes(problem.value) == {("/calls", "required")}
    known = desk.update("contact", made["id"], stage="known", calls=[{"about": "hello"}])
    closed = desk.update("contact", made["id"], stage="closed")
    with pytest.raises(Invalid) as problem:
        desk.update("contact", made["id"], calls=[{"id": known["calls"][0]["id"], "about": "bye"}])
    assert codes(problem.value) == {("/calls", "read_only")}
    assert closed["calls"] == desk.update("contact", made["id"], calls=closed["calls"])["calls"]
    assert desk.update("contact", made["id"], stage="secret")["calls"] == []


SYSTEM_VALUES = {
    "id": "01a20385-0000-7000-8000-000000000000",
    "rev": 7,
    "no": "C-9999",
    "created_at": "2001-01-01T00:00:00Z",
    "created_by": "li",
    "updated_at": "2001-01-01T00:00:00Z",
    "updated_by": "li",
    "flow_state": "approved",
    "deleted_at": "2001-01-01T00:00:00Z",
}


@pytest.mark.parametrize("key", SYSTEM_VALUES)
def test_a_new_record_is_not_given_values_that_the_system_writes(desk: Desk, key: str) -> None:
    with pytest.raises(Invalid) as problem:
        desk.create("customer", name="a", **{key: SYSTEM_VALUES[key]})
    assert codes(problem.value) == {(f"/{key}", "read_only")}


@pytest.mark.parametrize(
    "key", [key for key in SYSTEM_VALUES if key not in ("rev", "updated_at", "updated_by")]
)
def test_an_edit_does_not_change_what_the_system_writes(desk: Desk, key: str) -> None:
    made = desk.create("customer", name="a")
    for other in (SYSTEM_VALUES[key], *([None] if made.get(key) is not None else [])):
        with pytest.raises(Invalid) as problem:
            desk.update("customer", made["id"], name="b", **{key: other})
        assert codes(problem.value) == {(f"/{key}", "read_only")}


def test_a_record_that_was_read_may_be_sent_back_even_when_it_has_changed_since(desk: Desk) -> None:
    read = desk.create("customer", name="a")
    desk.update("customer", read["id"], email="a@example.com")
    named = {**read, "created_by": {"id": read["created_by"], "name": "whatever"}, "name": "b"}
    del named["email"]
    assert desk.update("customer", read["id"], **named)["name"] == "b"
    local = named["created_at"].replace("Z", "+00:00")
    assert desk.update("customer", read["id"], created_at=local, name="c")["name"] == "c"


def test_a_child_row_has_no_system_fields_but_its_id(desk: Desk) -> None:
    with pytest.raises(Invalid) as problem:
        desk.create("sale", lines=[{"qty": 1, "created_at": "2001-01-01T00:00:00Z"}])
    assert ("/lines/0/created_at", "unknown_field") in codes(problem.value)


def test_a_row_that_is_to_be_removed_has_to_be_named(desk: Desk) -> None:
    with pytest.raises(Invalid) as problem:
        desk.create("sale", lines=[{"$delete": True}])
    assert ("/lines/0/id", "required") in codes(problem.value)
