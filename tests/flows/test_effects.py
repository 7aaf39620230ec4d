"""What approvers write and what a decision brings about, all or nothing."""

from __future__ import annotations

import pytest

from engine.errors import Forbidden, Invalid
from forms.records import NotWritableInTask, RecordLocked
from tests.flows.desk import DISCOUNT, approval, one_step


def test_approvers_write_only_what_the_step_opens(desk):
    desk.publish(one_step(approval("n", {"user": "qian"}, write=["limit", "note", "lines.checked"])))
    item = desk.make("item", sku="a")
    deal = desk.deal(lines=[{"id": "r1", "item": item, "qty": 2}])
    desk.submit(deal)
    for values in (
        {"amount": "1.00"},
        {"amount": 1},
        {"version": 2},
        {"lines": [{"qty": 3}]},
        {"lines": [{"id": "r1", "qty": 3}]},
        {"status": "approved"},
    ):
        with pytest.raises(NotWritableInTask):
            desk.decide("qian", values=values)
    with pytest.raises(Invalid):
        desk.decide("qian", values={"limit": "much"})
    row = desk.get(deal)["lines"][0]
    desk.decide("qian", values={"limit": "50000", "lines": [{"id": row["id"], "checked": True}]})
    kept = desk.get(deal)
    assert (kept["limit"], kept["lines"][0]["checked"], kept["lines"][0]["qty"]) == (50_000_00, True, 2)
    assert kept["status"] == "approved"


def test_an_assignee_may_edit_the_opened_fields_while_the_record_is_locked(desk):
    desk.publish(one_step(approval("n", {"user": "qian"}, write=["note"])))
    deal = desk.deal()
    desk.submit(deal)
    desk.write("qian", deal, note="seen")
    with pytest.raises(Forbidden):
        desk.write("qian", deal, amount=1)


def test_effects_copy_child_rows_and_split_amounts_to_the_last_fen(desk):
    desk.publish(DISCOUNT)
    items = [desk.make("item", sku=sku) for sku in "ab"]
    lines = [{"item": items[0], "qty": 3}, {"item": items[1], "qty": 5}]
    deal = desk.deal(
        amount=100_01, reason="r", lines=lines, plan=[{"ratio": r * 10_000} for r in (30, 60, 10)]
    )
    desk.submit(deal)
    desk.decide("liu")
    [sale] = desk.all("sale")
    assert [(row["item"], row["qty"]) for row in sale["lines"]] == [(items[0], 3), (items[1], 5)]
    parts = desk.all("part")
    assert [part["amount"] for part in parts] == [30_00, 60_01, 10_00]
    assert {part["sale"] for part in parts} == {sale["id"]}
    assert sale["owner"] == "li"


def test_a_name_stays_empty_when_its_action_is_skipped(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=100_00, plan=[{"ratio": 100_0000}])
    desk.submit(deal)
    assert desk.all("sale") == []
    assert [part["sale"] for part in desk.all("part")] == [None]


def test_a_failing_effect_undoes_the_whole_decision(desk):
    desk.publish(DISCOUNT)
    item = desk.make("item", sku="a")
    deal = desk.deal(amount=150_00, reason="r", lines=[{"item": item, "qty": 1}], plan=[{"ratio": 100_0000}])
    key = desk.submit(deal)
    before = desk.timeline(key)
    with desk.work("root") as work:
        from forms import records

        records.update(work, desk.form(work, "item"), item, {"on": False})
    with pytest.raises(Invalid) as refused:
        desk.decide("liu")
    assert [f.code for f in refused.value.findings] == ["item_off"]
    assert refused.value.details["node"] == "effects"
    assert desk.get(deal)["status"] == "pending"
    assert desk.all("sale") == []
    assert desk.all("part") == []
    assert desk.timeline(key) == before
    with desk.work("liu") as work:
        from flows.decisions import note_failure

        note_failure(work, before[-1]["task"], refused.value)
    assert desk.tasks("liu")[0]["error"]["errors"][0]["code"] == "item_off"
    with desk.work("root") as work:
        records.update(work, desk.form(work, "item"), item, {"on": True})
    desk.decide("liu")
    assert desk.get(deal)["status"] == "approved"
    assert len(desk.all("sale")) == 1
    assert desk.tasks("liu", "done")[0]["error"] is None


def test_a_record_in_a_flow_cannot_be_deleted(desk):
    from forms.deletion import delete

    desk.publish(DISCOUNT)
    deal = desk.deal(amount=150_00, reason="r")
    desk.submit(deal)
    with pytest.raises(RecordLocked), desk.work("li") as work:
        delete(work, desk.form(work, "deal"), deal)


def test_the_change_log_says_that_the_flow_did_it(desk):
    from engine.changes.log import of_record

    desk.publish(one_step(approval("n", {"user": "qian"}, write=["note"])))
    deal = desk.deal()
    desk.submit(deal)
    desk.decide("qian", values={"note": "fine"})
    with desk.reading("root") as work:
        changes = of_record(work, "desk", "deal", deal)[::-1]
    written = [(change.source, change.actor, "note" in change.diff) for change in changes]
    assert ("flow", "qian", True) in written
    assert {source for source, _, _ in written[1:]} == {"flow"}
