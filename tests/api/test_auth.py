"""Log in and out over HTTP."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from engine.identity import service
from engine.identity.passwords import hash_password
from engine.identity.principal import SYSTEM

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)


@pytest.fixture
def li(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        service.set_password_hash(work, "li", HASH)


def login(client, username="li", password=PASSWORD):
    return client.post("/api/v1/auth/login", json={"username": username, "password": password})


def test_login_gives_a_token_that_works_until_logout(client, li):
    answer = login(client).json()
    assert answer["user"]["name"] == {"zh": "李娜", "en": "Li Na"}
    assert answer["expires_at"] == "2026-03-02T14:00:00Z"
    headers = {"Authorization": f"Bearer {answer['token']}"}
    me = client.get("/api/v1/auth/me", headers=headers).json()
    assert (me["id"], me["roles"], me["is_admin"]) == ("li", ["sales_rep"], False)
    assert "password_hash" not in me
    assert client.post("/api/v1/auth/logout", headers=headers).status_code == 204
    assert client.get("/api/v1/auth/me", headers=headers).status_code == 401


@pytest.mark.parametrize(("username", "password"), [("li", "wrong"), ("nobody", PASSWORD), ("sun", PASSWORD)])
def test_wrong_credentials_look_the_same(client, li, username, password):
    answer = login(client, username, password)
    assert answer.status_code == 401
    assert answer.json()["code"] == "wrong_credentials"


def test_guessing_is_slowed_down(client, li):
    for _ in range(8):
        login(client, password="wrong")
    answer = login(client)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "300"


def test_a_stranger_elsewhere_does_not_lock_the_person_out(client, runtime, li):
    stranger = TestClient(client.app, client=("203.0.113.7", 1), raise_server_exceptions=False)
    for _ in range(9):
        last = login(stranger, password="wrong")
    assert (last.status_code, last.json()["code"]) == (429, "too_many_attempts")
    assert login(client).status_code == 200


def test_a_full_queue_of_passwords_is_told_and_stops_nothing_else(client, li):
    places = client.app.state.edge.passwords._places
    while places.acquire(blocking=False):
        pass
    answer = login(client)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert answer.headers["retry-after"] == "1"
    assert client.get("/api/v1/health").json()["status"] == "ok"
    places.release()
    assert login(client).status_code == 200


@pytest.mark.parametrize("header", [None, "Bearer ", "Basic bGk6eA==", "Bearer ffs_invented"])
def test_without_a_valid_token_nothing_is_told(client, people, header):
    answer = client.get("/api/v1/auth/me", headers={"authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "not_authenticated"


def test_own_password_is_changed_with_the_current_one(client, li):
    headers = {"Authorization": f"Bearer {login(client).json()['token']}"}
    url = "/api/v1/auth/password"
    wrong = client.post(url, headers=headers, json={"current": "wrong", "new": "another horse"})
    assert wrong.status_code == 401
    short = client.post(url, headers=headers, json={"current": PASSWORD, "new": "short"})
    assert (short.status_code, short.json()["code"]) == (422, "weak_password")
    done = client.post(url, headers=headers, json={"current": PASSWORD, "new": "another horse"})
    assert done.status_code == 204
    assert client.get("/api/v1/auth/me", headers=headers).status_code == 401
    assert login(client, password="another horse").status_code == 200


def test_api_token_is_shown_once_and_can_be_taken_back(client, as_user, people):
    li = as_user("li")
    made = li.post("/auth/tokens", {"label": "ERP", "days": 30})
    assert made.status_code == 201
    secret = made.json()["token"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/auth/me", headers=headers).json()["id"] == "li"
    [listed] = li.get("/auth/tokens").json()["items"]
    assert listed["label"] == "ERP"
    assert secret not in str(listed)
    assert li.delete(f"/auth/tokens/{listed['id']}").status_code == 204
    assert client.get("/api/v1/auth/me", headers=headers).status_code == 401


@pytest.mark.parametrize("days", [0, -1, 99999, "7", True, 1.5])
def test_lifetime_of_an_api_token_is_checked(as_user, people, days):
    answer = as_user("li").post("/auth/tokens", {"label": "x", "days": days})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/days"


def test_unknown_keys_of_the_body_are_named(client):
    answer = client.post("/api/v1/auth/login", json={"user": "li", "password": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/user"
