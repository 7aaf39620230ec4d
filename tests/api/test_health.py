"""Health and the front page."""

from __future__ import annotations


def test_ready_names_the_database(client, runtime):
    answer = client.get("/api/v1/health")
    assert answer.status_code == 200
    assert answer.json()["database"] == runtime.database.dialect


def test_front_page_says_where_to_look(client):
    assert client.get("/").json()["openapi"] == "/openapi.json"
    assert client.get("/api/v1/health/live").json() == {"status": "ok"}


def test_openapi_names_every_route(client):
    document = client.get("/openapi.json").json()
    assert "/api/v1/auth/login" in document["paths"]
    assert all(
        operation.get("description") or operation.get("summary")
        for path in document["paths"].values()
        for operation in path.values()
    )
