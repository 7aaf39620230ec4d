"""Asking whether a value exists: yes or no, for who may enter it, of records that nobody needs to see."""

from __future__ import annotations

from typing import Any

import pytest

from engine.changes.wanted import Wanted
from engine.definitions.check import check_app
from engine.definitions.publish import publish
from engine.errors import Forbidden, Invalid
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms.compiled import compiled_form
from forms.duplicates import exists_json
from forms.log_entries import reads_json
from forms.reading_plan import UnknownField
from tests.forms.shop import field, name
from tests.forms.test_records import Desk

PERSON: dict[str, Any] = {
    "key": "person",
    "label": name("person"),
    "fields": [
        field("name", "text", duplicate_check=True),
        field("phone", "phone", duplicate_check=True),
        field("card", "idno", encrypt=True, index=True, duplicate_check=True),
        field("born", "date", duplicate_check=True),
        field("note", "text", duplicate_check=True),
        field("free", "text"),
    ],
}
GRANTS = [
    {
        "form": "person",
        "actions": ["view", "create"],
        "where": "owner = $me",
        "fields": {"hidden": ["note"], "masked": ["phone"], "read": "*", "write": "*"},
    }
]
LI = Principal(user="li", roles=("rep",))
WU = Principal(user="wu", roles=("reader",))


@pytest.fixture
def desk(runtime: Runtime, people: dict[str, Any]) -> Desk:
    reader = [{"form": "person", "actions": ["view"]}]
    documents = {
        "app": {"shop": {"key": "shop", "label": name("shop")}},
        "form": {"person": PERSON},
        "role": {
            key: {"key": key, "label": name(key), "grants": grants}
            for key, grants in (("rep", GRANTS), ("reader", reader))
        },
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents)
    return Desk(runtime)


def asked(desk: Desk, key: str, value: Any, principal: Principal = LI) -> bool:
    with desk.runtime.reading(principal) as work:
        app = work.app("shop")
        answer = exists_json(work, app, compiled_form(app, "person"), key, value)
    assert set(answer) == {"exists"}
    return bool(answer["exists"])


def test_a_whole_value_of_any_live_record_exists(desk: Desk) -> None:
    made = desk.create(
        "person", name=" 王 芳 ", phone="13812345678", card="11010519491231002X", born="1990-01-02"
    )
    for key, value in (
        ("name", "王 芳"),
        ("phone", "+86 138-1234-5678"),
        ("card", "11010519491231002x"),
        ("born", "1990-01-02"),
    ):
        assert asked(desk, key, value), key
    for key, value in (("name", "王"), ("phone", "13812345670"), ("born", "1990-01-03")):
        assert not asked(desk, key, value), key
    desk.delete("person", made["id"])
    assert not asked(desk, "phone", "13812345678")


def test_a_field_that_is_not_open_or_hidden_does_not_exist_for_the_question(desk: Desk) -> None:
    desk.create("person", note="secret", free="x")
    for key in ("note", "free", "nothing", "owner", "id"):
        with pytest.raises(UnknownField):
            asked(desk, key, "secret")


def test_only_who_may_create_records_asks(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        asked(desk, "phone", "13812345678", WU)


def test_what_is_no_value_of_the_field_is_told(desk: Desk) -> None:
    for key, value, code in (
        ("phone", "12", "bad_phone"),
        ("born", "x", "bad_date"),
        ("name", "", "required"),
    ):
        with pytest.raises(Invalid) as wrong:
            asked(desk, key, value)
        assert [(each.pointer, each.code) for each in wrong.value.findings] == [("/value", code)]


def test_who_finds_a_marked_value_is_in_the_access_log(desk: Desk) -> None:
    made = desk.create("person", card="11010519491231002X")
    assert asked(desk, "card", "11010519491231002X")
    with desk.runtime.reading(Principal(user="root", roles=("admin",), is_admin=True)) as work:
        [read] = reads_json(work, Wanted(equal={"form": "person"}), limit=10, cursor=None)["items"]
    assert (read["actor"], read["way"], read["fields"], read["records"]) == (
        "li",
        "duplicate_check",
        ["card"],
        [made["id"]],
    )


def test_what_is_no_single_value_cannot_be_asked_for(runtime: Runtime) -> None:
    fields = [
        field("name", "text"),
        field("tags", "tags", duplicate_check=True),
        field("period", "date_range", duplicate_check=True),
        field("sum", "formula", result={"type": "int"}, expr="1", duplicate_check=True),
        field("card", "idno", encrypt=True, duplicate_check=True),
        field("rows", "subtable", fields=[field("code", "text", duplicate_check=True)]),
    ]
    documents = {
        "app": {"shop": {"key": "shop", "label": name("shop")}},
        "form": {"person": {"key": "person", "label": name("person"), "fields": fields}},
    }
    found = check_app(documents, runtime.registries).findings
    wrong = {each.pointer for each in found if each.code == "cannot_check_duplicates"}
    assert wrong == {
        *(f"/forms/person/fields/{index}/duplicate_check" for index in (1, 2, 3, 4)),
        "/forms/person/fields/5/fields/0/duplicate_check",
    }
