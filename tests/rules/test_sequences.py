"""S30: welcome at once, cases on day 3, a call on day 7."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.identity.principal import SYSTEM
from engine.jobs import repository as jobs
from engine.jobs.worker import Worker
from tests.rules.small_crm import Crm, local, publish_rules, rule
from tests.support.prepared import prepared_by

WITH_CONSENT = "consent and not ISBLANK(email)"
NURTURE = rule(
    "nurture",
    "lead",
    {"type": "created"},
    [
        {
            "type": "notify",
            "when": WITH_CONSENT,
            "to": [{"expr": "email"}],
            "channels": ["mail"],
            "subject": {"zh": "欢迎 {{name}}", "en": "Welcome {{name}}"},
        },
        {"type": "wait", "for": "3d"},
        {
            "type": "notify",
            "when": WITH_CONSENT,
            "to": [{"expr": "email"}],
            "channels": ["mail"],
            "subject": {"zh": "案例", "en": "Cases"},
        },
        {"type": "wait", "for": "4d"},
        {
            "type": "create_record",
            "form": "task",
            "as": "task",
            "set": {
                "title": "回访",
                "assignee": {"expr": "owner"},
                "lead": {"expr": "id"},
            },
        },
        {
            "type": "notify",
            "to": [{"field": "owner"}],
            "subject": {"zh": "请致电 {{name}}", "en": "Call {{name}}"},
        },
    ],
    cancel_when='status in ["qualified", "invalid"]',
)


@pytest.fixture
def settings(database_url, tmp_path, smtp):
    from engine.settings import Settings

    return Settings(
        home=tmp_path,
        database_url=database_url,
        allow_private_hooks=True,
        smtp_host=smtp.host,
        smtp_port=smtp.port,
        smtp_sender="crm@qinghe.example",
    )


@pytest.fixture
@prepared_by(lambda runtime: publish_rules(runtime, NURTURE))
def crm(runtime, people):
    return Crm(runtime)


@pytest.fixture
def worker(runtime):
    return Worker(runtime, jitter=lambda: 0.0)


def lead(crm, **values):
    return crm.create(
        "lead", **{"name": "L2", "owner": "li", "email": "l2@example.com", "consent": True, **values}
    )


def subjects(smtp):
    return [each.subject for each in smtp.messages]


def test_three_steps_at_their_times(crm, clock, worker, smtp):
    lead(crm)
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2"]
    clock.set(local(3, 5, 9, 59))
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2"]
    clock.set(local(3, 5, 10))
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2", "案例"]
    assert crm.all("task") == []
    clock.set(local(3, 9, 10))
    worker.run_due()
    assert [task["assignee"] for task in crm.all("task")] == ["li"]
    assert [note["title"] for note in crm.inbox("li")] == ["请致电 L2"]
    [run] = crm.runs("nurture")
    assert (run.state, run.late) == ("done", False)
    assert [step["type"] for step in run.actions] == [
        "notify",
        "wait",
        "notify",
        "wait",
        "create_record",
        "notify",
    ]


def test_a_qualified_lead_gets_nothing_more(crm, clock, worker, smtp):
    record = lead(crm)
    worker.run_due()
    crm.update("lead", record, status="qualified")
    [run] = crm.runs("nurture")
    assert (run.state, run.error["code"]) == ("cancelled", "cancelled")
    clock.set(local(3, 20))
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2"]
    assert crm.all("task") == []


def test_a_deleted_lead_gets_nothing_more(crm, clock, worker, smtp):
    record = lead(crm)
    worker.run_due()
    crm.delete("lead", record)
    clock.set(local(3, 20))
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2"]
    [run] = crm.runs("nurture")
    assert run.state == "cancelled"


def test_without_consent_no_mail_but_the_call(crm, clock, worker, smtp):
    lead(crm, consent=False)
    for day in (2, 5, 9):
        clock.set(local(3, day, 10))
        worker.run_due()
    assert subjects(smtp) == []
    assert len(crm.all("task")) == 1
    [run] = crm.runs("nurture")
    assert run.actions[0] == {"type": "notify", "skipped": "condition"}


def test_conditions_of_later_steps_see_the_record_as_it_is_then(crm, clock, worker, smtp):
    record = lead(crm)
    worker.run_due()
    crm.update("lead", record, consent=False)
    clock.set(local(3, 5, 10))
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2"]


def test_after_downtime_it_is_sent_once_marked_late_and_later_steps_keep_their_time(crm, clock, worker, smtp):
    lead(crm)
    worker.run_due()
    clock.set(local(3, 6, 8))
    worker.run_due()
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2", "案例"]
    [run] = crm.runs("nurture")
    assert (run.state, run.late) == ("waiting", True)
    clock.set(local(3, 9, 10))
    worker.run_due()
    assert len(crm.all("task")) == 1


def test_killed_between_sending_and_logging_it_is_not_sent_twice(
    crm, runtime, clock, worker, smtp, monkeypatch
):
    lead(crm)
    worker.run_due()
    clock.set(local(3, 5, 10))

    class Killed(BaseException):
        """The process dies; nothing after this line runs."""

    def die(*_):
        raise Killed

    monkeypatch.setattr("engine.connect.jobs.mail.Mail.run", die)
    with pytest.raises(Killed):
        worker.run_due()
    assert subjects(smtp) == ["欢迎 L2", "案例"]
    monkeypatch.undo()
    clock.advance(minutes=10)
    Worker(runtime).run_due()
    assert subjects(smtp) == ["欢迎 L2", "案例"]
    with runtime.reading(SYSTEM) as work:
        assert [job.kind for job in jobs.list_jobs(work, state="unknown")] == ["mail"]


def test_a_withdrawn_rule_cancels_what_waits(crm, runtime, clock, worker, smtp):
    lead(crm)
    worker.run_due()
    publish_rules(runtime)
    clock.set(local(3, 20))
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2"]
    [run] = crm.runs("nurture")
    assert (run.state, run.error["code"]) == ("cancelled", "rule_withdrawn")


def test_a_changed_rule_lets_running_ones_end_as_they_began(crm, runtime, clock, worker, smtp):
    lead(crm)
    worker.run_due()
    changed = {
        **NURTURE,
        "actions": [NURTURE["actions"][0], {"type": "wait", "for": "30d"}, NURTURE["actions"][5]],
    }
    publish_rules(runtime, changed)
    clock.set(local(3, 5, 10))
    worker.run_due()
    assert subjects(smtp) == ["欢迎 L2", "案例"]


def test_wait_until_a_moment_of_the_record(runtime, people, clock, worker):
    publish_rules(
        runtime,
        rule(
            "until",
            "opportunity",
            {"type": "created"},
            [
                {"type": "wait", "until": {"expr": "stage_since"}},
                {"type": "set_fields", "set": {"note": "reached"}},
            ],
        ),
    )
    crm = Crm(runtime)
    record = crm.create("opportunity", name="OP", stage_since=clock.now() + timedelta(hours=2))
    clock.advance(hours=1, minutes=59)
    worker.run_due()
    assert crm.get("opportunity", record)["note"] is None
    clock.advance(minutes=1)
    worker.run_due()
    assert crm.get("opportunity", record)["note"] == "reached"


def test_what_was_created_before_a_wait_is_known_after_it(runtime, people, clock, worker):
    publish_rules(
        runtime,
        rule(
            "chain",
            "lead",
            {"type": "created"},
            [
                {
                    "type": "create_record",
                    "form": "opportunity",
                    "as": "op",
                    "set": {"name": {"expr": "name"}},
                },
                {"type": "wait", "for": "1h"},
                {"type": "create_record", "form": "activity", "set": {"opportunity": {"expr": "$op"}}},
            ],
        ),
    )
    crm = Crm(runtime)
    crm.create("lead", name="L")
    clock.advance(hours=1)
    worker.run_due()
    assert crm.all("activity")[0]["opportunity"] == crm.all("opportunity")[0]["id"]
