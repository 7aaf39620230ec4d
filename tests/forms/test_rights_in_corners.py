"""Rights in the corners: lookups in child rows, writes by several grants, counts of hidden rows, people."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.errors import EngineError, Forbidden, Invalid
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms.access import ForbiddenField
from forms.compiled import compiled_form
from forms.deletion import Referenced
from forms.listing import BadCursor, ListQuery, list_json
from forms.reading_plan import UnknownField
from tests.forms.shop import CONTACT, CUSTOMER, PRODUCT, SALE, field, name, option
from tests.forms.test_permission import listed
from tests.forms.test_records import Desk, sale

REP = Principal(user="li", roles=("rep",), dept="east_js", depts=("east_js",))
MATTER = {
    "key": "matter",
    "label": name("matter"),
    "fields": [
        field("kind", "select", options=option("open", "closed"), default="closed"),
        field("pub", "text"),
        field(
            "rows",
            "subtable",
            fields=[
                field("who", "ref", form="customer"),
                field("secret", "lookup", path="who.secret"),
                field("qty", "int"),
                field("fixed", "int", readonly="qty > 5"),
            ],
        ),
    ],
}

Publish = Callable[[list[dict[str, Any]]], Desk]


@pytest.fixture
def granted(runtime: Runtime, people: dict[str, Any]) -> Publish:
    """The shop with `matter` and a role `rep` with these grants; li's desk."""

    def make(grants: list[dict[str, Any]]) -> Desk:
        role = {"key": "rep", "label": name("rep"), "grants": grants}
        forms = {form["key"]: form for form in (CUSTOMER, PRODUCT, SALE, CONTACT, MATTER)}
        app = {
            "app": {"shop": {"key": "shop", "label": name("shop")}},
            "form": copy.deepcopy(forms),
            "role": {"rep": role},
        }
        with runtime.unit_of_work(SYSTEM) as work:
            publish(work, app)
        return Desk(runtime, REP)

    return make


def test_a_lookup_in_a_child_row_reaches_only_what_the_reader_sees(
    runtime: Runtime, granted: Publish
) -> None:
    li = granted(
        [
            {"form": "matter", "actions": ["view"]},
            {"form": "customer", "actions": ["view"], "where": "owner = $me"},
        ]
    )
    root = Desk(runtime)
    customer = root.create("customer", name="theirs", secret="TOP")["id"]
    made = root.create("matter", rows=[{"who": customer}])
    assert made["rows"][0]["secret"] == "TOP"
    assert li.get("matter", made["id"])["rows"][0]["secret"] is None
    assert listed(li, "matter", fields="rows")[0]["rows"][0]["secret"] is None


def test_a_lookup_into_a_form_without_any_right_is_empty(runtime: Runtime, granted: Publish) -> None:
    li = granted([{"form": "sale", "actions": ["view"]}])
    made = sale(Desk(runtime))
    assert li.get("sale", made["id"])["level"] is None
    assert listed(li, "sale")[0]["level"] is None


def test_one_grants_check_does_not_stand_in_for_anothers(runtime: Runtime, granted: Publish) -> None:
    li = granted(
        [
            {"form": "matter", "actions": ["view", "create", "update"], "where": "owner = $me"},
            {
                "form": "matter",
                "actions": ["view", "update"],
                "where": 'kind = "open"',
                "fields": {"write": ["pub"]},
            },
        ]
    )
    mine = li.create("matter", pub="a")
    with pytest.raises(Forbidden):
        li.update("matter", mine["id"], owner="wu", kind="open")
    opened = Desk(runtime).create("matter", kind="open")
    assert li.update("matter", opened["id"], pub="b")["pub"] == "b"
    with pytest.raises(ForbiddenField):
        li.update("matter", opened["id"], kind="closed")


def test_a_check_that_is_false_allows_nothing(granted: Publish) -> None:
    li = granted([{"form": "matter", "actions": ["view", "create"], "check": False}])
    with pytest.raises(Forbidden):
        li.create("matter", pub="a")


