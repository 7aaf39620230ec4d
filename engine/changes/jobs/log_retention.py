"""The job `log_retention`: once a day, drop what the settings no longer keep of the log."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.changes.retention import PORTION, drop_older
from engine.changes.streams import DONE, READS, Stream
from engine.jobs import Job, enqueue
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork


class LogRetention(JobHandler):
    """Drops old blocks, a portion at a time."""

    type = "log_retention"

    def run(self, work: UnitOfWork, job: Job) -> None:
        settings = work.runtime.settings
        more = False
        for stream, days in ((READS, settings.reads_kept_days), *_each(settings.log_kept_days)):
            if days:
                more |= drop_older(work, stream, work.now - timedelta(days=days)) == PORTION
        arm(work, work.now + timedelta(seconds=1) if more else _tomorrow(work.now))


def _each(days: int) -> list[tuple[Stream, int]]:
    return [(stream, days) for stream in DONE]


def _tomorrow(now: datetime) -> datetime:
    # the same moment for every process, so that restarts make no second row of jobs
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def arm(work: UnitOfWork, due: datetime) -> None:
    """Have it done at that moment; once, however many processes ask."""
    enqueue(work, LogRetention.type, {}, due=due, unique=f"{LogRetention.type}:{due:%Y-%m-%dT%H:%M:%S}")
