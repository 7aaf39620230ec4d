"""Jobs for administrators, notifications for everybody."""

from __future__ import annotations

import pytest

from engine.connect.notifications import Notice, notify
from engine.identity.principal import SYSTEM
from engine.jobs import enqueue
from engine.jobs.worker import Worker


@pytest.fixture
def job(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        return enqueue(work, "nobody_handles_this", {"a": 1})


def test_dead_job_is_seen_with_its_reason_and_run_again(as_user, runtime, job):
    root = as_user("root")
    Worker(runtime).run_due()
    [dead] = root.get("/jobs?state=dead").json()["items"]
    assert (dead["id"], "nobody_handles_this" in dead["error"]) == (job, True)
    assert root.post(f"/jobs/{job}:retry").json()["state"] == "ready"
    assert root.get(f"/jobs/{job}").json()["attempts"] == 0


def test_waiting_job_is_cancelled_once(as_user, job):
    root = as_user("root")
    assert root.post(f"/jobs/{job}:cancel").json()["state"] == "cancelled"
    again = root.post(f"/jobs/{job}:cancel")
    assert (again.status_code, again.json()["code"]) == (409, "job_not_waiting")


def test_unknown_job_is_not_found(as_user, people):
    root = as_user("root")
    for answer in (root.get("/jobs/x"), root.post("/jobs/x:retry"), root.post("/jobs/x:cancel")):
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


@pytest.fixture
def notices(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        return notify(work, [Notice("li", f"t{n}", "b") for n in range(3)] + [Notice("sun", "other", "b")])


def test_notifications_are_paged_newest_first_and_one_s_own(as_user, notices):
    li = as_user("li")
    first = li.get("/notifications?limit=2").json()
    assert [each["title"] for each in first["items"]] == ["t2", "t1"]
    assert first["unread"] == 3
    rest = li.get("/notifications", params={"limit": 2, "before": first["next"]}).json()
    assert ([each["title"] for each in rest["items"]], rest["next"]) == (["t0"], None)


def test_read_notification_leaves_the_unread(as_user, notices):
    li = as_user("li")
    assert li.post(f"/notifications/{notices[0]}:read").json()["read_at"] == "2026-03-02T02:00:00Z"
    assert len(li.get("/notifications?unread=true").json()["items"]) == 2
    foreign = as_user("sun").post(f"/notifications/{notices[1]}:read")
    assert foreign.status_code == 404