def test_rows_of_a_hidden_child_table_cannot_be_counted(runtime: Runtime, granted: Publish) -> None:
    li = granted(
        [
            {"form": "matter", "actions": ["view"], "where": "owner = $me"},
            {"form": "matter", "actions": ["view"], "where": 'kind = "open"', "fields": {"hidden": ["rows"]}},
        ]
    )
    Desk(runtime).create("matter", kind="open", rows=[{"qty": 1}, {"qty": 2}])
    assert len(listed(li, "matter")) == 1
    assert listed(li, "matter", filter="COUNT(rows) = 2") == []


def test_mail_and_phone_of_colleagues_stay_theirs(runtime: Runtime, granted: Publish) -> None:
    li = granted([{"form": "matter", "actions": ["view"]}])
    Desk(runtime).create("matter", owner="wu")
    assert listed(li, "matter", fields="owner.dept")[0]["owner"]["dept"] == "north"
    with pytest.raises(UnknownField):
        listed(li, "matter", fields="owner.email")
    with pytest.raises(EngineError) as refused:
        listed(li, "matter", filter='owner.superior.phone = "1"')
    assert refused.value.code == "unknown_field"


def test_a_cell_of_a_child_row_may_become_read_only(runtime: Runtime, granted: Publish) -> None:
    granted([])
    root = Desk(runtime)
    made = root.create("matter", rows=[{"qty": 9, "fixed": 1}, {"qty": 1, "fixed": 1}])
    first, second = made["rows"]
    with pytest.raises(Invalid) as refused:
        root.update("matter", made["id"], rows=[{"id": first["id"], "fixed": 2}])
    assert [(each.pointer, each.code) for each in refused.value.findings] == [("/rows/0/fixed", "read_only")]
    assert root.update("matter", made["id"], rows=[{"id": second["id"], "fixed": 2}])["rows"][1]["fixed"] == 2


def test_rows_are_added_and_removed_only_with_the_whole_table(runtime: Runtime, granted: Publish) -> None:
    li = granted([{"form": "matter", "actions": ["view", "update"], "fields": {"write": ["rows.qty"]}}])
    made = Desk(runtime).create("matter", rows=[{"qty": 1}])
    row = made["rows"][0]["id"]
    assert li.update("matter", made["id"], rows=[{"id": row, "qty": 2}])["rows"][0]["qty"] == 2
    for change in ({"id": row, "$delete": True}, {"qty": 3}):
        with pytest.raises(ForbiddenField):
            li.update("matter", made["id"], rows=[change])


def test_a_refused_delete_names_only_forms_the_person_knows(runtime: Runtime, granted: Publish) -> None:
    li = granted([{"form": "customer", "actions": ["view", "delete"]}])
    made = sale(Desk(runtime))
    with pytest.raises(Referenced) as refused:
        li.delete("customer", made["customer"])
    assert refused.value.details["references"] == {"…": 1}


@pytest.mark.parametrize("rows", [[{"id": ["a"]}], [{"id": {}}], [{"id": 5}], [[]], "x", {"id": 1}])
def test_odd_child_rows_are_findings(runtime: Runtime, granted: Publish, rows: Any) -> None:
    granted([])
    with pytest.raises(Invalid):
        Desk(runtime).create("matter", rows=rows)


def test_a_cursor_belongs_to_its_list(runtime: Runtime, granted: Publish) -> None:
    granted([])
    root = Desk(runtime)
    for number in range(3):
        root.create("matter", pub=f"p{number}")

    def ask(**query: Any) -> dict[str, Any]:
        with runtime.reading(root.principal) as work:
            app = work.app("shop")
            return list_json(work, app, compiled_form(app, "matter"), ListQuery(limit=1, **query))

    cursor = ask(sort="pub")["next"]
    assert ask(sort="pub", cursor=cursor)["items"][0]["pub"] == "p1"
    for other in ({"sort": "-pub"}, {"sort": "pub", "filter": 'pub = "p1"'}, {"sort": "kind"}):
        with pytest.raises(BadCursor):
            ask(cursor=cursor, **other)
    with pytest.raises(EngineError) as refused:
        ask(sort=",".join(["pub"] * 9))
    assert refused.value.code == "too_many_fields"
