"""Query parameters that an address does not know are refused by every address, before anything is done."""

from __future__ import annotations

import re
from typing import Any

TOLERANT = ("/health", "/health/live", "/auth/oidc/callback", "/apps/{app}/forms/{form}/records:query")
"""Probes may add what keeps answers out of caches; providers add parameters of their own to a callback."""


def test_every_address_refuses_parameters_that_it_does_not_know(
    client: Any, as_user: Any, people: dict[str, Any]
) -> None:
    root = as_user("root")
    silent = []
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        below = path.removeprefix("/api/v1")
        if below in TOLERANT:
            continue
        address = re.sub(r"\{\w+\}", "x", below.replace("{version}", "1"))
        for method in sorted({"get", "post", "put", "patch", "delete"} & methods.keys()):
            answer = root.request(method.upper(), f"{address}?nix=1", json=None if method == "get" else {})
            if answer.json().get("code") != "unknown_parameter":
                silent.append((method, below, answer.status_code, answer.json().get("code")))
    assert silent == [], silent
