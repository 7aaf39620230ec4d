"""Rights over HTTP: roles for a time, collaborators of a record, and why something is allowed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from tests.forms.shop import SHOP, name
from tests.support.prepared import prepared_by, publishing

URL = "/apps/shop/forms/customer/records"
REP = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [
        {"form": "customer", "actions": ["view", "create", "update", "share"], "where": "owner = $me"},
    ],
}
AUDITOR = {
    "key": "auditor",
    "label": name("auditor"),
    "grants": [
        {"form": "customer", "actions": ["view"], "fields": {"hidden": ["secret"]}},
        {"form": "customer", "actions": ["view"], "where": 'level = "a"', "deny": True},
    ],
}


@pytest.fixture
@prepared_by(publishing({**SHOP, "role": {"sales_rep": REP, "auditor": AUDITOR}}))
def root(people, as_user):
    return as_user("root")


@pytest.fixture
def mine(root, as_user):
    made = as_user("li").post(URL, {"name": "mine", "credit": "5", "secret": "told"})
    assert made.status_code == 201, made.text
    return f"{URL}/{made.json()['id']}"


def until(clock, **later):
    return (clock.now() + timedelta(**later)).isoformat()


def test_a_role_for_a_time_begins_and_ends_by_itself(root, mine, as_user, clock):
    qian = as_user("qian")
    body = {"role": "auditor", "from": until(clock, hours=1), "until": until(clock, hours=3), "why": "audit"}
    made = root.post("/users/qian/temporary-roles", body)
    assert made.status_code == 201, made.text
    answers = []
    for _ in range(4):
        answers.append(qian.get(mine).status_code)
        clock.set(clock.now() + timedelta(hours=1))
    assert answers == [404, 200, 200, 404]
    [told] = qian.get("/users/qian/temporary-roles").json()["items"]
    assert (told["role"], told["why"], told["given_by"], told["holds"]) == ("auditor", "audit", "root", False)


def test_a_role_for_a_time_can_be_ended_early(root, mine, as_user, clock):
    body = {"role": "auditor", "until": until(clock, days=1), "why": "audit"}
    given = root.post("/users/qian/temporary-roles", body).json()["id"]
    qian = as_user("qian")
    assert qian.get(mine).status_code == 200
    assert root.delete(f"/users/qian/temporary-roles/{given}").status_code == 204
    assert qian.get(mine).status_code == 404
    assert root.delete("/users/qian/temporary-roles/none").json()["code"] == "temporary_role_not_found"


def test_only_administrators_give_roles_and_a_reason_is_needed(root, as_user, clock):
    body = {"role": "auditor", "until": until(clock, days=1), "why": "audit"}
    assert as_user("li").post("/users/li/temporary-roles", body).status_code == 403
    assert as_user("li").get("/users/qian/temporary-roles").status_code == 403
    for wrong, pointer in (
        ({**body, "why": " "}, "/why"),
        ({**body, "until": until(clock, days=-1)}, "/until"),
        ({**body, "until": "tomorrow"}, "/until"),
    ):
        answer = root.post("/users/qian/temporary-roles", wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_what_changes_rights_is_in_the_log(root, mine, as_user, runtime, clock):
    root.post(
        "/users/qian/temporary-roles", {"role": "auditor", "until": until(clock, days=1), "why": "audit"}
    )
    as_user("li").put(f"{mine}/collaborators/sun", {})
    with runtime.reading(SYSTEM) as work:
        noted = {row[0] for row in work.rows("SELECT action FROM ff_operation")}
    assert {"give_role", "share_record"} <= noted


def test_a_record_is_shared_for_reading_and_for_writing(mine, as_user):
    li, sun = as_user("li"), as_user("sun")
    assert sun.get(mine).status_code == 404
    shared = li.put(f"{mine}/collaborators/sun", {"level": "read"})
    assert (shared.status_code, shared.json()["given_by"]) == (200, "li")
    assert sun.get(mine).json()["credit"] == "5.00"
    assert sun.patch(mine, {"level": "b"}).status_code == 403
    assert li.put(f"{mine}/collaborators/sun", {"level": "write"}).status_code == 200
    assert sun.patch(mine, {"level": "b"}).status_code == 200
    assert [each["level"] for each in li.get(f"{mine}/collaborators").json()["items"]] == ["write"]
    assert li.delete(f"{mine}/collaborators/sun").status_code == 204
    assert sun.get(mine).status_code == 404


def test_fields_that_a_share_hides_are_hidden_on_every_way(mine, as_user):
    li, sun = as_user("li"), as_user("sun")
    own = sun.post(URL, {"name": "own", "credit": "7", "secret": "x"}).json()
    assert li.put(f"{mine}/collaborators/sun", {"hidden": ["credit", "secret"]}).status_code == 200
    assert not {"credit", "secret"} & sun.get(mine).json().keys()
    listed = {each["name"]: "credit" in each for each in sun.get(URL).json()["items"]}
    assert listed == {"mine": False, "own": True}
    [told] = sun.post(f"{URL}:aggregate", {"measures": {"n": {"agg": "sum", "field": "credit"}}}).json()[
        "items"
    ]
    assert told["n"] == "7.00"
    assert sun.get(URL, params={"filter": 'secret = "told"'}).json()["items"] == []
    assert own["secret"] == "x"


def test_sharing_takes_the_right_and_knows_people_and_fields(mine, as_user):
    li = as_user("li")
    assert as_user("wu").put(f"{mine}/collaborators/sun", {}).status_code == 404
    li.put(f"{mine}/collaborators/sun", {})
    assert as_user("sun").put(f"{mine}/collaborators/wu", {}).status_code in {200, 403}
    for user, body, pointer in (
        ("nobody", {}, "/user"),
        ("li", {}, "/user"),
        ("sun", {"hidden": ["nothing"]}, "/hidden/0"),
        ("sun", {"level": "all"}, "/level"),
    ):
        answer = li.put(f"{mine}/collaborators/{user}", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert li.delete(f"{mine}/collaborators/zhou").json()["code"] == "collaborator_not_found"


def test_an_explanation_names_the_grants_that_decide_and_the_values_they_saw(root, mine, as_user, clock):
    told = root.get(f"{mine}/explain", params={"user": "li"}).json()
    assert (told["allowed"], told["decides"]) == (True, ["/roles/sales_rep/grants/0"])
    assert told["grants"][0]["where"]["parts"][0] == {"text": "owner", "value": "li", "parts": []}
    told = root.get(f"{mine}/explain", params={"user": "sun"}).json()
    assert (told["allowed"], told["decides"], told["grants"][0]["has_record"]) == (False, [], False)
    root.post("/users/qian/temporary-roles", {"role": "auditor", "until": until(clock, days=1), "why": "x"})
    asked = {"user": "qian", "field": "secret"}
    assert root.get(f"{mine}/explain", params=asked).json()["allowed"] is False
    assert root.get(f"{mine}/explain", params={**asked, "field": "name"}).json()["allowed"] is True
    root.patch(mine, {"level": "a"})
    told = root.get(f"{mine}/explain", params={"user": "qian"}).json()
    assert (told["allowed"], told["decides"]) == (False, ["/roles/auditor/grants/1"])
    assert root.get(f"{mine}/explain", params={"user": "zhao", "action": "update"}).json()["allowed"] is False


def test_only_administrators_are_told_why(root, mine, as_user):
    assert as_user("li").get(f"{mine}/explain").status_code == 403
    for params, pointer in (
        ({"user": "nobody"}, "/user"),
        ({"action": "steal"}, "/action"),
        ({"field": "nothing"}, "/field"),
    ):
        answer = root.get(f"{mine}/explain", params=params)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_sharing_does_not_tell_of_fields_that_are_hidden_from_who_shares(runtime, people, as_user):
    grant = {"form": "customer", "actions": ["view", "create", "share"], "fields": {"hidden": ["credit"]}}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**SHOP, "role": {"sales_rep": {**REP, "grants": [grant]}}})
    li, root = as_user("li"), as_user("root")
    record = f"{URL}/{li.post(URL, {'name': 'mine'}).json()['id']}/collaborators"
    assert li.put(f"{record}/zhao", {"hidden": ["phone"]}).json()["hidden"] == ["phone"]
    assert [each["hidden"] for each in root.get(record).json()["items"]] == [["credit", "phone"]]
    refusals = [li.put(f"{record}/zhao", {"hidden": [each]}).json() for each in ("credit", "nothing")]
    told = [(each["errors"][0]["code"], each["errors"][0]["pointer"]) for each in refusals]
    assert told == [("unknown_field", "/hidden/0")] * 2
