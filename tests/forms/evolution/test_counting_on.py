"""Serial numbers go on where they were, whatever their field and form are called by now."""

from __future__ import annotations

import pytest

from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field


@pytest.fixture
def ledger(runtime: Runtime) -> Ledger:
    made = Ledger(runtime)
    made.fields.extend(field(key, "auto", pattern="E-{0000}") for key in ("no", "code"))
    made.publish()
    return made


def scopes(ledger: Ledger) -> set[str]:
    with ledger.runtime.reading(SYSTEM) as work:
        return {row[0] for row in work.rows("SELECT scope FROM ff_counter")}


def test_a_field_and_a_form_that_get_other_keys_count_on(ledger: Ledger) -> None:
    ids = [ledger.create(title=str(each)) for each in range(3)]
    assert scopes(ledger) == {"ledger.entry.no:E-|", "ledger.entry.code:E-|"}
    ledger.field("no").update(key="number", renamed_from="no")
    ledger.publish()
    ids.append(ledger.create(title="after the field"))
    form = ledger.source["form"].pop("entry")
    ledger.source["form"]["note"] = {**form, "key": "note", "renamed_from": "entry"}
    ledger.publish()
    ids.append(ledger.create("note", title="after the form"))
    assert [ledger.load(each, "note")["number"] for each in ids] == [f"E-000{n}" for n in range(1, 6)]


def test_two_that_change_places_count_on_each_for_itself(ledger: Ledger) -> None:
    ledger.create(no="E-0040", code="E-0007")
    no, code = ledger.field("no"), ledger.field("code")
    no.update(key="code", renamed_from="no")
    code.update(key="no", renamed_from="code")
    ledger.publish()
    made = ledger.load(ledger.create(title="next"))
    assert (made["code"], made["no"]) == ("E-0041", "E-0008")


def test_a_new_field_with_the_key_that_another_gave_up_counts_for_itself(ledger: Ledger) -> None:
    ledger.create(title="one")
    ledger.field("no").update(key="number", renamed_from="no")
    ledger.publish()
    ledger.fields.append(field("no", "auto", pattern="E-{0000}"))
    ledger.publish()
    made = ledger.load(ledger.create(title="two"))
    assert (made["number"], made["no"]) == ("E-0002", "E-0001")
