"""Log in with an OpenID provider: one of our own that can lie, and one that somebody else wrote."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from starlette.testclient import TestClient

from api.app import create_app
from api.boot import build
from engine.identity import outside_logins
from engine.identity.organisation import load_organisation
from engine.identity.principal import SYSTEM
from tests.support.client import SignedIn
from tests.support.oidc import CLIENT, SECRET, running_provider
from tests.support.people import ORGANISATION

PUBLIC = "https://crm.example.com"
LOGIN, CALLBACK = "/api/v1/auth/oidc/login", "/api/v1/auth/oidc/callback"


@pytest.fixture
def provider(clock):
    with running_provider(clock.now) as running:
        yield running


@pytest.fixture
def settings(settings, provider):
    more = {
        "public_url": PUBLIC,
        "oidc_issuer": provider.issuer,
        "oidc_client": CLIENT,
        "oidc_secret": type(settings.smtp_password)(SECRET),
        "oidc_department": "department",
        "oidc_roles": "groups",
        "oidc_role_names": {"Sales": "sales_rep", "Money": "finance"},
    }
    return settings.model_copy(update=more)


def begin(client):
    """Where the browser is sent; it keeps the cookie."""
    answer = client.get(LOGIN, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    # the browser of the test speaks http, to which no secure cookie goes
    client.cookies.set("ff_login", re.search("ff_login=([^;]+)", cookie).group(1))
    return answer.headers["location"]


def come_back(client, address):
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == PUBLIC + CALLBACK
    return client.get(f"{CALLBACK}?{parts.query}")


def log_in(client, provider):
    return come_back(client, provider.log_in(begin(client)))


def test_provider_logs_a_known_user_in(client, people, provider):
    answer = log_in(client, provider)
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["id"] == "li"
    assert answer.json()["must_change"] is False
    me = SignedIn(client, "li", answer.json()["token"]).get("/auth/me")
    assert me.json()["id"] == "li"


def test_the_account_is_known_by_its_subject_afterwards(client, people, provider):
    log_in(client, provider)
    provider.claims |= {"preferred_username": "root"}
    assert log_in(client, provider).json()["user"]["id"] == "li"


def test_department_and_roles_follow_the_claims(client, people, provider, as_user):
    as_user("root").patch("/users/li", {"roles": ["sales_rep", "gm"]})
    provider.claims |= {"department": "Finance", "groups": ["Money", "Chess"]}
    user = log_in(client, provider).json()["user"]
    assert (user["dept"], user["roles"]) == ("finance", ["finance", "gm"])


def test_strangers_are_refused_unless_the_installation_makes_users(
    client, runtime, settings, people, provider
):
    provider.claims = {
        "sub": "u-9",
        "preferred_username": "Bao.Jun@x.cn",
        "name": "包军",
        "groups": ["Sales"],
    }
    refused = log_in(client, provider)
    assert (refused.status_code, refused.json()["code"]) == (401, "outside_login_failed")
    runtime.settings = settings.model_copy(update={"oidc_create": True})
    user = log_in(client, provider).json()["user"]
    assert (user["id"], user["username"], user["name"]["zh"]) == ("bao_jun", "Bao.Jun@x.cn", "包军")
    assert user["roles"] == ["sales_rep"]


def test_disabled_user_stays_out(client, people, provider, as_user):
    as_user("root").patch("/users/li", {"active": False})
    assert log_in(client, provider).status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 0},
        {"iat": 4102444800},
        {"sub": None},
    ],
)
def test_id_token_that_is_not_for_this_login_is_refused(client, people, provider, lie):
    provider.lie = lambda claims: {**claims, **lie}
    answer = log_in(client, provider)
    assert (answer.status_code, answer.json()["code"]) == (401, "outside_login_failed")


def test_id_token_signed_by_somebody_else_is_refused(client, people, provider):
    provider.key = RSAKey.generate_key(2048, {"kid": "k1"})
    assert log_in(client, provider).status_code == 401


def test_id_token_signed_with_our_own_secret_is_refused(client, people, provider):
    provider.key, provider.algorithm = OctKey.import_key(SECRET + " " * 32), "HS256"
    assert log_in(client, provider).status_code == 401


def test_new_keys_of_the_provider_are_taken_over(client, people, provider):
    assert log_in(client, provider).status_code == 200
    provider.key = provider.published = RSAKey.generate_key(2048, {"kid": "k1"})
    assert log_in(client, provider).status_code == 200


def test_answer_is_taken_once_and_in_the_browser_that_asked(client, people, provider):
    back = provider.log_in(begin(client))
    other = TestClient(client.app, raise_server_exceptions=False)
    assert come_back(other, back).status_code == 401
    assert come_back(client, back).status_code == 200
    begin(client)
    assert come_back(client, back).status_code == 401


def test_login_that_took_too_long_is_refused(client, people, provider, clock):
    back = provider.log_in(begin(client))
    clock.advance(minutes=10)
    assert come_back(client, back).status_code == 401


def test_code_is_worthless_without_the_verifier(client, people, provider):
    mine, theirs = provider.log_in(begin(client)), provider.log_in(begin(client))
    code = parse_qs(urlsplit(mine).query)["code"][0]
    swapped = re.sub(r"code=[^&]+", f"code={code}", theirs)
    assert come_back(client, swapped).status_code == 401


def test_refusal_of_the_provider_is_told(client, people, provider):
    back = provider.log_in(begin(client))
    answer = come_back(client, re.sub(r"code=[^&]+", "error=access_denied", back))
    assert "access_denied" in answer.json()["detail"]


def test_provider_that_is_down_is_said_to_be(client, people, provider):
    provider.down = True
    answer = client.get(LOGIN, follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (502, "provider_unreachable")


def test_without_a_provider_there_is_none(client, runtime, settings, people):
    runtime.settings = settings.model_copy(update={"oidc_issuer": ""})
    assert client.get("/api/v1/auth/oidc").json() == {"enabled": False, "label": "SSO"}
    assert client.get(LOGIN, follow_redirects=False).json()["code"] == "no_provider"


@pytest.fixture
def foreign(free_port):
    """A provider written by others, as a process of its own."""
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--port",
        str(free_port),
        "--require-nonce",
        "true",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{free_port}"
    for _ in range(300):
        try:
            httpx.get(f"{issuer}/.well-known/openid-configuration", trust_env=False)
            break
        except httpx.TransportError:
            assert process.poll() is None
            time.sleep(0.1)
    yield issuer
    process.terminate()
    process.wait(10)


@pytest.fixture
def free_port():
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Now:
    """The time of the other process."""

    def now(self):
        return datetime.now(UTC)


def test_a_provider_written_by_others_logs_people_in(settings, foreign):
    runtime = build(settings.model_copy(update={"oidc_issuer": foreign, "oidc_username": "sub"}), clock=Now())
    with runtime.unit_of_work(SYSTEM) as work:
        load_organisation(work, ORGANISATION)
    with TestClient(create_app(runtime), raise_server_exceptions=False) as client:
        address = begin(client)
        # its login page is a form that asks who one wants to be
        back = httpx.post(address, data={"sub": "li"}, trust_env=False)
        answer = come_back(client, back.headers["location"])
        assert answer.status_code == 200, answer.text
        assert answer.json()["user"]["id"] == "li"
    runtime.close()


def test_a_login_name_that_was_given_to_somebody_else_there_opens_no_account(
    client, people, provider, as_user
):
    assert log_in(client, provider).json()["user"]["id"] == "li"
    provider.claims |= {"sub": "u-2"}
    refused = log_in(client, provider)
    assert (refused.status_code, refused.json()["code"]) == (401, "outside_login_failed")
    assert as_user("li").post("/users/li:forget_account").status_code == 403
    assert as_user("root").post("/users/li:forget_account").status_code == 204
    assert log_in(client, provider).json()["user"]["id"] == "li"


def test_an_administrator_is_not_recognised_by_the_login_name_alone(
    client, runtime, settings, people, provider
):
    provider.claims |= {"preferred_username": "root", "groups": ["Admins"]}
    assert log_in(client, provider).status_code == 401
    runtime.settings = settings.model_copy(update={"oidc_role_names": {"Admins": "admin"}})
    assert log_in(client, provider).json()["user"]["id"] == "root"


def test_a_mail_address_that_nobody_verified_opens_no_account(
    client, runtime, settings, people, provider, as_user
):
    as_user("root").patch("/users/li", {"username": "li@example.com"})
    runtime.settings = settings.model_copy(update={"oidc_username": "email"})
    provider.claims |= {"email": "li@example.com", "email_verified": False}
    assert log_in(client, provider).status_code == 401
    provider.claims |= {"email_verified": True}
    assert log_in(client, provider).json()["user"]["id"] == "li"


@pytest.mark.parametrize(
    "odd",
    [{"groups": [{"name": "Sales"}]}, {"groups": 5}, {"department": ["East"]}, {"department": {"id": 1}}],
)
def test_claims_of_a_shape_that_nobody_expects_change_nothing(client, people, provider, odd):
    provider.claims |= odd
    answer = log_in(client, provider)
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["dept"] == "east_js"


def test_logins_that_nobody_finishes_do_not_pile_up(client, runtime, clock, monkeypatch):
    monkeypatch.setattr("engine.identity.outside_logins.PER_NETWORK", 3)

    def pending():
        with runtime.reading(SYSTEM) as work:
            return work.row("SELECT count(*) FROM ff_outside_login")[0]

    for _ in range(3):
        begin(client)
    full = client.get(LOGIN, follow_redirects=False)
    assert (full.status_code, full.json()["code"], full.headers["retry-after"]) == (
        429, "too_many_attempts", "600",
    )  # fmt: skip
    assert pending() == 3
    clock.advance(minutes=10)
    begin(client)
    assert pending() == 1


def test_a_flood_from_everywhere_is_bounded_too(client, runtime, monkeypatch):
    monkeypatch.setattr("engine.identity.outside_logins.MOST", 2)
    with runtime.unit_of_work(SYSTEM) as work:
        for peer in ("192.0.2.1", "198.51.100.7"):
            outside_logins.begin(work, peer)
    assert client.get(LOGIN, follow_redirects=False).status_code == 429
