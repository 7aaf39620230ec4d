"""A short, always equal run of random requests against the CRM: no surprise, no answer nobody announced.

`make api-fuzz MINUTES=10` does the same for longer, against a running server.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.fuzz.known import enriched
from tests.api.fuzz.trying import Tried, operations, try_all
from tests.scenarios.fixture import fill, publish_crm
from tests.support.client import AsUser

FORMS = ("customer", "quote")
PEOPLE = ("root", "li")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_random_requests_bring_no_surprise(runtime: Any, client: Any, as_user: AsUser) -> None:
    publish_crm(runtime)
    root = as_user("root")
    fill(runtime, root)
    document = enriched(client.get("/openapi.json").json(), lambda path: root.get(path).json(), FORMS)
    found = operations(document)
    client.event_hooks["response"].clear()  # what this run finds wrong is told all at once
    tried = Tried()
    for round_, user in enumerate(PEOPLE):
        client.headers["authorization"] = f"Bearer {as_user(user).token}"
        try_all(client, found, tried, examples=1, round_=round_)
    assert tried.wrong == {}
    assert tried.count > len(found) * len(PEOPLE), tried.unmade
