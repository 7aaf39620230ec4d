"""Changing a published form: what is stored stays, is converted, or is parked and comes back."""

from __future__ import annotations

from datetime import date

import pytest

from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.collaborators import collaborators, share
from forms.evolution import repository
from forms.shares import part_key
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field, option


@pytest.fixture
def ledger(runtime: Runtime) -> Ledger:
    return Ledger(runtime)


def parked(ledger: Ledger) -> list[tuple[str, str | None, str | None, str, int, int]]:
    with ledger.runtime.reading(SYSTEM) as work:
        return [
            (each.form, each.child, each.key, each.reason, each.held, each.failed)
            for each in repository.of_app(work, "ledger")
        ]


def test_removing_a_field_needs_its_name_said(ledger: Ledger) -> None:
    ledger.create(short_name="A")
    ledger.create(short_name="B")
    ledger.create()
    ledger.remove("short_name")
    assert ledger.refused() == {
        ("needs_approval", "/forms/entry/fields/short_name"): (
            "The field 'short_name' is removed: its 2 values are parked and can be restored."
        )
    }
    assert ("nothing_to_approve", "/approve") in ledger.refused(approve=["*"])
    done = ledger.publish(approve=["/forms/entry/fields/short_name"])
    assert [(step.action, step.risk, step.lost) for step in done.steps] == [
        ("remove_field", "destructive", 2)
    ]
    assert parked(ledger) == [("entry", None, "short_name", "removed", 2, 2)]


def test_a_removed_field_comes_back_with_its_values(ledger: Ledger) -> None:
    one = ledger.create(short_name="A", rows=[{"what": "w", "qty": 3}])
    gone = ledger.remove("short_name")
    ledger.publish(approve=["/forms/entry/fields/short_name"])
    two = ledger.create(title="made meanwhile")
    assert "short_name" not in ledger.load(one)
    ledger.fields.append(gone)
    done = ledger.publish()
    assert [step.action for step in done.steps] == ["restore"]
    assert ledger.values("short_name", [one, two]) == ["A", None]
    assert (parked(ledger), ledger.load(one)["rev"]) == ([], 1)


def test_the_key_of_a_parked_field_is_not_free_for_another_type(ledger: Ledger) -> None:
    ledger.create(short_name="A")
    ledger.remove("short_name")
    ledger.publish(approve=["/forms/entry/fields/short_name"])
    ledger.fields.append(field("short_name", "int"))
    assert {key for key, _ in ledger.refused()} == {"key_is_parked"}


def test_a_removed_child_table_and_a_removed_form_come_back(ledger: Ledger) -> None:
    one = ledger.create(rows=[{"what": "w", "qty": 3}])
    gone = ledger.remove("rows")
    ledger.publish(approve=["/forms/entry/fields/rows"])
    ledger.source["form"]["other"] = {
        "key": "other", "label": gone["label"], "fields": [field("a", "text")],
    }  # fmt: skip
    ledger.fields.append(gone)
    ledger.publish()
    assert [(row["what"], row["qty"]) for row in ledger.load(one)["rows"]] == [("w", 3)]
    entry = ledger.source["form"].pop("entry")
    ledger.publish(approve=["/forms/entry"])
    assert parked(ledger) == [("entry", None, None, "removed", 1, 1)]
    ledger.source["form"]["entry"] = entry
    ledger.publish()
    assert [(row["what"], row["qty"]) for row in ledger.load(one)["rows"]] == [("w", 3)]


def test_a_change_of_type_says_how_many_values_will_not_convert(ledger: Ledger) -> None:
    texts = ["12", "1,200", "many", None, "7.5"]
    ids = [ledger.create(short_name=text) for text in texts]
    ledger.field("short_name")["type"] = "int"
    assert ledger.refused() == {
        ("needs_approval", "/forms/entry/fields/short_name"): (
            "The field 'short_name' changes from text to int: 2 of 4 values will not convert."
        )
    }
    ledger.publish(approve=["/forms/entry/fields/short_name"])
    assert ledger.values("short_name", ids) == [12, 1200, None, None, None]
    assert parked(ledger) == [("entry", None, "short_name", "converted", 4, 2)]
    assert ledger.load(ids[0])["rev"] == 1
    ledger.update(ids[2], {"short_name": 5})
    assert ledger.load(ids[2])["short_name"] == 5


def test_a_type_may_change_there_and_back_and_there_again(ledger: Ledger) -> None:
    one = ledger.create(size=12, rows=[{"what": "5", "qty": 3}])
    for kind, value in (("text", "12"), ("int", 12), ("decimal", 1200), ("textarea", "12")):
        ledger.field("size")["type"] = kind
        ledger.publish()
        assert ledger.load(one)["size"] == value
    ledger.field("rows.what")["type"] = "int"
    ledger.publish()
    assert [row["what"] for row in ledger.load(one)["rows"]] == [5]


def test_a_type_changed_back_shows_what_could_not_be_converted_again(ledger: Ledger) -> None:
    ids = [ledger.create(short_name=text) for text in ("012", "many", "7", "few", "9")]
    ledger.field("short_name")["type"] = "int"
    ledger.publish(approve=["/forms/entry/fields/short_name"])
    assert ledger.values("short_name", ids) == [12, None, 7, None, 9]
    ledger.update(ids[2], {"short_name": 8})
    ledger.update(ids[3], {"short_name": 3})
    ledger.update(ids[4], {"short_name": None})
    ledger.field("short_name")["type"] = "text"
    ledger.publish()
    assert ledger.values("short_name", ids) == ["012", "many", "8", "3", None]


