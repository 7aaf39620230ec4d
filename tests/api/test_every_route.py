"""What holds for all addresses of the API alike."""

from __future__ import annotations

import re

OPEN = {
    "/api/v1/health",
    "/api/v1/health/live",
    "/api/v1/auth/login",
    "/api/v1/auth/password:forgotten",
    "/api/v1/auth/password:reset",
    "/api/v1/auth/oidc",
    "/api/v1/auth/oidc/login",
    "/api/v1/auth/oidc/callback",
    "/api/v1/public/forms/{token}",  # the token in the address is the right
    "/api/v1/public/forms/{token}/files",
}


def test_every_route_asks_who_you_are(client, people):
    paths = client.get("/openapi.json").json()["paths"]
    assert len(paths) > 40
    for path, operations in paths.items():
        if path in OPEN:
            continue
        for method in operations:
            address = re.sub(r"\{\w+\}", "x", path)
            answer = client.request(method, address, json={} if method in {"post", "put", "patch"} else None)
            assert (method, path, answer.status_code) == (method, path, 401)
            assert answer.json()["code"] == "not_authenticated"


def test_no_page_loads_scripts_from_outside(client):
    for path in ("/docs", "/redoc"):
        assert client.get(path).status_code == 404
