"""Who is asked: roles, fields, superiors, heads; absent people; nobody approves their own submission."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import Invalid
from flows.errors import TaskVacant
from tests.flows.desk import approval, edges, end, name, one_step, start


def asked(desk, deal, *assignees, user="li", **more):
    """Publishes a flow with these assignees, submits `deal` and returns who is asked."""
    desk.publish(one_step(approval("n", *assignees, **more), by="anyone"))
    key = desk.submit(deal(), user)
    [task] = desk.instance(key)["tasks"]
    return task["assignees"]


def retire(desk, *users):
    from engine.identity.service import update_user

    for user in users:
        with desk.work("root") as work:
            update_user(work, user, {"active": False})


@pytest.mark.parametrize(
    ("assignee", "expected"),
    [
        ({"role": "finance"}, ["qian", "zhao"]),
        ({"users": ["zheng", "liu", "zheng"]}, ["zheng", "liu"]),
        ({"field": "manager"}, ["zhang"]),
        ({"path": "owner.superior"}, ["wang"]),
        ({"superior_of": "owner"}, ["wang"]),
        ({"superior_of": "owner", "levels": 2}, ["liu"]),
        ({"dept_head_of": "dept"}, ["wang"]),
        ({"superior_of": "$submitter"}, ["wang"]),
    ],
)
def test_ways_to_name_people(desk, assignee, expected):
    assert asked(desk, lambda: desk.deal(manager="zhang"), assignee) == expected


def test_several_entries_are_joined_without_doubles(desk):
    entries = ({"role": "finance"}, {"user": "zhao"}, {"user": "liu"})
    assert asked(desk, desk.deal, *entries) == ["qian", "zhao", "liu"]


def test_an_inactive_person_is_replaced_by_the_next_active_superior(desk):
    retire(desk, "wang", "liu")
    assert asked(desk, lambda: desk.deal(manager="wang"), {"field": "manager"}) == ["zheng"]


def test_an_inactive_holder_of_a_role_is_passed_over(desk):
    retire(desk, "qian")
    assert asked(desk, desk.deal, {"role": "finance"}) == ["zhao"]


def test_who_holds_the_role_for_a_time_is_asked_until_it_ends(desk, clock):
    from engine.permissions.temporary import give_role

    until = clock.now() + timedelta(days=3)
    with desk.work("root") as work:
        give_role(work, "wang", {"role": "finance", "until": until.isoformat(), "why": "qian is on leave"})
    assert asked(desk, desk.deal, {"role": "finance"}) == ["qian", "wang", "zhao"]
    clock.advance(days=4)
    assert asked(desk, desk.deal, {"role": "finance"}) == ["qian", "zhao"]


def test_people_whom_the_role_names_itself_are_asked(desk):
    from engine.definitions.publish import publish
    from tests.flows.desk import documents

    source = documents(one_step(approval("n", {"role": "finance"}), by="anyone"))
    source["role"]["finance"]["granted_to"] = {"users": ["zheng"]}
    with desk.work("root") as work:
        publish(work, source)
    [task] = desk.instance(desk.submit(desk.deal(), "li"))["tasks"]
    assert task["assignees"] == ["qian", "zhao", "zheng"]


def test_nobody_approves_their_own_submission(desk):
    assert asked(desk, lambda: desk.deal("wang"), {"user": "wang"}, user="wang") == ["liu"]


def test_other_candidates_remain_when_the_submitter_is_one_of_several(desk):
    people = {"users": ["wang", "zhang"]}
    assert asked(desk, lambda: desk.deal("wang"), people, user="wang") == ["zhang"]


def test_where_all_must_approve_the_superior_stands_in_for_the_submitter(desk):
    people = {"users": ["wang", "zhang"]}
    assert asked(desk, lambda: desk.deal("wang"), people, user="wang", mode="all") == ["liu", "zhang"]


def test_without_anybody_administrators_assign_and_nothing_is_approved_by_itself(desk):
    desk.publish(one_step(approval("n", {"role": "nobody"})))
    deal = desk.deal()
    key = desk.submit(deal)
    assert desk.get(deal)["status"] == "pending"
    [task] = desk.tasks("root")
    assert (task["state"], task["assignees"]) == ("vacant", ["root"])
    assert desk.instance(key)["status"] == "running"
    with pytest.raises(TaskVacant):
        desk.decide("root", task=task["id"])
    with pytest.raises(Invalid):
        desk.act("root", "transfer", task["id"], to="li")
    desk.act("root", "transfer", task["id"], to="liu")
    assert desk.tasks("root") == []
    [task] = desk.tasks("liu")
    assert (task["state"], task["assignees"]) == ("open", ["liu"])
    desk.decide("liu")
    assert desk.get(deal)["status"] == "approved"


def test_the_submitter_is_told_that_nobody_is_there(desk):
    from engine.connect.notifications import inbox

    desk.publish(one_step(approval("n", {"field": "manager"})))
    deal = desk.deal()
    desk.submit(deal)
    with desk.reading("li") as work:
        [notice] = inbox(work, "li")
    assert notice["record"] == deal
    assert "step n" in notice["title"]


def two_steps(**second):
    return {
        "key": "two",
        "label": name("two"),
        "form": "deal",
        "nodes": [
            start(),
            approval("n1", {"user": "liu"}),
            approval("n2", {"users": ["liu", "zheng"]}, **second),
            end("ok", "approved"),
            end("no", "rejected"),
        ],
        "edges": edges("start>n1 n1>n2:approve n1>no:reject n2>ok:approve n2>no:reject"),
    }


def test_the_same_person_on_consecutive_steps_approves_once(desk):
    desk.publish(two_steps())
    key = desk.submit(desk.deal())
    desk.decide("liu")
    assert desk.instance(key)["outcome"] == "approved"
    assert [item["actor"] for item in desk.timeline(key) if item["kind"] == "spared"] == ["liu"]


def test_where_all_must_approve_only_the_others_are_asked(desk):
    desk.publish(two_steps(mode="all"))
    key = desk.submit(desk.deal())
    desk.decide("liu")
    assert desk.tasks("liu") == []
    desk.decide("zheng")
    assert desk.instance(key)["outcome"] == "approved"


def test_the_same_person_is_asked_again_when_the_step_says_so_or_has_something_to_fill_in(desk):
    for more in ({"repeat": "again"}, {"write": ["note"]}):
        desk.publish(two_steps(**more))
        key = desk.submit(desk.deal())
        desk.decide("liu")
        assert desk.instance(key)["status"] == "running"
        desk.decide("liu")
        assert desk.instance(key)["outcome"] == "approved"


def test_transfer_moves_the_task_and_both_can_still_read_it(desk):
    from engine.errors import Forbidden

    desk.publish(one_step(approval("n", {"user": "liu"})))
    deal = desk.deal()
    desk.submit(deal)
    task = desk.task("liu")
    with pytest.raises(Invalid):
        desk.act("liu", "transfer", task, to="nobody")
    desk.act("liu", "transfer", task, to="zheng", comment="please")
    assert desk.tasks("liu") == []
    assert desk.tasks("liu", "done")[0]["id"] == task
    assert desk.tasks("zheng")[0]["assignees"] == ["zheng"]
    with desk.reading("root") as work:
        shares = work.rows('SELECT "user", level FROM ff_record_share ORDER BY "user"')
    assert shares == [("liu", "read"), ("zheng", "read")]
    with pytest.raises(Forbidden):
        desk.write("zheng", deal, note="x")
    desk.decide("zheng")
    assert desk.get(deal)["status"] == "approved"
