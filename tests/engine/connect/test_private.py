"""The setting that lets webhooks reach private addresses is off unless the operator turns it on."""

from __future__ import annotations

import pytest

from engine.identity.principal import SYSTEM
from engine.jobs import enqueue, repository
from engine.jobs.worker import Worker


@pytest.fixture
def settings(sqlite_url, tmp_path):
    from engine.settings import Settings

    return Settings(home=tmp_path, database_url=sqlite_url)


def test_a_private_address_is_a_dead_letter_that_says_why(runtime, http_stub):
    payload = {"url": http_stub.url, "method": "POST", "headers": {}, "body": None}
    with runtime.unit_of_work(SYSTEM) as work:
        made = enqueue(work, "webhook", payload)
    Worker(runtime).run_due()
    with runtime.reading(SYSTEM) as work:
        job = repository.get(work, made)
    assert (job.state, http_stub.requests) == ("dead", [])
    assert "private" in job.error


def test_without_a_mail_server_a_mail_is_a_dead_letter_that_says_why(runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        made = enqueue(work, "mail", {"to": "li@example.com", "subject": "x", "text": "x"})
    Worker(runtime).run_due()
    with runtime.reading(SYSTEM) as work:
        assert "Mail is not set up" in repository.get(work, made).error
