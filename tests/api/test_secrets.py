"""Secrets of calls to other systems: named in documents, kept sealed, sent to their hosts, shown to nobody."""

from __future__ import annotations

import copy
import json
from urllib.parse import urlsplit

import pytest

from engine.connect.sealed_calls import keys_of_calls
from engine.connect.secrets import keys_of_secrets, seal_anew
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from tests.forms.shop import SHOP, field, name

SECRETS = "/apps/shop/secrets"
TOKEN = "Bearer k3y-0f-the-erp"


@pytest.fixture
def settings(database_url, tmp_path):
    from engine.settings import Settings

    return Settings(home=tmp_path, database_url=database_url, allow_private_hooks=True)


def rule(url, headers):
    return {
        "key": "push",
        "label": name("push"),
        "form": "customer",
        "trigger": {"type": "created"},
        "actions": [{"type": "webhook", "url": f"{url}/erp", "headers": headers, "body": {"n": 1}}],
    }


@pytest.fixture
def root(people, as_user):
    return as_user("root")


@pytest.fixture
def publish(root, http_stub):
    def put(headers=None):
        app = copy.deepcopy(SHOP)
        app["rule"] = {"push": rule(http_stub.url, headers or {"Authorization": {"secret": "erp"}})}
        for kind, objects in app.items():
            for document in objects.values():
                assert root.put(f"/apps/shop/draft/{kind}/{document['key']}", document).status_code == 200
        return root.post("/apps/shop/draft:publish")

    return put


def host_of(stub):
    return urlsplit(stub.url).netloc


def set_it(root, *hosts, value=TOKEN):
    return root.put(f"{SECRETS}/erp", {"value": value, "hosts": list(hosts)})


def called(root, runtime):
    """A customer is created and the call made; the job of the call."""
    made = root.post(
        "/apps/shop/forms/customer/records", {"name": f"c{len(root.get('/jobs').json()['items'])}"}
    )
    assert made.status_code == 201, made.text
    Worker(runtime, jitter=lambda: 0.0).run_due()
    return next(each for each in root.get("/jobs").json()["items"] if each["kind"] == "webhook")


def test_the_call_carries_it_and_no_row_answer_or_export_tells_it(publish, root, runtime, http_stub):
    assert publish().status_code == 200
    done = set_it(root, host_of(http_stub))
    assert (done.status_code, done.json()["key"], done.json()["set_by"]) == (200, "erp", "root")
    job = called(root, runtime)
    [request] = http_stub.requests
    assert request.headers["authorization"] == TOKEN
    assert (job["state"], job["payload"]["headers"]) == ("done", {"Authorization": {"secret": "erp"}})
    told = [root.get(path) for path in (SECRETS, "/jobs", "/log?limit=500", "/apps/shop/documents")]
    assert all(each.status_code == 200 for each in told)
    assert not any("k3y" in each.text for each in told)
    assert b"k3y" not in root.get("/apps/shop/files").content
    with runtime.reading(SYSTEM) as work:
        for (table,) in work.rows(_TABLES[runtime.database.dialect]):
            assert "k3y" not in str(work.rows(f'SELECT * FROM "{table}"')), table


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def test_it_goes_to_no_other_host(publish, root, runtime, http_stub):
    publish()
    set_it(root, "erp.example.com")
    job = called(root, runtime)
    assert (job["state"], http_stub.requests) == ("dead", [])
    assert "not for the host" in job["error"]


def test_a_call_without_its_secret_waits_for_a_person(publish, root, runtime, http_stub):
    publish()
    job = called(root, runtime)
    assert (job["state"], http_stub.requests) == ("dead", [])
    set_it(root, host_of(http_stub))
    assert root.post(f"/jobs/{job['id']}:retry").status_code == 200
    Worker(runtime, jitter=lambda: 0.0).run_due()
    assert http_stub.requests[0].headers["authorization"] == TOKEN


def test_what_the_other_side_says_of_it_is_covered(publish, root, runtime, http_stub):
    publish()
    set_it(root, host_of(http_stub))
    http_stub.answer(400, f"no such token {TOKEN}")
    job = called(root, runtime)
    assert job["state"] == "dead"
    assert "k3y" not in json.dumps(job)
    assert "no such token ••••••" in job["error"]


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key", "x_auth_token", "Cookie"])
def test_documents_hold_none_themselves(publish, header):
    refused = publish({header: "abc"})
    [finding] = refused.json()["errors"]
    assert (finding["code"], finding["pointer"]) == (
        "secret_in_clear",
        f"/rules/push/actions/0/headers/{header}",
    )


