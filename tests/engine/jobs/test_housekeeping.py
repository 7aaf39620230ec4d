"""The daily housekeeping."""

from __future__ import annotations

import sqlalchemy as sa

from engine.identity.principal import SYSTEM, Principal
from engine.identity.sessions import open_session
from engine.identity.tables import token
from engine.jobs.housekeeping import arm
from engine.jobs.worker import Worker
from engine.storage import replies
from engine.storage.tables import idempotency


def count(runtime, table):
    with runtime.reading(SYSTEM) as work:
        return work.connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_old_tokens_and_answers_go_and_the_next_day_is_armed(runtime, people, clock):
    with runtime.unit_of_work(Principal(user="li")) as work:
        open_session(work, "li")
        replies.claim(work, "click-1", "digest")
        arm(work, work.now)
        arm(work, work.now)
    worker = Worker(runtime)
    assert worker.run_due() == 1
    assert (count(runtime, token), count(runtime, idempotency)) == (1, 1)
    for _ in range(8):
        clock.advance(days=1)
        assert worker.run_due() == 1
    assert (count(runtime, token), count(runtime, idempotency)) == (0, 0)
