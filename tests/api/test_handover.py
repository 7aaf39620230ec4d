"""Somebody leaves: what is theirs goes to others, is reported, and can be given back."""

from __future__ import annotations

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from tests.flows.desk import approval, one_step, publish_desk
from tests.forms.shop import field, name, option

VISIT = {
    "key": "visit",
    "label": name("visit"),
    "title": "name",
    "fields": [
        field("name", "text", required=True),
        field("stage", "select", options=option("open", "closed"), default="open"),
        field("guide", "user"),
        field("team", "users"),
        field("strict", "int", min=1),
        field("stops", "subtable", fields=[field("place", "text"), field("host", "user")]),
    ],
}
SEEING = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [{"form": "visit", "actions": ["view", "update"], "where": "owner = $me"}],
}
VISITS = "/apps/tour/forms/visit/records"


@pytest.fixture
def root(runtime, people, as_user):
    documents = {
        "app": {"tour": {"key": "tour", "label": name("tour")}},
        "form": {"visit": VISIT},
        "role": {"sales_rep": SEEING},
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents)
    return as_user("root")


def visit(root, **values):
    answer = root.post(VISITS, {"name": "v", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def hand_over(runtime, root, user="li", **asked):
    answer = root.post(f"/users/{user}:handover", asked)
    assert answer.status_code == 202, answer.text
    return settled(runtime, root, answer.json()["id"])


def settled(runtime, root, handover):
    Worker(runtime).run_due()
    return root.get(f"/handovers/{handover}").json()


def counted(done):
    return {
        (each["field"] or each["part"], each["to"], each["state"]): each["count"] for each in done["counts"]
    }


def test_everything_of_a_leaver_is_listed(root):
    visit(root, owner="li", guide="li", team=["sun", "li"], stops=[{"place": "a", "host": "li"}])
    visit(root, owner="sun", team=["sun", "lin"[:2]])
    root.patch("/departments/east_js", {"head": "li"})
    root.patch("/users/sun", {"superior": "li"})
    listed = root.get("/users/li/belongings").json()["items"]
    said = {(each["part"], each.get("field")): each["count"] for each in listed}
    assert said == {
        ("records", "owner"): 1,
        ("records", "guide"): 1,
        ("records", "team"): 2,
        ("records", "stops.host"): 1,
        ("headships", None): 1,
        ("subordinates", None): 1,
    }
    assert listed[0]["label"]["zh"].startswith("visit · ")


def test_records_change_hands_and_history_keeps_the_old_name(runtime, root, as_user):
    mine = visit(
        root, owner="li", guide="li", team=["sun", "li"], stops=[{"place": "a", "host": "li"}, {"place": "b"}]
    )
    others = visit(root, owner="sun")
    li = as_user("li")
    done = hand_over(runtime, root, to="zhou")
    assert done["state"] == "done"
    assert done["progress"] == {"done": 4, "total": 4}
    assert counted(done) == {(each, "zhou", "moved"): 1 for each in ("owner", "guide", "team", "stops.host")}
    record = root.get(f"{VISITS}/{mine}").json()
    assert (record["owner"], record["guide"], record["team"]) == ("zhou", "zhou", ["sun", "zhou"])
    assert [each["host"] for each in record["stops"]] == ["zhou", None]
    assert root.get(f"{VISITS}/{others}").json()["owner"] == "sun"
    history = root.get(f"{VISITS}/{mine}/history").json()["items"]
    assert any("li" in str(each) and "zhou" in str(each) for each in history)
    assert li.get("/auth/me").status_code == 401  # disabled, and out at once
    assert as_user("zhou").get(f"{VISITS}/{mine}").status_code == 200
    [told] = as_user("zhou").get("/notifications").json()["items"]
    assert told["body"] == "李娜 的 4 项工作已交接给您。"


def test_targets_say_who_gets_what_and_what_stays(runtime, root):
    opened, closed = visit(root, owner="li", guide="li"), visit(root, owner="li", stage="closed")
    targets = [
        {"field": "guide", "to": None},
        {"part": "records", "form": "visit", "field": "owner", "where": 'stage = "open"', "to": "sun"},
    ]
    done = hand_over(runtime, root, to="zhou", targets=targets, deactivate=False)
    assert counted(done) == {("owner", "sun", "moved"): 1, ("owner", "zhou", "moved"): 1}
    assert root.get(f"{VISITS}/{opened}").json()["owner"] == "sun"
    assert root.get(f"{VISITS}/{opened}").json()["guide"] == "li"
    assert root.get(f"{VISITS}/{closed}").json()["owner"] == "zhou"
    assert root.get("/users/li").json()["active"] is True


def test_what_is_refused_is_reported_and_the_rest_goes_on(runtime, root):
    bad, good = visit(root, owner="li", name="bad"), visit(root, owner="li")
    with runtime.unit_of_work(SYSTEM) as work:
        publish(
            work,
            {
                "app": {"tour": {"key": "tour", "label": name("tour")}},
                "form": {
                    "visit": {
                        **VISIT,
                        "validations": [
                            {
                                "code": "no_bad",
                                "expr": 'name <> "bad"',
                                "field": "name",
                                "message": name("no bad"),
                            }
                        ],
                    }
                },
                "role": {"sales_rep": SEEING},
            },
        )
    done = hand_over(runtime, root, to="zhou")
    assert counted(done) == {("owner", "zhou", "moved"): 1, ("owner", "zhou", "refused"): 1}
    [problem] = done["problems"]
    assert (problem["thing"], problem["why"]["errors"][0]["code"]) == (bad, "no_bad")
    assert root.get(f"{VISITS}/{good}").json()["owner"] == "zhou"
    assert root.get(f"{VISITS}/{bad}").json()["owner"] == "li"


def test_handover_is_taken_back_but_not_what_was_changed_since(runtime, root):
    first = visit(root, owner="li", team=["li", "sun"], stops=[{"place": "a", "host": "li"}])
    second = visit(root, owner="li")
    root.patch("/departments/east_js", {"head": "li"})
    done = hand_over(runtime, root, to="zhou")
    root.patch(f"{VISITS}/{second}", {"owner": "wu"})
    assert root.post(f"/handovers/{done['id']}:undo").status_code == 202
    undone = settled(runtime, root, done["id"])
    assert undone["state"] == "undone"
    record = root.get(f"{VISITS}/{first}").json()
    assert (record["owner"], record["team"], record["stops"][0]["host"]) == ("li", ["li", "sun"], "li")
    assert root.get(f"{VISITS}/{second}").json()["owner"] == "wu"
    assert [each["thing"] for each in undone["problems"]] == [second]
    assert [each["head"] for each in root.get("/departments").json()["items"] if each["id"] == "east_js"] == [
        "li"
    ]
    assert root.post(f"/handovers/{done['id']}:undo").status_code == 409
    items = root.get(f"/handovers/{done['id']}/items", params={"state": "undone"}).json()["items"]
    assert {each["part"] for each in items} == {"records", "headships"}


def test_long_handovers_go_in_steps_with_progress(runtime, root):
    items = [{"op": "create", "record": {"name": f"v{n}", "owner": "li"}} for n in range(230)]
    assert root.post(f"{VISITS}:batch", {"items": items}).json()["failed"] == 0
    made = root.post("/users/li:handover", {"to": "zhou"}).json()
    worker, seen = Worker(runtime), []
    while root.get(f"/handovers/{made['id']}").json()["state"] == "running":
        assert worker.run_due(limit=1) == 1
        seen.append(root.get(f"/handovers/{made['id']}").json()["progress"]["done"])
    assert sorted(set(seen)) == [100, 200, 230]
    assert root.get("/users/li/belongings").json()["items"] == []


def test_open_tasks_and_submissions_change_hands(runtime, people, as_user):
    publish_desk(runtime, one_step(approval("n", {"user": "wang"})))
    root, li = as_user("root"), as_user("li")
    record = li.post("/apps/desk/forms/deal/records", {"name": "d", "amount": "1"}).json()["id"]
    assert li.post(f"/apps/desk/forms/deal/records/{record}:submit", {}).status_code == 200
    listed = root.get("/users/wang/belongings").json()["items"]
    assert ("tasks", 1) in [(each["part"], each["count"]) for each in listed]
    mentioned = [each["things"] for each in listed if each["part"] == "mentions"]
    assert "/flow/" in mentioned[0][0]
    done = hand_over(runtime, root, "wang", to="liu")
    assert done["listed"][0]["moves"] is False
    [task] = as_user("liu").get("/tasks").json()["items"]
    assert task["record"] == record
    back = hand_over(runtime, root, "li", to="sun")
    assert ("submissions", "sun", "moved") in counted(back)
    assert as_user("liu").post(f"/tasks/{task['id']}:approve").status_code == 200
    assert as_user("sun").get(f"/instances/{task['instance']}").json()["status"] == "ended"


def test_approver_does_not_get_what_they_submitted(runtime, people, as_user):
    publish_desk(runtime, one_step(approval("n", {"user": "wang"})))
    root, li = as_user("root"), as_user("li")
    record = li.post("/apps/desk/forms/deal/records", {"name": "d", "amount": "1"}).json()["id"]
    li.post(f"/apps/desk/forms/deal/records/{record}:submit", {})
    targets = [{"part": "tasks", "to": "li"}]
    done = hand_over(runtime, root, "wang", to="liu", targets=targets)
    assert [each["why"]["errors"][0]["code"] for each in done["problems"]] == ["own_submission"]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"to": "moon"}, "/to"),
        ({"to": "li"}, "/to"),
        ({"targets": [{"to": "moon"}]}, "/targets/0/to"),
        ({"targets": [{"part": "cars", "to": "sun"}]}, "/targets/0/part"),
        ({"targets": [{"where": "nothing = 1", "to": "sun"}]}, "/targets/0/where"),
        ({"target": []}, "/target"),
    ],
)
def test_wrong_requests_are_refused_before_anything_happens(root, asked, pointer):
    visit(root, owner="li")
    answer = root.post("/users/li:handover", asked)
    assert answer.status_code == 422
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]
    assert root.get("/users/li").json()["active"] is True


def test_only_administrators_hand_over(as_user, root):
    for method, path in [
        ("GET", "/users/li/belongings"),
        ("POST", "/users/li:handover"),
        ("GET", "/users/li/handovers"),
        ("GET", "/handovers/x"),
        ("POST", "/handovers/x:undo"),
    ]:
        body = {"to": "sun"} if method == "POST" else None
        assert as_user("li").request(method, path, json=body).status_code == 403


def test_one_handover_of_a_person_at_a_time(runtime, root):
    visit(root, owner="li")
    assert root.post("/users/li:handover", {"to": "zhou"}).status_code == 202
    assert root.post("/users/li:handover", {"to": "sun"}).json()["code"] == "handover_moved"
