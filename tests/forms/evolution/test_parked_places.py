"""What is parked keeps its place although its keys, or those of what it was in, are those of something else."""

from __future__ import annotations

from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.evolution import park, repository
from forms.evolution.park import PlaceTaken
from forms.evolution.repository import Parked
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field, name


@pytest.fixture
def ledger(runtime: Runtime) -> Ledger:
    return Ledger(runtime)


def parked(ledger: Ledger) -> list[Parked]:
    with ledger.runtime.reading(SYSTEM) as work:
        return repository.of_app(work, "ledger")


def form(key: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    inside = [field("title", "text"), *fields]
    return {"key": key, "label": name(key), "title": "title", "fields": inside, **more}


def rows(key: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return field(key, "subtable", fields=list(fields), **more)


def two_clients(ledger: Ledger, *fields: dict[str, Any], **values: Any) -> tuple[str, str]:
    """A client form, whose field `phone` is parked, and then itself, and another form that took its key."""
    forms = ledger.source["form"]
    forms["client"], forms["customer"] = form("client", field("phone", "text"), *fields), form("customer")
    ledger.publish()
    ids = ledger.create("client", title="old", phone="123", **values), ledger.create("customer", title="new")
    forms["client"] = form("client", *fields)
    ledger.publish(approve=["/forms/client/fields/phone"])
    del forms["client"]
    ledger.publish(approve=["/forms/client"])
    del forms["customer"]
    forms["client"] = form("client", renamed_from="customer")
    ledger.publish()
    return ids


def test_a_field_of_a_form_with_the_same_key_is_another_one(ledger: Ledger) -> None:
    _old, new = two_clients(ledger)
    ledger.source["form"]["client"]["fields"].append(field("phone", "text"))
    done = ledger.publish()
    assert [step.action for step in done.steps] == ["add_field"]
    assert ledger.load(new, "client")["phone"] is None
    ledger.update(new, {"phone": "9"}, "client")
    assert ledger.load(new, "client")["phone"] == "9"
    assert {each.place for each in parked(ledger)} == {("client", None, "phone"), ("client", None, None)}


def test_a_child_table_of_a_form_with_the_same_key_is_another_one(ledger: Ledger) -> None:
    lines = rows("lines", field("what", "text"))
    ledger.source["form"]["client"] = form("client", lines)
    ledger.publish()
    ledger.create("client", title="older", lines=[{"what": "x"}])
    ledger.source["form"]["client"] = form("client")
    ledger.publish(approve=["/forms/client/fields/lines"])
    _old, new = two_clients(ledger)
    ledger.source["form"]["client"]["fields"].append(lines)
    ledger.publish()
    ledger.update(new, {"lines": [{"what": "y"}]}, "client")
    assert [each["what"] for each in ledger.load(new, "client")["lines"]] == ["y"]
    assert ("client", "lines", None) in {each.place for each in parked(ledger)}


def test_a_field_of_a_child_table_with_the_same_key_is_another_one(ledger: Ledger) -> None:
    former = rows("former", field("what", "text"), field("price", "int"))
    ledger.fields.append(former)
    ledger.publish()
    one = ledger.create(title="a", former=[{"what": "x", "price": 1}])
    ledger.field("former")["fields"].pop()
    ledger.publish(approve=["/forms/entry/fields/former/fields/price"])
    ledger.remove("former")
    ledger.publish(approve=["/forms/entry/fields/former"])
    ledger.field("rows").update(key="former", renamed_from="rows")
    ledger.publish()
    ledger.field("former")["fields"].append(field("price", "int"))
    ledger.publish()
    ledger.update(one, {"former": [{"what": "y", "price": 2}]})
    assert ledger.load(one)["former"][0]["price"] == 2
    ledger.field("former").update(key="lines", renamed_from="former")
    ledger.publish()
    ledger.fields.append(rows("former", field("what", "text"), field("price", "int")))
    ledger.publish()
    assert [(each["what"], each["price"]) for each in ledger.load(one)["former"]] == [("x", 1)]
    assert parked(ledger) == []


def test_restoring_into_a_form_with_the_same_key_is_refused(ledger: Ledger) -> None:
    two_clients(ledger)
    (phone,) = [each for each in parked(ledger) if each.key == "phone"]
    with ledger.runtime.unit_of_work(SYSTEM) as work, pytest.raises(PlaceTaken):
        park.restore(work, work.app("ledger"), phone.id)


def test_a_parked_form_stays_itself_when_the_one_with_its_key_is_renamed(ledger: Ledger) -> None:
    old, new = two_clients(ledger, field("age", "int"), age=7)
    forms = ledger.source["form"]
    del forms["client"]
    forms["buyer"] = form("buyer", renamed_from="client")
    ledger.publish()
    assert {each.place for each in parked(ledger)} == {("client", None, "phone"), ("client", None, None)}
    forms["client"] = form("client", field("phone", "text"), field("age", "int"))
    done = ledger.publish()
    assert [step.action for step in done.steps] == ["restore", "restore"]
    record = ledger.load(old, "client")
    assert (record["title"], record["age"], record["phone"]) == ("old", 7, "123")
    assert ledger.load(new, "buyer")["title"] == "new"


def test_what_is_parked_in_a_renamed_form_and_its_parked_child_table_follows_it(ledger: Ledger) -> None:
    one = ledger.create(short_name="s", size=4, rows=[{"what": "w", "qty": 3}])
    qty = ledger.remove("rows.qty")
    ledger.publish(approve=["/forms/entry/fields/rows/fields/qty"])
    gone = [ledger.remove("rows"), ledger.remove("size")]
    ledger.publish(approve=["/forms/entry/fields/rows", "/forms/entry/fields/size"])
    source = ledger.source["form"].pop("entry")
    ledger.source["form"]["note"] = {**source, "key": "note", "renamed_from": "entry"}
    ledger.publish()
    places = {("note", "rows", "qty"), ("note", "rows", None), ("note", None, "size")}
    assert {each.place for each in parked(ledger)} == places
    gone[0]["fields"].append(qty)
    source["fields"].extend(gone)
    ledger.publish()
    record = ledger.load(one, "note")
    assert (record["size"], record["rows"][0]["what"], record["rows"][0]["qty"]) == (4, "w", 3)


def test_forms_that_change_places_take_what_each_has_parked_along(ledger: Ledger) -> None:
    ledger.source["form"]["other"] = form("other", field("size", "int"))
    ledger.publish()
    one, two = ledger.create(size=3), ledger.create("other", size=4)
    ledger.remove("size")
    ledger.source["form"]["other"]["fields"].pop()
    ledger.publish(approve=["/forms/entry/fields/size", "/forms/other/fields/size"])
    forms = ledger.source["form"]
    entry, other = forms.pop("entry"), forms.pop("other")
    forms["other"] = {**entry, "key": "other", "renamed_from": "entry"}
    forms["entry"] = {**other, "key": "entry", "renamed_from": "other"}
    ledger.publish()
    for each in forms.values():
        each["fields"] = [*each["fields"], field("size", "int")]
    ledger.publish()
    assert (ledger.load(one, "other")["size"], ledger.load(two)["size"]) == (3, 4)


def test_a_converted_field_of_a_parked_form_lends_its_values_to_no_other(ledger: Ledger) -> None:
    forms = ledger.source["form"]
    forms["client"], forms["customer"] = (
        form("client", field("n", "text")),
        form("customer", field("n", "int")),
    )
    ledger.publish()
    ledger.create("client", title="old", n="x")
    new = ledger.create("customer", title="new", n=5)
    forms["client"] = form("client", field("n", "int"))
    ledger.publish(approve=["/forms/client/fields/n"])
    del forms["client"]
    ledger.publish(approve=["/forms/client"])
    del forms["customer"]
    forms["client"] = form("client", field("n", "int"), renamed_from="customer")
    ledger.publish()
    forms["client"]["fields"][1]["type"] = "text"
    ledger.publish()
    assert ledger.load(new, "client")["n"] == "5"


@pytest.mark.parametrize("rows_first", [True, False])
def test_a_field_that_says_it_was_a_child_table_hides_no_removal(ledger: Ledger, *, rows_first: bool) -> None:
    one = ledger.create(title="a", short_name="s", rows=[{"what": "x", "qty": 1}])
    gone = ledger.remove("rows" if rows_first else "short_name")
    said = {"renamed_from": gone["key"]}
    fresh = field("memo", "text", **said) if rows_first else rows("memo", field("what", "text"), **said)
    ledger.fields.append(fresh)
    pointer = f"/forms/entry/fields/{gone['key']}"
    assert list(ledger.refused()) == [("needs_approval", pointer)]
    ledger.publish(approve=[pointer])
    ledger.fields.append(gone)
    done = ledger.publish()
    assert [step.action for step in done.steps] == ["restore"]
    record = ledger.load(one)
    assert (record["short_name"], record["rows"][0]["what"]) == ("s", "x")
