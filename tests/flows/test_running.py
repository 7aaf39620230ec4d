"""Flows at work on both databases: submit, decide, effects, locks."""

from __future__ import annotations

import pytest

from engine.changes.search import search
from engine.changes.wanted import Wanted
from engine.errors import Forbidden, Invalid
from engine.identity.principal import SYSTEM
from flows.errors import (
    AlreadyDecided,
    AlreadyHandled,
    FlowAlreadyRunning,
    FlowNotStartable,
    InstanceClosed,
    NotTheOwner,
    NotYourTurn,
    TaskNotFound,
)
from forms.records import RecordLocked, RecordNotFound
from tests.flows.desk import DISCOUNT, approval, one_step


def test_a_small_deal_is_approved_at_once(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=100_00)
    key = desk.submit(deal)
    assert desk.get(deal)["status"] == "approved"
    assert desk.get(deal)["flow_state"] == "discount:approved"
    assert desk.instance(key)["outcome"] == "approved"
    assert desk.tasks("liu") == []


def test_a_larger_deal_waits_for_the_director_and_is_locked(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=100_01, reason="r")
    desk.submit(deal)
    assert desk.get(deal)["flow_state"] == "discount:pending"
    [task] = desk.tasks("liu")
    assert (task["record"], task["record_title"], task["node"], task["state"]) == (deal, "d", "n1", "open")
    assert task["assignees"] == ["liu"]
    assert desk.tasks("fang") == []
    with pytest.raises(RecordLocked):
        desk.write("li", deal, note="x")
    with pytest.raises(Forbidden):
        desk.write("liu", deal, note="x")
    desk.decide("liu")
    assert desk.get(deal)["status"] == "approved"
    desk.write("li", deal, note="free again")


def test_what_people_decided_stands_in_the_operation_log(desk, runtime):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=100_01, reason="r")
    desk.submit(deal)
    desk.decide("liu")
    with runtime.reading(SYSTEM) as work:
        hits, _ = search(work, Wanted({"record": deal}, stream="operation"), limit=10)
    told = [(hit.named()["action"], hit.named()["actor"]) for hit in hits]
    assert told == [("flow_approved", "liu"), ("flow_submitted", "li")]


def test_two_approvals_one_after_the_other(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=200_01, reason="r")
    key = desk.submit(deal)
    desk.decide("liu")
    assert desk.get(deal)["status"] == "pending"
    desk.decide("fang")
    assert desk.get(deal)["status"] == "approved"
    kinds = [(item["kind"], item["actor"]) for item in desk.timeline(key) if item["kind"] == "approved"]
    assert kinds == [("approved", "liu"), ("approved", "fang")]


def test_submission_is_refused_when_the_record_is_not_ready(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=100_01)
    with pytest.raises(Invalid) as refused:
        desk.submit(deal)
    assert [(f.pointer, f.code) for f in refused.value.findings] == [("/reason", "required")]
    assert desk.get(deal)["status"] == "draft"
    assert desk.tasks("liu") == []
    assert desk.box("li", "started")["items"] == []


def test_a_rejection_needs_a_comment_and_frees_the_record(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=150_00, reason="r")
    first = desk.submit(deal)
    with pytest.raises(Invalid) as refused:
        desk.decide("liu", "reject", comment=" ")
    assert [(f.pointer, f.code) for f in refused.value.findings] == [("/comment", "required")]
    desk.decide("liu", "reject", comment="too much")
    assert desk.get(deal)["status"] == "rejected"
    assert desk.get(deal)["flow_state"] == "discount:rejected"
    desk.write("li", deal, amount=140_00)
    second = desk.submit(deal)
    assert second != first
    assert desk.get(deal)["version"] == 2
    [task] = desk.tasks("liu")
    assert task["round"] == 2
    assert desk.box("liu", "done")["counts"] == {"inbox": 1, "done": 1, "started": 0, "cc": 0}


