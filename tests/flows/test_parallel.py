"""Parallel branches on both databases."""

from __future__ import annotations

import pytest

from flows.errors import AlreadyHandled, BadReturnTarget
from tests.flows.desk import action, approval, edges, end, name, set_status, start

BUNDLE = {
    "key": "bundle",
    "label": name("bundle"),
    "form": "deal",
    "nodes": [
        start(),
        {"key": "fork", "type": "parallel"},
        approval("a", {"user": "wang"}, write=["note"]),
        approval("b", {"user": "zhao"}, write=["limit"]),
        approval("c", {"user": "zhang"}),
        {"key": "join", "type": "join"},
        action("yes", set_status("approved")),
        end("ok", "approved"),
        action("no", set_status("rejected")),
        end("bad", "rejected"),
    ],
    "edges": edges(
        "start>fork fork>a fork>b fork>c a>join:approve b>join:approve c>join:approve "
        "a>no:reject b>no:reject c>no:reject join>yes yes>ok no>bad"
    ),
}


def test_the_join_fires_once_when_all_have_approved(desk):
    desk.publish(BUNDLE)
    deal = desk.deal()
    key = desk.submit(deal)
    desk.decide("zhang")
    desk.decide("wang", values={"note": "fine"})
    assert desk.get(deal)["status"] == "pending"
    desk.decide("zhao", values={"limit": "1.00"})
    assert desk.get(deal)["status"] == "approved"
    ended = [item for item in desk.timeline(key) if item["kind"] == "ended"]
    assert len(ended) == 1


def test_the_first_rejection_cancels_the_open_siblings(desk):
    desk.publish(BUNDLE)
    deal = desk.deal()
    key = desk.submit(deal)
    desk.decide("zhang")
    late = desk.task("zhao")
    desk.decide("wang", "reject")
    assert desk.get(deal)["status"] == "rejected"
    assert desk.tasks("zhao") == []
    with pytest.raises(AlreadyHandled):
        desk.decide("zhao", task=late)
    states = {task["node"]: task["state"] for task in desk.instance(key)["tasks"]}
    assert states == {"a": "rejected", "b": "cancelled", "c": "approved"}
    desk.submit(deal)
    assert all(desk.tasks(user) for user in ("wang", "zhao", "zhang"))


def test_a_return_to_a_sibling_branch_is_refused(desk):
    desk.publish(BUNDLE)
    desk.submit(desk.deal())
    desk.decide("zhang")
    with pytest.raises(BadReturnTarget):
        desk.act("wang", "send_back", desk.task("wang"), to="c")


def test_a_return_to_the_start_cancels_all_branches(desk):
    desk.publish(BUNDLE)
    deal = desk.deal()
    key = desk.submit(deal)
    desk.decide("zhang")
    desk.act("wang", "send_back", desk.task("wang"))
    assert desk.get(deal)["status"] == "draft"
    assert desk.tasks("zhao") == []
    assert desk.instance(key)["status"] == "returned"
    assert desk.submit(deal) == key
    assert desk.task("zhang")
