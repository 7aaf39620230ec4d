"""Submitting and deciding over REST."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.flows.desk import DISCOUNT, approval, one_step, publish_desk

RECORDS = "/apps/desk/forms/deal/records"


@pytest.fixture
def desk(runtime, people):
    publish_desk(
        runtime, DISCOUNT, one_step(approval("n", {"role": "finance"}, write=["limit"]), when="amount < 0")
    )


def deal(user, **values):
    answer = user.post(RECORDS, {"name": "d", "amount": "300.00", "reason": "r", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def submitted(user, record, **body):
    answer = user.post(f"{RECORDS}/{record}:submit", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def task_of(user):
    [task] = user.get("/tasks").json()["items"]
    return task


def test_a_deal_goes_through_its_flow(desk, as_user):
    li, liu, fang = as_user("li"), as_user("liu"), as_user("fang")
    record = deal(li)
    instance = submitted(li, record)
    assert (instance["status"], instance["flow"], instance["round"]) == ("running", "discount", 1)
    assert [(task["node"], task["assignees"]) for task in instance["tasks"]] == [("n1", ["liu"])]
    task = task_of(liu)
    assert {
        "id",
        "app",
        "form",
        "record",
        "record_title",
        "flow",
        "node",
        "node_label",
        "state",
        "round",
        "assignees",
        "created_at",
        "due_at",
        "instance",
    } <= task.keys()
    assert (task["app"], task["form"], task["record"], task["record_title"]) == ("desk", "deal", record, "d")
    answer = liu.post(f"/tasks/{task['id']}:approve", {"comment": "ok"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "approved"
    assert fang.post(f"/tasks/{task_of(fang)['id']}:approve").status_code == 200
    assert li.get(f"{RECORDS}/{record}").json()["status"] == "approved"
    seen = li.get(f"/instances/{instance['id']}").json()
    assert (seen["status"], seen["outcome"], seen["tasks"][0]["state"]) == ("ended", "approved", "approved")
    items = li.get(f"/instances/{instance['id']}/timeline").json()["items"]
    assert [(item["kind"], item["actor"]) for item in items if item["node"] in {"n1", "n2"}] == [
        ("asked", "li"),
        ("approved", "liu"),
        ("asked", "liu"),
        ("approved", "fang"),
    ]
    assert [item["comment"] for item in items if item["kind"] == "approved"] == ["ok", None]


def test_an_approver_may_read_the_record_but_not_change_it(desk, as_user):
    li, liu = as_user("li"), as_user("liu")
    record = deal(li)
    assert liu.get(f"{RECORDS}/{record}").status_code == 404
    submitted(li, record)
    assert liu.get(f"{RECORDS}/{record}").json()["name"] == "d"
    assert liu.patch(f"{RECORDS}/{record}", {"note": "x"}).status_code == 403
    assert li.patch(f"{RECORDS}/{record}", {"note": "x"}).status_code == 423


def test_a_double_click_is_answered_twice_and_done_once(desk, as_user):
    li, liu, fang = as_user("li"), as_user("liu"), as_user("fang")
    submitted(li, deal(li))
    task = task_of(liu)["id"]
    headers = {"idempotency-key": "click-1"}
    answers = [liu.post(f"/tasks/{task}:approve", {"comment": "ok"}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(fang.get("/tasks").json()["items"]) == 1
    late = liu.post(f"/tasks/{task}:approve", {})
    assert (late.status_code, late.json()["code"]) == (409, "already_handled")
    assert late.json()["details"]["by"] == "liu"


def test_a_rejection_without_a_comment(desk, as_user):
    li, liu = as_user("li"), as_user("liu")
    submitted(li, deal(li))
    answer = liu.post(f"/tasks/{task_of(liu)['id']}:reject", {})
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/comment", "required")]


def test_a_submission_that_the_form_refuses(desk, as_user):
    li = as_user("li")
    answer = li.post(f"{RECORDS}/{deal(li, reason=None)}:submit")
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/reason", "required")]


def test_preview(desk, as_user):
    li = as_user("li")
    record = deal(li)
    answer = li.post(f"{RECORDS}/{record}:submit?preview=true")
    assert answer.status_code == 200, answer.text
    steps = answer.json()["steps"]
    assert [[each["user"] for each in step["assignees"]] for step in steps] == [["liu"], ["fang"]]
    assert li.get(f"{RECORDS}/{record}").json()["status"] == "draft"
    assert li.get("/tasks?box=started").json()["items"] == []


def test_return_transfer_withdraw_and_cancel(desk, as_user):
    li, liu, fang, zheng, root = (as_user(name) for name in ("li", "liu", "fang", "zheng", "root"))
    record = deal(li)
    key = submitted(li, record)["id"]
    assert liu.post(f"/tasks/{task_of(liu)['id']}:transfer", {"to": "zheng"}).status_code == 200
    zheng.post(f"/tasks/{task_of(zheng)['id']}:approve")
    refused = li.post(f"/instances/{key}:withdraw")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    returned = fang.post(f"/tasks/{task_of(fang)['id']}:return", {"to": "start", "comment": "again"})
    assert returned.status_code == 200, returned.text
    assert li.get(f"/instances/{key}").json()["status"] == "returned"
    assert submitted(li, record)["id"] == key
    assert li.post(f"/instances/{key}:withdraw").json()["status"] == "withdrawn"
    assert li.get(f"{RECORDS}/{record}").json()["status"] == "draft"
    key = submitted(li, record)["id"]
    assert li.post(f"/instances/{key}:cancel").status_code == 403
    assert root.post(f"/instances/{key}:cancel", {"comment": "stop"}).json()["status"] == "cancelled"


def test_what_is_not_mine_does_not_exist(desk, as_user):
    li, sun, liu = as_user("li"), as_user("sun"), as_user("liu")
    key = submitted(li, deal(li))["id"]
    task = task_of(liu)["id"]
    for path in (
        f"/tasks/{task}",
        f"/instances/{key}",
        f"/instances/{key}/timeline",
        f"/instances/{key}/diagram.svg",
    ):
        assert sun.get(path).status_code == 404, path
        assert liu.get(path).status_code == 200, path
    assert sun.post(f"/tasks/{task}:approve").status_code == 404
    assert sun.post(f"/instances/{key}:withdraw").status_code == 404
    assert sun.get("/tasks/nothing").status_code == 404
    assert sun.get("/tasks").json() == {
        "items": [],
        "next": None,
        "counts": {"inbox": 0, "done": 0, "started": 0, "cc": 0},
    }


def test_bad_requests_are_named(desk, as_user):
    li, liu = as_user("li"), as_user("liu")
    record = deal(li)
    assert li.get("/tasks?box=outbox").status_code == 422
    assert li.post(f"{RECORDS}/{record}:submit", {"flow": "nothing"}).json()["code"] == "flow_not_startable"
    assert li.post("/apps/desk/forms/nothing/records/x:submit").status_code == 404
    submitted(li, record)
    again = li.post(f"{RECORDS}/{record}:submit")
    assert (again.status_code, again.json()["code"]) == (409, "flow_already_running")
    task = task_of(liu)["id"]
    assert liu.post(f"/tasks/{task}:approve", {"remark": "x"}).json()["errors"][0]["code"] == "unknown_key"
    assert liu.post(f"/tasks/{task}:approve", {"values": {"amount": "1"}}).status_code == 403
    assert liu.post(f"/tasks/{task}:approve", {"values": [1]}).status_code == 422
    assert liu.post(f"/tasks/{task}:return", {"to": "n2"}).json()["code"] == "bad_return_target"
    assert liu.post(f"/tasks/{task}:transfer", {"to": "nobody"}).json()["errors"][0]["pointer"] == "/to"


def test_a_failing_effect_is_shown_at_the_node_until_it_works(desk, as_user):
    root, li, liu, fang = (as_user(name) for name in ("root", "li", "liu", "fang"))
    item = root.post("/apps/desk/forms/item/records", {"sku": "a"}).json()["id"]
    submitted(li, deal(li, lines=[{"item": item, "qty": 1}]))
    liu.post(f"/tasks/{task_of(liu)['id']}:approve")
    root.patch(f"/apps/desk/forms/item/records/{item}", {"on": False})
    task = task_of(fang)["id"]
    answer = fang.post(f"/tasks/{task}:approve", headers={"idempotency-key": "once"})
    assert answer.status_code == 422, answer.text
    assert [each["code"] for each in answer.json()["errors"]] == ["item_off"]
    shown = fang.get(f"/tasks/{task}").json()
    assert (shown["state"], shown["error"]["node"], shown["error"]["errors"][0]["code"]) == (
        "open",
        "effects",
        "item_off",
    )
    root.patch(f"/apps/desk/forms/item/records/{item}", {"on": True})
    assert fang.post(f"/tasks/{task}:approve", headers={"idempotency-key": "once"}).status_code == 200
    assert fang.get(f"/tasks/{task}").json()["error"] is None


def test_the_diagram_marks_the_path_taken(desk, as_user):
    li, liu = as_user("li"), as_user("liu")
    key = submitted(li, deal(li))["id"]
    answer = liu.get(f"/instances/{key}/diagram.svg?lang=en")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    root = ET.fromstring(answer.text)
    space = "{http://www.w3.org/2000/svg}"
    edges = {
        each.get("data-edge"): each.get("data-taken")
        for each in root.iter(f"{space}g")
        if each.get("data-edge")
    }
    assert len(edges) == len(DISCOUNT["edges"])
    assert sum(taken == "true" for taken in edges.values()) == 2
    assert {each.get("data-node") for each in root.iter(f"{space}g") if each.get("data-node")} == {
        node["key"] for node in DISCOUNT["nodes"]
    }
