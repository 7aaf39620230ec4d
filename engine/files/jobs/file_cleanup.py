"""The job `file_cleanup`: once an hour, find uploads that came to nothing and files that nothing holds."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from engine.files import repository
from engine.files.opened import incoming_folder
from engine.jobs import Job, enqueue
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork

BATCH = 500
STALE_SECONDS = 24 * 3600


class FileCleanup(JobHandler):
    """Marks what is to go; `file_remove` takes the bytes away."""

    type = "file_cleanup"

    def reach(self, runtime: Runtime, job: Job) -> None:
        """What a process that was killed left half received, on this machine's own clock."""
        oldest = time.time() - STALE_SECONDS
        for path in incoming_folder(runtime.settings).iterdir():
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def run(self, work: UnitOfWork, job: Job) -> None:
        settings = work.runtime.settings
        marked = repository.mark_removable(
            work,
            uploaded_before=work.now - timedelta(hours=settings.file_upload_hours),
            let_go_before=work.now - timedelta(days=settings.file_kept_days),
            limit=BATCH,
        )
        if marked:
            enqueue(work, "file_remove", {"files": marked})
        arm(work, work.now + timedelta(seconds=1) if len(marked) == BATCH else _next_hour(work.now))


def arm(work: UnitOfWork, due: datetime) -> None:
    """Have it done at that moment; once, however many processes ask."""
    enqueue(work, FileCleanup.type, {}, due=due, unique=f"{FileCleanup.type}:{due:%Y-%m-%dT%H:%M:%S}")


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