def test_a_renamed_field_keeps_its_column_its_values_and_its_index(ledger: Ledger) -> None:
    one = ledger.create(short_name="A", period=(date(2026, 3, 1), date(2026, 3, 5)))
    ledger.field("short_name").update(key="common_name", renamed_from="short_name")
    ledger.field("period").update(key="span", renamed_from="period")
    ledger.field("rows.qty").update(key="amount", renamed_from="qty")
    ledger.field("rows").update(key="lines", renamed_from="rows")
    done = ledger.publish()
    assert {(step.action, step.risk) for step in done.steps} == {("rename", "safe")}
    found = ledger.load(one)
    assert (found["common_name"], found["span__start"]) == ("A", date(2026, 3, 1))
    two = ledger.create(common_name="B", lines=[{"what": "x", "amount": 2}])
    ledger.update(two, {"common_name": "C", "span": (date(2026, 4, 1), None)})
    found = ledger.load(two)
    assert (found["common_name"], found["span__start"], found["lines"][0]["amount"]) == (
        "C", date(2026, 4, 1), 2,
    )  # fmt: skip
    assert ledger.form().fields["common_name"].column == "short_name"
    ledger.fields.append(field("short_name", "int"))
    ledger.publish()
    three = ledger.create(common_name="D", short_name=4)
    assert ledger.values("short_name", [one, two, three]) == [None, None, 4]
    assert ledger.values("common_name", [one, two, three]) == ["A", "C", "D"]


def test_what_a_share_hides_stays_hidden_when_it_gets_another_key(ledger: Ledger, people: object) -> None:
    one = ledger.create(short_name="A", title="t", size=3)
    app = ledger.runtime
    hidden = ["rows.qty", "short_name", "size", "title"]
    with app.unit_of_work(SYSTEM) as work:
        share(work, work.app("ledger"), ledger.form(), one, "li", {"level": "read", "hidden": hidden})
    first, second = ledger.field("short_name"), ledger.field("title")
    first.update(key="title", renamed_from="short_name")
    second.update(key="short_name", renamed_from="title")
    ledger.field("rows.qty").update(key="amount", renamed_from="qty")
    ledger.field("rows").update(key="lines", renamed_from="rows")
    size = ledger.remove("size")
    ledger.field("lines")["fields"].append({**size, "moved_from": "size"})
    ledger.publish()
    with app.reading(SYSTEM) as work:
        [found] = collaborators(work, work.app("ledger"), ledger.form(), one)
        [row] = work.rows("SELECT shows FROM ff_record_share")
    expected = ["lines.amount", "lines.size", "short_name", "title"]
    assert sorted(found["hidden"]) == expected
    assert row[0] == part_key(expected)


def test_a_renamed_form_keeps_its_records(ledger: Ledger) -> None:
    one = ledger.create(short_name="A", rows=[{"what": "x", "qty": 2}])
    form = ledger.source["form"].pop("entry")
    ledger.source["form"]["item"] = {**form, "key": "item", "renamed_from": "entry"}
    ledger.publish()
    found = ledger.load(one, "item")
    assert (found["short_name"], found["rows"][0]["qty"]) == ("A", 2)
    two = ledger.create("item", short_name="B")
    assert ledger.load(two, "item")["short_name"] == "B"


def test_an_option_in_use_is_mapped_archived_or_cleared_by_name(ledger: Ledger) -> None:
    gold, silver, tin = (ledger.create(level=each) for each in ("gold", "silver", "tin"))
    ledger.field("level")["options"] = option("silver", "tin")
    assert set(ledger.refused()) == {("needs_approval", "/forms/entry/fields/level/options/gold")}
    ledger.field("level")["options"] = [
        {**option("best")[0], "renamed_from": ["gold", "silver"]}, *option("tin", "zinc"),
    ]  # fmt: skip
    ledger.publish()
    assert ledger.values("level", [gold, silver, tin]) == ["best", "best", "tin"]
    ledger.field("level")["options"] = option("best", "tin")
    assert [(step.action, step.risk) for step in ledger.publish().steps] == [("remove_option", "safe")]
    ledger.field("level")["options"] = option("best")
    ledger.publish(approve=["/forms/entry/fields/level/options/tin"])
    assert ledger.values("level", [gold, silver, tin]) == ["best", "best", None]


def test_a_required_field_without_default_is_told_to_be_missing(ledger: Ledger) -> None:
    one = ledger.create(title="old")
    ledger.fields.append(field("due", "date", required=True))
    (step,) = ledger.publish().steps
    assert (step.risk, step.rows) == ("warn", 1)
    assert ledger.load(one)["due"] is None


def test_two_fields_may_change_places(ledger: Ledger) -> None:
    one = ledger.create(title="T", short_name="S")
    ledger.fields.append(ledger.fields.pop(0))
    assert ledger.publish().steps == ()
    assert ledger.load(one)["title"] == "T"


def test_an_option_whose_name_holds_a_separator_stays_one_option_of_a_list(ledger: Ledger) -> None:
    named = [
        {"key": "r", "label": {"zh": "红", "en": "Red"}},
        {"key": "d", "label": {"zh": "红、深", "en": "r, d"}},
    ]
    ledger.fields.append(field("tint", "select", options=named))
    ledger.publish()
    one = ledger.create(tint="d")
    others = [{**each, "key": f"{each['key']}2"} for each in named]
    ledger.field("tint").update(type="multiselect", options=others)
    ledger.publish()
    assert ledger.values("tint", [one]) == [("d2",)]
