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
PEOPLE = ("li", "root")
"""Who may do less comes first, and finds what the other one removes."""
ROUNDS = ("sqlite", "postgresql")
"""Each database gets other requests."""


class Named:
    """The client in the name of one person."""

    def __init__(self, client: Any, token: str) -> None:
        self._client, self.base_url, self._token = client, client.base_url, token

    def request(self, *, headers: dict[str, str], **asked: Any) -> Any:
        named = {**headers, "authorization": f"Bearer {self._token}"}
        return self._client.request(**asked, headers=named)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_random_requests_bring_no_surprise(
    runtime: Any, client: Any, as_user: AsUser, database_name: str
) -> None:
    publish_crm(runtime)
    root = as_user("root")
    fill(runtime, root)
    document = enriched(client.get("/openapi.json").json(), lambda path: root.get(path).json(), FORMS)
    found = operations(document)
    client.event_hooks["response"].clear()  # what this run finds wrong is told all at once
    tried = Tried()
    people: list[Any] = [Named(client, as_user(user).token) for user in PEOPLE]
    try_all(people, found, tried, examples=1, round_=ROUNDS.index(database_name))
    assert tried.wrong == {}
    assert tried.count > len(found) * len(PEOPLE), tried.unmade
