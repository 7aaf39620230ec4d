"""Who is told what, where and in which language."""

from __future__ import annotations

import pytest

from engine.identity.principal import SYSTEM
from engine.identity.service import update_user
from engine.jobs import repository as jobs
from tests.rules.small_crm import Crm, publish_rules, rule

SUBJECT = {"zh": "{{name}}：{{stage}} {{amount}}", "en": "{{name}}: {{stage}} {{amount}}"}


def telling(*entries, channels=("inbox",), subject=SUBJECT, **more):
    action = {"type": "notify", "to": list(entries), "channels": list(channels), "subject": subject, **more}
    return rule("tell", "opportunity", {"type": "created"}, [action])


@pytest.fixture
def told(runtime, people):
    """`told(rule, **values)`: the inboxes that got something."""

    def run(made, **values):
        publish_rules(runtime, made)
        crm = Crm(runtime)
        crm.create(
            "opportunity", **{"name": "OP", "owner": "li", "dept": "east_js", "amount": 123450, **values}
        )
        users = [user["id"] for user in people["users"]]
        return {user: [note["title"] for note in crm.inbox(user)] for user in users if crm.inbox(user)}

    return run


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"field": "owner"}, {"li"}),
        ({"user": "qian"}, {"qian"}),
        ({"users": ["qian", "zhao", "nobody"]}, {"qian", "zhao"}),
        ({"role": "sales_director"}, {"liu"}),
        ({"superior_of": "owner"}, {"wang"}),
        ({"superior_of": "owner", "levels": 2}, {"liu"}),
        ({"dept_head_of": "dept"}, {"wang"}),
        ({"path": "customer.owner"}, {"zhou"}),
        ({"expr": "owner"}, {"li"}),
    ],
)
def test_each_way_to_name_people(told, runtime, people, entry, expected):
    publish_rules(runtime)
    customer = Crm(runtime).create("customer", name="C", owner="zhou")
    assert set(told(telling(entry), customer=customer)) == expected


def test_one_person_is_told_once_though_named_twice(told):
    assert told(telling({"field": "owner"}, {"user": "li"}, {"users": ["li", "sun"]})) == {
        "li": ["OP：初步意向 1234.50"],
        "sun": ["OP：初步意向 1234.50"],
    }


def test_everyone_reads_their_own_language(told, runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        update_user(work, "sun", {"locale": "en"})
    assert told(telling({"users": ["li", "sun"]})) == {
        "li": ["OP：初步意向 1234.50"],
        "sun": ["OP: Initial 1234.50"],
    }


def test_who_has_left_is_not_told(told, runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        update_user(work, "sun", {"active": False})
    assert set(told(telling({"users": ["li", "sun"]}))) == {"li"}


def test_names_and_body_of_references(told, runtime, people):
    publish_rules(runtime)
    customer = Crm(runtime).create("customer", name="苏州鼎盛")
    subject = {"zh": "{{owner}} 的 {{customer}}", "en": "{{customer}} of {{owner}}"}
    assert told(telling({"field": "owner"}, subject=subject), customer=customer) == {
        "li": ["李娜 的 苏州鼎盛"]
    }


def test_the_run_says_who_was_told_and_who_could_not_be_reached(told, runtime):
    told(telling({"users": ["li", "sun"]}, {"expr": '"guest@example.com"'}, channels=["mail"]))
    [run] = Crm(runtime).runs("tell")
    assert run.actions == [
        {
            "type": "notify",
            "inbox": [],
            "mail": ["li@example.com", "guest@example.com"],
            "unreachable": ["sun"],
        }
    ]
    with runtime.reading(SYSTEM) as work:
        waiting = jobs.list_jobs(work, state="ready")
    assert sorted(job.payload["to"] for job in waiting if job.kind == "mail") == [
        "guest@example.com",
        "li@example.com",
    ]


def test_the_notification_names_its_record(told, runtime):
    told(telling({"field": "owner"}))
    crm = Crm(runtime)
    [note] = crm.inbox("li")
    [record] = crm.all("opportunity")
    assert (note["app"], note["form"], note["record"], note["read_at"]) == (
        "crm",
        "opportunity",
        record["id"],
        None,
    )


def test_nobody_to_tell_is_no_failure(told, runtime):
    assert told(telling({"field": "owner"}), owner=None) in ({}, {"li": []})
    [run] = Crm(runtime).runs("tell")
    assert run.state == "done"
