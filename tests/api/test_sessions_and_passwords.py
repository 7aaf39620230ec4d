"""Sessions, passwords that must be changed, and the way back for who forgot theirs."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from engine.identity import service
from engine.identity.passwords import hash_password
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from tests.support.client import SignedIn

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)


@pytest.fixture
def li(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        service.set_password_hash(work, "li", HASH)


def login(client, username="li", password=PASSWORD, **headers):
    body = {"username": username, "password": password}
    return client.post("/api/v1/auth/login", json=body, headers=headers)


def signed_in(client, answer, user="li"):
    return SignedIn(client, user, answer.json()["token"])


def test_people_see_their_sessions_and_end_them(client, li):
    here = signed_in(client, login(client, **{"user-agent": "phone"}))
    there = signed_in(client, login(client, **{"user-agent": "laptop"}))
    listed = here.get("/auth/sessions").json()["items"]
    assert [(each["agent"], each["current"]) for each in listed] == [("laptop", False), ("phone", True)]
    assert here.delete(f"/auth/sessions/{listed[0]['id']}").status_code == 204
    assert there.get("/auth/me").status_code == 401
    assert here.delete(f"/auth/sessions/{listed[0]['id']}").status_code == 404


def test_all_other_sessions_end_at_once_and_tokens_stay(client, li):
    here, there = (signed_in(client, login(client)) for _ in range(2))
    api = SignedIn(client, "li", here.post("/auth/tokens", {"label": "ERP"}).json()["token"])
    assert here.post("/auth/sessions:end_others").status_code == 204
    assert there.get("/auth/me").status_code == 401
    assert here.get("/auth/me").status_code == 200
    assert api.get("/auth/me").status_code == 200


def test_administrator_sees_and_revokes_tokens_of_others(client, as_user, li):
    root, here = as_user("root"), signed_in(client, login(client))
    made = here.post("/auth/tokens", {"label": "ERP", "read_only": True}).json()
    listed = root.get("/users/li/tokens").json()["items"]
    assert [(each["kind"], each["narrow"]) for each in listed] == [
        ("session", {}),
        ("api", {"read_only": True}),
    ]
    assert ("li", made["id"]) in [(each["user"], each["id"]) for each in root.get("/tokens").json()["items"]]
    assert root.delete(f"/users/li/tokens/{made['id']}").status_code == 204
    assert SignedIn(client, "li", made["token"]).get("/auth/me").status_code == 401
    assert as_user("sun").get("/users/li/tokens").status_code == 403
    assert as_user("sun").delete(f"/users/li/tokens/{listed[0]['id']}").status_code == 403


def test_use_of_a_token_is_noted_now_and_then(client, as_user, li, clock):
    here = signed_in(client, login(client))
    made = here.post("/auth/tokens", {"label": "ERP"}).json()
    clock.advance(hours=2)
    SignedIn(client, "li", made["token"]).get("/auth/me")
    client.app.state.edge._writer.submit(int).result(10)  # what was queued before it is done then
    [listed] = signed_in(client, login(client)).get("/auth/tokens").json()["items"]
    assert listed["used_at"] == "2026-03-02T04:00:00Z"


def test_password_given_by_an_administrator_is_for_the_first_login_only(client, as_user, people):
    root = as_user("root")
    assert root.post("/users/li:password", {"password": "for the start"}).status_code == 204
    first = login(client, password="for the start")
    assert first.json()["must_change"] is True
    here = signed_in(client, first)
    assert here.get("/auth/me").json()["id"] == "li"
    for refused in (
        here.get("/apps"),
        here.get("/users"),
        here.get("/tasks"),
        here.post("/auth/tokens", {"label": "x"}),
        here.get("/apps/shop/documents/auth/me"),
        here.get("/apps/shop/draft/auth/password"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "password_change_needed")
    same = here.post("/auth/password", {"current": "for the start", "new": "for the start"})
    assert same.json()["code"] == "same_password"
    assert here.post("/auth/password", {"current": "for the start", "new": PASSWORD}).status_code == 204
    again = login(client)
    assert again.json()["must_change"] is False
    assert signed_in(client, again).get("/users").status_code == 200


def test_new_user_may_keep_the_password_if_the_administrator_says_so(client, as_user, people):
    document = {"id": "bao", "name": {"zh": "包军", "en": "Bao Jun"}}
    made = as_user("root").post("/users", {**document, "password": PASSWORD, "must_change": False})
    assert made.status_code == 201, made.text
    assert login(client, "bao").json()["must_change"] is False


def test_weak_passwords_are_refused_everywhere(client, as_user, li):
    root, here = as_user("root"), signed_in(client, login(client))
    answers = [
        here.post("/auth/password", {"current": PASSWORD, "new": "password123"}),
        root.post("/users/li:password", {"password": "12345678"}),
        root.post("/users", {"id": "bao", "name": {"zh": "包", "en": "Bao"}, "password": "aaaaaaaaa"}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(422, "weak_password")] * 3


def test_forgotten_password_is_replaced_by_mail(client, runtime, settings, smtp, li):
    host, port = "127.0.0.1", smtp.port
    more = {"smtp_host": host, "smtp_port": port, "public_url": "https://crm.example.com"}
    runtime.settings = settings.model_copy(update=more)
    assert client.post("/api/v1/auth/password:forgotten", json={"username": "li"}).status_code == 204
    Worker(runtime).run_due()
    [mail] = smtp.messages
    text = mail.message.get_content()
    secret = re.search(r"https://crm\.example\.com/reset-password#(ffr_[\w-]+)", text).group(1)
    weak = client.post("/api/v1/auth/password:reset", json={"token": secret, "new": "password123"})
    assert weak.json()["code"] == "weak_password"
    body = {"token": secret, "new": "another horse"}
    assert client.post("/api/v1/auth/password:reset", json=body).status_code == 204
    again = client.post("/api/v1/auth/password:reset", json=body)
    assert (again.status_code, again.json()["code"]) == (410, "reset_link_not_valid")
    assert login(client, password="another horse").status_code == 200


def test_asking_for_links_is_limited_and_tells_nothing(client, people):
    for name in ["li", "nobody"] * 4:
        answer = client.post("/api/v1/auth/password:forgotten", json={"username": name})
        assert (answer.status_code, answer.content) == (204, b"")
    for _ in range(4):
        client.post("/api/v1/auth/password:forgotten", json={"username": "li"})
    assert client.post("/api/v1/auth/password:forgotten", json={"username": "li"}).status_code == 429


def test_administrator_lets_somebody_in_again(client, as_user, li):
    for _ in range(8):
        login(client, password="wrong")
    assert login(client).status_code == 429
    assert as_user("root").post("/users/li:unlock").status_code == 204
    assert login(client).status_code == 200


def test_roles_that_no_app_has_are_refused(runtime, as_user, people):
    from tests.forms.shop import publish_shop

    root = as_user("root")
    assert root.patch("/users/li", {"roles": ["anything"]}).status_code == 200  # no app is there yet
    publish_shop(runtime)
    refused = root.patch("/users/li", {"roles": ["anything", "rpe"]})
    [finding] = refused.json()["errors"]
    assert (finding["code"], finding["pointer"]) == ("unknown_role", "/roles/1")
    assert "rep" in finding["fix"]["en"]
    assert root.patch("/users/li", {"roles": ["rep", "admin"]}).status_code == 200
    document = {"users": [{"id": "li", "name": {"zh": "李娜", "en": "Li Na"}, "roles": ["seller"]}]}
    [warning] = root.put("/organisation", document).json()["warnings"]
    assert (warning["level"], warning["pointer"]) == ("warning", "/users/0/roles/0")


def test_logins_and_refusals_are_logged(client, runtime, li):
    login(client, password="wrong")
    here = signed_in(client, login(client))
    here.post("/auth/logout")
    with runtime.reading(SYSTEM) as work:
        rows = work.rows("SELECT action, subject, address FROM ff_operation ORDER BY id")
    said = [row for row in rows if row[0].startswith("log")]
    assert said == [
        ("login_refused", "li", "testclient"),
        ("login", "li", "testclient"),
        ("logout", "li", "testclient"),
    ]
    assert PASSWORD not in str(rows)
    stranger = TestClient(client.app, raise_server_exceptions=False)
    login(stranger, username="correct horse", password="x")
    with runtime.reading(SYSTEM) as work:
        last = work.rows("SELECT subject, details FROM ff_operation ORDER BY id DESC LIMIT 1")
    assert PASSWORD not in str(last)
