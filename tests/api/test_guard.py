"""What the outermost layer refuses before anybody asks the store."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "address",
    [
        "/apps/crm/forms/note/records/a%00b",
        "/apps/crm/forms/note/records?filter=%00",
        "/users?search=%00",
        "/users?search=a%00b&limit=5",
        "/users?%00=1",
        "/health?x=%00",
        "/health/%00",
    ],
)
def test_an_address_with_a_nul_is_refused(client, as_user, people, address):
    headers = {"authorization": f"Bearer {as_user('root').token}", "x-request-id": "r-1"}
    answer = client.get(f"/api/v1{address}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "nul_character")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "r-1"


def test_the_parameter_with_a_nul_is_named(as_user, people):
    answer = as_user("root").get("/users?search=a%00b&limit=5").json()
    assert (answer["code"], answer["pointer"]) == ("nul_character", "/search")


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("br", 415), ("identity", 201), ("", 201)])
def test_bodies_that_are_packed_are_refused(client, as_user, people, encoding, status):
    headers = {"authorization": f"Bearer {as_user('root').token}", "content-encoding": encoding}
    body = b'{"id": "packed", "name": {"zh": "P", "en": "P"}}'
    answer = client.post("/api/v1/users", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 415:
        assert answer.json()["code"] == "unsupported_encoding"


def test_without_a_token_the_refusal_is_the_same_as_ever(client):
    assert client.get("/api/v1/users?search=%00").status_code == 401


@pytest.mark.parametrize("search", ["%2500", "%25", "100%2B", "%E6%9D%8E", "+"])
def test_other_addresses_pass(as_user, people, search):
    assert as_user("root").get(f"/users?search={search}").status_code == 200