def test_other_headers_are_plain(publish, root, runtime, http_stub):
    publish({"X-Source": "shop", "X-Keyboard": "de"})
    called(root, runtime)
    assert http_stub.requests[0].headers["x-keyboard"] == "de"


def test_designers_set_and_remove_them_others_do_not(publish, root, as_user):
    publish()
    root.put("/apps/shop/designers", {"users": ["li"]})
    li, sun = as_user("li"), as_user("sun")
    assert set_it(li, "erp.example.com").status_code == 200
    assert [each["key"] for each in li.get(SECRETS).json()["items"]] == ["erp"]
    assert [each.status_code for each in (set_it(sun, "x.com"), sun.get(SECRETS), sun.delete(f"{SECRETS}/erp"))] == [
        403, 403, 403,
    ]  # fmt: skip
    assert li.delete(f"{SECRETS}/erp").status_code == 204
    gone = li.delete(f"{SECRETS}/erp")
    assert (gone.status_code, gone.json()["code"]) == (404, "secret_not_found")


@pytest.mark.parametrize(
    "document",
    [
        {"value": "a\nb", "hosts": ["x.com"]},
        {"value": "", "hosts": ["x.com"]},
        {"value": " blank before", "hosts": ["x.com"]},
        {"value": "blank behind ", "hosts": ["x.com"]},
        {"value": "a", "hosts": []},
        {"value": "a", "hosts": ["https://x.com/"]},
        {"value": "a"},
    ],
)
def test_what_is_no_header_or_host_is_refused(publish, root, document):
    publish()
    assert root.put(f"{SECRETS}/erp", document).status_code == 422


def test_a_new_key_of_the_ring_seals_them_anew(publish, root, runtime, http_stub):
    publish()
    set_it(root, host_of(http_stub))
    before = runtime.ring.current
    runtime.ring.rotate()
    with runtime.unit_of_work(SYSTEM) as work:
        assert keys_of_secrets(work) == {before}
        seal_anew(work)
        assert keys_of_secrets(work) == {runtime.ring.current}
    runtime.ring.retire({before})
    called(root, runtime)
    assert http_stub.requests[0].headers["authorization"] == TOKEN


def guarded(action):
    """The shop with an encrypted field of customers, and a rule that does this when one is created."""
    app = copy.deepcopy(SHOP)
    app["form"]["customer"]["fields"].append(field("idno", "text", encrypt=True))
    app["rule"] = {"push": {**rule("http://x.example", {}), "actions": [action]}}
    return app


def put_all(root, app):
    for kind, objects in app.items():
        for document in objects.values():
            assert root.put(f"/apps/shop/draft/{kind}/{document['key']}", document).status_code == 200
    return root.post("/apps/shop/draft:publish")


def test_values_of_encrypted_fields_rest_sealed_until_they_are_sent(root, runtime, http_stub):
    action = {
        "type": "webhook",
        "url": f"{http_stub.url}/p/{{{{idno}}}}",
        "body": {"list": [{"no": {"expr": "idno"}}]},
    }
    assert put_all(root, guarded(action)).status_code == 200
    root.post("/apps/shop/forms/customer/records", {"name": "c", "idno": "v3ry-own"})
    [waiting] = [each for each in root.get("/jobs").json()["items"] if each["kind"] == "webhook"]
    assert set(waiting["payload"]) == {"sealed", "method", "headers"}
    assert keys_of_calls_in(runtime) == {runtime.ring.current}
    Worker(runtime).run_due()
    [request] = http_stub.requests
    assert (request.path, request.json()) == ("/p/v3ry-own", {"list": [{"no": "v3ry-own"}]})
    assert keys_of_calls_in(runtime) == set()
    with runtime.reading(SYSTEM) as work:
        for (table,) in work.rows(_TABLES[runtime.database.dialect]):
            assert "v3ry" not in str(work.rows(f'SELECT * FROM "{table}"')), table


def keys_of_calls_in(runtime):
    with runtime.reading(SYSTEM) as work:
        return keys_of_calls(work)


def test_messages_tell_no_encrypted_value(root):
    words = {"zh": "号码 {{idno}}", "en": "number {{idno}}"}
    action = {"type": "notify", "to": [{"user": "li"}], "subject": name("s"), "body": words}
    refused = put_all(root, guarded(action)).json()["errors"]
    assert [(each["code"], each["pointer"]) for each in refused] == [
        ("tells_encrypted", "/rules/push/actions/0")
    ]
