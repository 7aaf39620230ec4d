"""What publishing put aside over REST: the list, its values, bringing back, removing for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.testing import FixedClock
from forms import records
from forms.compiled import compiled_form
from forms.deletion import delete
from forms.evolution import park
from forms.recycle import repository as bin_of
from forms.recycle.purge import purge as purge_unit
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field, name
from tests.support.client import AsUser, SignedIn

PARKED = "/apps/ledger/parked"


@pytest.fixture
def ledger(runtime: Runtime, people: dict[str, Any]) -> Ledger:
    return Ledger(runtime)


@pytest.fixture
def root(ledger: Ledger, as_user: AsUser) -> SignedIn:
    return as_user("root")


def draft(root: SignedIn, ledger: Ledger) -> None:
    answer = root.put("/apps/ledger/draft/form/entry", json=ledger.source["form"]["entry"])
    assert answer.status_code == 200, answer.text


def test_the_plan_counts_and_lists_the_values_that_will_not_convert(ledger: Ledger, root: SignedIn) -> None:
    ids = [ledger.create(short_name=text) for text in ("1", "x", "2", "y", "z")]
    ledger.field("short_name")["type"] = "int"
    draft(root, ledger)
    (step,) = root.post("/apps/ledger/draft:plan").json()["steps"]
    assert (step["risk"], step["rows"], step["lost"]) == ("destructive", 5, 3)
    found = root.get("/apps/ledger/draft/values", params={"of": step["pointer"], "limit": 2}).json()
    assert [(each["record"], each["value"]) for each in found["items"]] == [(ids[1], "x"), (ids[3], "y")]
    rest = root.get(
        "/apps/ledger/draft/values", params={"of": step["pointer"], "after": found["next"]}
    ).json()
    assert ([each["value"] for each in rest["items"]], rest["next"]) == (["z"], None)
    assert root.get("/apps/ledger/draft/values", params={"of": "/forms/entry"}).status_code == 404
    refused = root.post("/apps/ledger/draft:publish", json={})
    assert refused.status_code == 422
    assert [each["code"] for each in refused.json()["errors"]] == ["needs_approval"]
    done = root.post("/apps/ledger/draft:publish", json={"approve": [step["pointer"]]})
    assert done.json()["version"] == 2


def test_what_could_not_be_converted_is_listed_until_it_is_written_anew(
    ledger: Ledger, root: SignedIn
) -> None:
    one, two = (ledger.create(short_name=text) for text in ("x", "y"))
    ledger.field("short_name")["type"] = "int"
    ledger.publish(approve=["/forms/entry/fields/short_name"])
    (entry,) = root.get(PARKED).json()["items"]
    assert (entry["pointer"], entry["reason"], entry["values"], entry["failed"]) == (
        "/forms/entry/fields/short_name", "converted", 2, 2,
    )  # fmt: skip
    ledger.update(one, {"short_name": 4})
    listed = root.get(f"{PARKED}/{entry['id']}/values").json()
    assert listed == {"items": [{"record": two, "value": "y"}], "next": None}
    assert root.post(f"{PARKED}/{entry['id']}:restore").json()["version"] == 3
    assert ledger.values("short_name", [one, two]) == ["4", "y"]


def test_restoring_brings_a_field_of_a_child_table_back_under_its_own_type(
    ledger: Ledger, root: SignedIn
) -> None:
    one = ledger.create(rows=[{"what": "w", "qty": 3}])
    ledger.remove("rows.qty")
    ledger.publish(approve=["/forms/entry/fields/rows/fields/qty"])
    (entry,) = root.get(PARKED).json()["items"]
    (value,) = root.get(f"{PARKED}/{entry['id']}/values").json()["items"]
    assert (value["record"], value["value"]) == (one, 3)
    assert root.post(f"{PARKED}/{entry['id']}:restore").status_code == 200
    assert ledger.load(one)["rows"][0]["qty"] == 3
    assert root.get(PARKED).json()["items"] == []


def test_purged_values_are_gone_and_their_key_is_free(ledger: Ledger, root: SignedIn) -> None:
    one = ledger.create(short_name="A")
    ledger.remove("short_name")
    ledger.publish(approve=["/forms/entry/fields/short_name"])
    (entry,) = root.get(PARKED).json()["items"]
    assert root.post(f"{PARKED}/{entry['id']}:purge").status_code == 202
    assert root.post(f"{PARKED}/{entry['id']}:restore").json()["code"] == "being_purged"
    Worker(ledger.runtime).run_due()
    assert root.get(PARKED).json()["items"] == []
    assert root.post(f"{PARKED}/{entry['id']}:restore").status_code == 404
    with ledger.runtime.reading(SYSTEM) as work:
        assert work.row("SELECT short_name FROM ledger_entry") == (None,)
    ledger.fields.append(field("short_name", "int"))
    ledger.publish()
    assert ledger.load(one)["short_name"] is None


def still_parked(ledger: Ledger) -> list[dict[str, Any]]:
    with ledger.runtime.reading(SYSTEM) as work:
        return park.list_parked(work, "ledger")


def test_only_designers_see_what_is_parked(ledger: Ledger, as_user: AsUser) -> None:
    assert as_user("li").get(PARKED).status_code == 403
    assert as_user("li").get("/apps/ledger/draft/values").status_code == 403


def test_an_app_keeps_what_is_parked_for_its_days(ledger: Ledger, clock: FixedClock) -> None:
    ledger.source["app"]["ledger"]["parked_days"] = 30
    ledger.create(short_name="A", size=1)
    ledger.remove("short_name")
    ledger.publish(approve=["/forms/entry/fields/short_name"])
    clock.advance(days=29)
    Worker(ledger.runtime).run_due()
    assert len(still_parked(ledger)) == 1
    clock.advance(days=2)
    Worker(ledger.runtime).run_due()
    Worker(ledger.runtime).run_due()
    assert still_parked(ledger) == []


def test_a_record_that_a_parked_reference_names_can_still_be_removed_for_good(
    ledger: Ledger, root: SignedIn
) -> None:
    ledger.source["form"]["note"] = {
        "key": "note",
        "label": name("note"),
        "fields": [
            field("text", "text"),
            field("entry", "ref", form="entry", on_delete="set_null"),
            field("entries", "refs", form="entry", on_delete="set_null"),
        ],
    }
    ledger.publish()
    one = ledger.create(title="one")
    note = ledger.create("note", text="n", entry=one, entries=(one,))
    fields = ledger.source["form"]["note"]["fields"]
    gone = [fields.pop(), fields.pop()]
    ledger.publish(approve=["/forms/note/fields/entry", "/forms/note/fields/entries"])
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        delete(work, compiled_form(work.app("ledger"), "entry"), one)
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        found = bin_of.older(work, "ledger", work.now + timedelta(days=1), limit=5)
        for unit in found:
            purge_unit(work, work.app("ledger"), bin_of.entries(work, "ledger", unit))
    fields += reversed(gone)
    ledger.publish()
    with ledger.runtime.reading(SYSTEM) as work:
        held = records.load(work, compiled_form(work.app("ledger"), "note"), note)
    assert held["entry"] is None


def test_deleted_records_of_a_removed_form_stay_in_the_bin_until_it_returns(
    ledger: Ledger, as_user: AsUser, clock: FixedClock
) -> None:
    ledger.source["app"]["ledger"]["recycle_days"] = 1
    ledger.source["form"]["other"] = {"key": "other", "label": name("other"), "fields": [field("a", "text")]}
    ledger.publish()
    one = ledger.create("other", a="x")
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        delete(work, compiled_form(work.app("ledger"), "other"), one)
    other = ledger.source["form"].pop("other")
    ledger.publish(approve=["/forms/other"])
    clock.advance(days=3)
    Worker(ledger.runtime).run_due()
    assert as_user("root").get("/apps/ledger/recycle").status_code == 200
    ledger.source["form"]["other"] = other
    ledger.publish()
    with ledger.runtime.reading(SYSTEM) as work:
        assert bin_of.older(work, "ledger", work.now, limit=5) != []


def test_the_history_is_told_under_the_names_of_today_with_the_values_of_then(
    ledger: Ledger, root: SignedIn
) -> None:
    one = ledger.create(short_name="x", size=7, rows=[{"what": "w", "qty": 3}])
    ledger.field("size").update(type="date_range")
    ledger.field("short_name").update(type="int", key="number", renamed_from="short_name")
    ledger.field("rows.qty").update(type="text", key="amount", renamed_from="qty")
    ledger.field("rows").update(key="lines", renamed_from="rows")
    destroyed = ["/forms/entry/fields/number", "/forms/entry/fields/size"]
    ledger.publish(approve=destroyed)
    form = ledger.source["form"].pop("entry")
    ledger.source["form"]["item"] = {**form, "key": "item", "renamed_from": "entry"}
    ledger.publish()
    ledger.update(one, {"number": 5}, "item")
    items = root.get(f"/apps/ledger/forms/item/records/{one}/history").json()["items"]
    assert [each["changes"].get("number") for each in items] == [[None, 5], [None, "x"]]
    assert items[1]["changes"]["size"] == [None, 7]
    (row,) = items[1]["changes"]["lines"]["insert"]
    assert (row["what"], row["amount"]) == ("w", 3)
