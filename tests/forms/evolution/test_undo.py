"""An import or a change of many records is taken back after the form was changed: under the names of today and with
values as a change of type makes them, or it says which it cannot give back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.imports import service
from forms.transfers.repository import Transfer
from tests.forms.evolution.ledger import Ledger
from tests.forms.imports.desk import finish, run_import, workbook
from tests.forms.shop import option
from tests.support.client import AsUser

ENTRIES = "/apps/ledger/forms/entry/records"
Import = Callable[..., Transfer]


@pytest.fixture
def ledger(runtime: Runtime, people: dict[str, Any]) -> Ledger:
    made = Ledger(runtime)
    made.field("title")["unique"] = True
    made.publish()
    return made


@pytest.fixture
def take(ledger: Ledger, tmp_path: Path) -> Import:
    """Import rows of a sheet into entries by their title."""

    def run(header: list[str], *rows: list[Any]) -> Transfer:
        sheet = workbook(header, *rows)
        done = run_import(ledger.runtime, "entry", sheet, tmp_path, app="ledger", mode="upsert", on=["title"])
        assert done.report["counts"]["failed"] == 0, done.report
        return done

    return run


def undone(ledger: Ledger, transfer: Transfer) -> Transfer:
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        service.undo(work, transfer.id)
    return finish(ledger.runtime, transfer)


def test_an_import_is_taken_back_across_other_names_and_types(ledger: Ledger, take: Import) -> None:
    one = ledger.create(title="a", short_name="7", size=3, level="gold")
    two = ledger.create(title="b", short_name="x", size=4, level="tin")
    done = take(["title", "short_name", "size", "level"], ["a", "8", 30, "silver"], ["b", "9", 40, "silver"])
    ledger.field("short_name").update(type="int", key="number", renamed_from="short_name")
    ledger.field("size").update(type="text", key="short_name", renamed_from="size")
    ledger.field("level")["options"] = [
        {**option("best")[0], "renamed_from": ["gold"]},
        *option("silver", "tin"),
    ]
    form = ledger.source["form"].pop("entry")
    ledger.source["form"]["item"] = {**form, "key": "item", "renamed_from": "entry"}
    ledger.publish(approve=[])
    back = undone(ledger, done)
    assert back.state == "undone"
    found = ledger.load(one, "item")
    assert (found["number"], found["short_name"], found["level"]) == (7, "3", "best")
    kept = ledger.load(two, "item")
    assert (kept["number"], kept["short_name"], kept["level"]) == (9, "40", "silver")
    assert [(each["record"], each["reason"]) for each in back.report["kept"]] == [(two, "value_not_kept")]


def test_what_cannot_become_a_value_of_the_new_type_is_told(ledger: Ledger, take: Import) -> None:
    one = ledger.create(title="a", period=(date(2026, 3, 1), date(2026, 3, 5)))
    done = take(["title", "period"], ["a", "2026-04-01 ~ 2026-04-05"])
    ledger.field("period")["type"] = "text"
    ledger.publish()
    back = undone(ledger, done)
    assert [each["record"] for each in back.report["kept"]] == [one]
    assert "2026-04-01" in ledger.load(one)["period"]


def test_a_change_of_many_records_is_taken_back_under_the_names_and_types_of_today(
    ledger: Ledger, as_user: AsUser
) -> None:
    root = as_user("root")
    ids = [ledger.create(title=title, size=size) for title, size in (("a", 1), ("b", 2))]
    changed = root.post(f"{ENTRIES}:update", {"ids": ids, "set": {"size": 9}}).json()["batch"]
    ledger.field("size").update(type="text", key="extent", renamed_from="size")
    form = ledger.source["form"].pop("entry")
    ledger.source["form"]["item"] = {**form, "key": "item", "renamed_from": "entry"}
    ledger.publish()
    answer = root.post("/apps/ledger/forms/item/records:undo", {"batch": changed})
    assert (answer.status_code, answer.json()["done"]) == (200, 2), answer.text
    assert [ledger.load(each, "item")["extent"] for each in ids] == ["1", "2"]


def test_a_change_of_many_records_with_a_value_that_does_not_fit_any_more_is_refused_whole(
    ledger: Ledger, as_user: AsUser
) -> None:
    root = as_user("root")
    ids = [ledger.create(title=title, short_name=text) for title, text in (("a", "1"), ("b", "x"))]
    changed = root.post(f"{ENTRIES}:update", {"ids": ids, "set": {"short_name": "5"}}).json()["batch"]
    ledger.field("short_name")["type"] = "int"
    ledger.publish()
    answer = root.post(f"{ENTRIES}:undo", {"batch": changed})
    assert (answer.json()["code"], answer.json()["pointer"]) == ("value_not_kept", "/short_name")
    assert ledger.values("short_name", ids) == [5, 5]


def test_a_reference_that_was_a_text_is_not_guessed_at(ledger: Ledger, take: Import) -> None:
    other = ledger.create(title="other")
    one = ledger.create(title="a", short_name="nobody")
    done = take(["title", "short_name"], ["a", "other"])
    ledger.field("short_name").update(type="ref", form="entry")
    ledger.publish()
    assert ledger.load(one)["short_name"] == other
    back = undone(ledger, done)
    assert [each["reason"] for each in back.report["kept"]] == ["value_not_kept"]
    assert ledger.load(one)["short_name"] == other
