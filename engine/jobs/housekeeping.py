"""`housekeeping`: once a day, forget what nobody needs any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.identity import attempts, outside_logins, tokens
from engine.jobs.repository import Job, enqueue
from engine.protocols import JobHandler
from engine.storage import replies
from engine.storage.unit_of_work import UnitOfWork

REPLY_DAYS = 7


class Housekeeping(JobHandler):
    """Ended tokens, failed logins, logins never finished, and old answers under Idempotency-Keys."""

    type = "housekeeping"

    def run(self, work: UnitOfWork, job: Job) -> None:
        tokens.drop_expired(work)
        attempts.drop_old(work)
        outside_logins.drop_old(work)
        replies.drop_older(work, days=REPLY_DAYS)
        arm(work, work.now + timedelta(days=1))


def arm(work: UnitOfWork, due: datetime) -> None:
    """Have it done on that day; once, however many processes ask."""
    enqueue(work, Housekeeping.type, {}, due=due, unique=f"{Housekeeping.type}:{due:%Y-%m-%d}")
