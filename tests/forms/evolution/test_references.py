"""References that become texts and texts that become references."""

from __future__ import annotations

from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.deletion import delete
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field, name
from tests.support.client import AsUser

SHORT = "/forms/entry/fields/short_name"
PLACE = {
    "key": "place",
    "label": name("place"),
    "title": "called",
    "fields": [field("called", "text"), field("code", "text", unique=True)],
}


@pytest.fixture
def ledger(runtime: Runtime, people: dict[str, Any]) -> Ledger:
    made = Ledger(runtime)
    made.source["form"]["place"] = PLACE
    made.publish()
    return made


@pytest.fixture
def places(ledger: Ledger) -> dict[str, str]:
    """Code -> id."""
    said = {"HZ": "杭州仓", "SZ": "苏州仓", "NJ": "南京仓", "NB": "南京仓"}
    return {code: ledger.create("place", code=code, called=called) for code, called in said.items()}


def becomes(ledger: Ledger, key: str, kind: str, **more: Any) -> None:
    document = ledger.field(key)
    document.pop("form", None)
    document.update(type=kind, **more)


def test_texts_become_the_records_that_they_name(
    ledger: Ledger, places: dict[str, str], as_user: AsUser
) -> None:
    gone = ledger.create("place", code="XX", called="旧仓")
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        delete(work, ledger.form("place"), gone)
    texts = ["HZ", " 苏州仓 ", places["NJ"], f"南京仓 [{places['NB']}]", None, "南京仓", "nowhere", "旧仓"]
    ids = [ledger.create(short_name=text) for text in texts]
    rows = ledger.create(rows=[{"what": "NB"}, {"what": "?"}])
    becomes(ledger, "short_name", "ref", form="place")
    becomes(ledger, "rows.what", "ref", form="place")
    below = "/forms/entry/fields/rows/fields/what"
    assert ledger.refused() == {
        ("needs_approval", SHORT): "The field 'short_name' changes from text to ref: 3 of 7 values will not convert.",
        ("needs_approval", below): "The field 'what' changes from text to ref: 1 of 2 values will not convert.",
    }  # fmt: skip
    root = as_user("root")
    root.put("/apps/ledger/draft/form/entry", json=ledger.source["form"]["entry"])
    items = root.get("/apps/ledger/draft/values", params={"of": SHORT}).json()["items"]
    assert [(each["record"], each["code"]) for each in items] == [
        (ids[5], "ambiguous_reference"), (ids[6], "not_found"), (ids[7], "not_found"),
    ]  # fmt: skip
    assert all(places[code] in items[0]["fix"]["en"] for code in ("NJ", "NB"))
    ledger.publish(approve=[SHORT, below])
    expected = [places["HZ"], places["SZ"], places["NJ"], places["NB"], None, None, None, None]
    assert ledger.values("short_name", ids) == expected
    assert [row["what"] for row in ledger.load(rows)["rows"]] == [places["NB"], None]
    with ledger.runtime.unit_of_work(SYSTEM) as work, pytest.raises(Exception, match="refer"):
        delete(work, ledger.form("place"), places["HZ"])


def test_references_become_titles_and_what_nobody_changed_comes_back(
    ledger: Ledger, places: dict[str, str]
) -> None:
    ledger.fields.append(field("place", "ref", form="place"))
    ledger.publish()
    nameless = ledger.create("place", code="WX")
    ids = [ledger.create(place=each) for each in (places["NJ"], places["HZ"], nameless, places["NB"], None)]
    becomes(ledger, "place", "text")
    assert [(step.risk, step.rows, step.lost) for step in ledger.publish().steps] == [("warn", 4, 0)]
    assert ledger.values("place", ids) == ["南京仓", "杭州仓", "WX", "南京仓", None]
    ledger.update(ids[1], {"place": "SZ"})
    becomes(ledger, "place", "ref", form="place")
    ledger.publish()
    assert ledger.values("place", ids) == [places["NJ"], places["SZ"], nameless, places["NB"], None]


def test_people_are_told_by_name_and_found_by_name_or_key(ledger: Ledger) -> None:
    ledger.fields.append(field("seller", "user"))
    ledger.publish()
    one = ledger.create(seller="li", short_name="li")
    becomes(ledger, "seller", "text")
    ledger.publish()
    told = ledger.load(one)["seller"]
    assert told not in ("li", None)
    two = ledger.create(short_name=told)
    becomes(ledger, "short_name", "user")
    ledger.publish()
    assert ledger.values("short_name", [one, two]) == ["li", "li"]


def test_the_unique_key_of_a_field_that_is_renamed_in_the_same_publish_still_names(
    ledger: Ledger, places: dict[str, str]
) -> None:
    one = ledger.create(short_name="HZ")
    ledger.source["form"]["place"] = {
        **PLACE,
        "fields": [PLACE["fields"][0], {**PLACE["fields"][1], "key": "number", "renamed_from": "code"}],
    }
    becomes(ledger, "short_name", "ref", form="place")
    done = ledger.publish()
    assert [step.action for step in done.steps] == ["rename", "change_type"]
    assert ledger.values("short_name", [one]) == [places["HZ"]]
