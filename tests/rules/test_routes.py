"""Run records and notifications over REST."""

from __future__ import annotations

import pytest

from tests.rules.small_crm import Crm, publish_rules, rule


@pytest.fixture
def crm(runtime, people):
    publish_rules(
        runtime,
        rule(
            "hello",
            "opportunity",
            {"type": "created"},
            [
                {
                    "type": "notify",
                    "to": [{"field": "owner"}],
                    "subject": {"zh": "新商机 {{name}}", "en": "New {{name}}"},
                }
            ],
            when="amount > 100",
        ),
    )
    return Crm(runtime)


def test_an_administrator_reads_what_a_rule_did(crm, as_user):
    record = crm.create("opportunity", name="OP", owner="li", amount=123450)
    crm.create("opportunity", name="small", owner="li", amount=100)
    answer = as_user("root").get("/apps/crm/rules/hello/runs")
    assert answer.status_code == 200
    [run] = answer.json()["items"]
    assert (run["record"], run["state"], run["matched"]) == (record, "done", {"amount": "1234.50"})
    one = as_user("root").get(f"/apps/crm/rules/hello/runs/{run['id']}").json()
    assert one["actions"][0]["inbox"] == ["li"]


def test_whoever_may_see_the_whole_history_of_the_form_reads_runs(runtime, people, as_user):
    from engine.definitions.publish import publish
    from engine.identity.principal import SYSTEM
    from tests.rules.small_crm import documents, label

    hello = rule("hello", "opportunity", {"type": "deleted"}, [{"type": "set_fields", "set": {"note": "x"}}])
    roles = {
        key: {"key": key, "label": label(key), "grants": [{"form": form, "actions": ["*"]}]}
        for key, form in {"gm": "opportunity", "ceo": "lead"}.items()
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents([hello], role=roles))
    assert as_user("zheng").get("/apps/crm/rules/hello/runs").status_code == 200
    assert as_user("fang").get("/apps/crm/rules/hello/runs").status_code == 403


def test_runs_are_paged(crm, as_user):
    for number in range(5):
        crm.create("opportunity", name=f"OP{number}", owner="li", amount=123450)
    first = as_user("root").get("/apps/crm/rules/hello/runs?limit=3").json()
    rest = as_user("root").get(f"/apps/crm/rules/hello/runs?limit=3&before={first['next']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)


@pytest.mark.parametrize(
    ("user", "path", "status"),
    [
        ("li", "/apps/crm/rules/hello/runs", 403),
        ("root", "/apps/crm/rules/nothing/runs", 404),
        ("root", "/apps/nothing/rules/hello/runs", 404),
        ("root", "/apps/crm/rules/hello/runs?state=odd", 422),
        ("root", "/apps/crm/rules/hello/runs/none", 404),
    ],
)
def test_what_cannot_be_answered_says_why(crm, as_user, user, path, status):
    answer = as_user(user).get(path)
    assert answer.status_code == status
    assert answer.json()["message"]["zh"]


def test_a_person_reads_and_ticks_off_their_own_notifications(crm, as_user):
    crm.create("opportunity", name="OP", owner="li", amount=123450)
    answer = as_user("li").get("/notifications").json()
    [note] = answer["items"]
    assert (note["title"], note["read_at"], answer["unread"]) == ("新商机 OP", None, 1)
    assert as_user("sun").get("/notifications").json()["items"] == []
    assert as_user("sun").post(f"/notifications/{note['id']}:read").status_code == 404
    assert as_user("li").post(f"/notifications/{note['id']}:read").status_code == 200
    assert as_user("li").get("/notifications").json()["unread"] == 0
    assert as_user("li").get("/notifications?unread=true").json()["items"] == []