def test_only_one_flow_runs_on_a_record(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=150_00, reason="r")
    desk.submit(deal)
    with pytest.raises(FlowAlreadyRunning):
        desk.submit(deal)
    desk.decide("liu")
    with pytest.raises(FlowNotStartable):
        desk.submit(deal)


def test_who_may_submit(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal("li")
    with pytest.raises(RecordNotFound):
        desk.submit(deal, "sun")
    with pytest.raises(RecordNotFound):
        desk.submit("00000000-0000-7000-8000-000000000000")
    desk.write("root", deal, owner="sun")
    with pytest.raises(RecordNotFound):
        desk.submit(deal, "li")
    desk.submit(deal, "root")


def test_a_flow_is_chosen_by_its_condition_or_by_name(desk):
    big = one_step(approval("n", {"user": "zheng"}), key="big", when="amount > 1000")
    small = one_step(approval("n", {"user": "liu"}), key="small", when="amount <= 1000", by="anyone")
    desk.publish(big, small)
    deal = desk.deal(amount=2000_00, reason="r")
    desk.submit(deal)
    assert desk.task("zheng")
    other = desk.deal(amount=10_00)
    with pytest.raises(FlowNotStartable):
        desk.submit(other, flow="big")
    desk.submit(other, flow="small")
    assert desk.task("liu")


def test_withdraw_before_the_first_decision(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=300_00, reason="r")
    key = desk.submit(deal)
    with pytest.raises(Forbidden):
        desk.act("liu", "withdraw", key)
    desk.act("li", "withdraw", key)
    assert desk.get(deal)["status"] == "draft"
    assert desk.get(deal)["flow_state"] == "discount:withdrawn"
    assert desk.tasks("liu") == []
    desk.write("li", deal, note="mine again")
    key = desk.submit(deal)
    desk.decide("liu")
    with pytest.raises(AlreadyDecided):
        desk.act("li", "withdraw", key)
    desk.decide("fang")
    with pytest.raises(InstanceClosed):
        desk.act("li", "withdraw", key)


def test_an_administrator_cancels(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=300_00, reason="r")
    key = desk.submit(deal)
    desk.decide("liu")
    task = desk.task("fang")
    with pytest.raises(Forbidden):
        desk.act("li", "cancel", key)
    desk.act("root", "cancel", key, comment="stop")
    assert desk.get(deal)["status"] == "draft"
    assert desk.instance(key)["status"] == "cancelled"
    with pytest.raises(AlreadyHandled):
        desk.decide("fang", task=task)


def test_a_returned_record_goes_on_in_the_same_instance(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=300_00, reason="r")
    key = desk.submit(deal)
    desk.decide("liu")
    desk.act("fang", "send_back", desk.task("fang"), comment="please change")
    assert desk.get(deal)["status"] == "draft"
    assert desk.get(deal)["flow_state"] == "discount:returned"
    desk.write("li", deal, amount=250_00)
    assert desk.submit(deal) == key
    desk.decide("liu")
    desk.decide("fang")
    assert desk.get(deal)["status"] == "approved"
    approvals = [(item["actor"], item["voided"]) for item in desk.timeline(key) if item["kind"] == "approved"]
    assert approvals == [("liu", True), ("liu", False), ("fang", False)]


def test_without_return_actions_a_return_does_what_a_withdrawal_does(desk):
    desk.publish(one_step(approval("n", {"user": "liu"}), **{"return": []}))
    deal = desk.deal()
    desk.submit(deal)
    desk.act("liu", "send_back", desk.task("liu"))
    assert desk.get(deal)["status"] == "draft"


def test_return_to_the_previous_approver(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=300_00, reason="r")
    key = desk.submit(deal)
    desk.decide("liu")
    desk.act("fang", "send_back", desk.task("fang"), to="previous")
    assert desk.get(deal)["status"] == "pending"
    [task] = desk.tasks("liu")
    assert task["round"] == 2
    desk.decide("liu")
    desk.decide("fang")
    assert desk.instance(key)["outcome"] == "approved"


def test_all_must_approve_and_vote_once(desk):
    people = {"users": ["wang", "zhang", "liu"]}
    desk.publish(one_step(approval("n", people, mode="all")))
    deal = desk.deal()
    desk.submit(deal)
    task = desk.task("wang")
    desk.decide("wang")
    with pytest.raises(AlreadyHandled):
        desk.decide("wang", task=task)
    desk.decide("liu")
    assert desk.get(deal)["status"] == "pending"
    desk.decide("zhang")
    assert desk.get(deal)["status"] == "approved"


def test_in_order_people_wait_for_their_turn(desk):
    desk.publish(one_step(approval("n", {"users": ["zhang", "wang"]}, mode="order")))
    deal = desk.deal()
    desk.submit(deal)
    task = desk.task("zhang")
    assert desk.tasks("wang") == []
    with pytest.raises(NotYourTurn):
        desk.decide("wang", task=task)
    desk.decide("zhang")
    desk.decide("wang")
    assert desk.get(deal)["status"] == "approved"


def test_tasks_of_others_do_not_exist(desk):
    desk.publish(DISCOUNT)
    desk.submit(desk.deal(amount=150_00, reason="r"))
    task = desk.task("liu")
    for user in ("sun", "fang", "li"):
        with pytest.raises(TaskNotFound):
            desk.decide(user, task=task)
    with pytest.raises(Forbidden):
        desk.decide("root", task=task)


def test_the_owner_rule_holds_for_everybody_else(desk):
    desk.publish(one_step(approval("n", {"user": "liu"}), by="owner"))
    deal = desk.deal("li")
    with desk.runtime.unit_of_work(desk.principal("root")) as work:
        from forms import records

        records.update(work, desk.form(work, "deal"), deal, {"owner": "sun"})
    with pytest.raises((NotTheOwner, RecordNotFound)):
        desk.submit(deal, "li")


def test_running_instances_keep_the_graph_they_started_with(desk):
    desk.publish(DISCOUNT)
    deal = desk.deal(amount=300_00, reason="r")
    key = desk.submit(deal)
    changed = one_step(approval("n", {"user": "zheng"}), key="discount")
    desk.publish(changed)
    desk.decide("liu")
    assert desk.task("fang")
    desk.decide("fang")
    assert desk.instance(key)["version"] == 1
    desk.submit(desk.deal(amount=300_00, reason="r"))
    assert desk.task("zheng")


def test_preview_says_who_would_be_asked_and_keeps_nothing(desk):
    from flows.preview import walk
    from flows.submission import submit

    desk.publish(DISCOUNT)
    deal = desk.deal(amount=300_00, reason="r")
    with desk.work("li") as work:
        answer = walk(work, lambda: submit(work, "desk", "deal", deal))
    assert [(step["node"], [each["user"] for each in step["assignees"]]) for step in answer["steps"]] == [
        ("n1", ["liu"]),
        ("n2", ["fang"]),
    ]
    assert answer["steps"][0]["assignees"][0]["why"] == {
        "zh": "角色 sales_director",
        "en": "role sales_director",
    }
    assert answer["outcome"] == "approved"
    assert desk.get(deal)["status"] == "draft"
    assert desk.get(deal)["rev"] == 1
    assert desk.tasks("liu") == []


def test_boxes_are_paged(desk):
    from flows.boxes import list_box

    desk.publish(DISCOUNT)
    keys = [desk.submit(desk.deal(amount=150_00, reason="r")) for _ in range(3)]
    with desk.reading("liu") as work:
        first = list_box(work, "inbox", cursor=None, limit=2)
        second = list_box(work, "inbox", cursor=first["next"], limit=2)
    assert [item["instance"] for item in first["items"] + second["items"]] == keys[::-1]
    assert second["next"] is None
    assert first["counts"]["inbox"] == 3
    assert [item["instance"] for item in desk.tasks("li", "started")] == keys[::-1]
    with pytest.raises(Invalid):
        desk.box("li", "outbox")
