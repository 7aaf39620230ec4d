"""The job that forgets the file of an import or export; its row stays, and an import can be taken back still."""

from __future__ import annotations

from datetime import timedelta

from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms.transfers.folder import drop_folder

KEPT_DAYS = 30


class TidyTransfer(JobHandler):
    """Removes the folder of one import or export."""

    type = "tidy_transfer"

    def reach(self, runtime: Runtime, job: Job) -> None:
        drop_folder(runtime, job.payload["transfer"])

    def run(self, work: UnitOfWork, job: Job) -> None:
        """The folder is gone; nothing is left to be stored."""


def arm(work: UnitOfWork, transfer: str) -> None:
    """Have the folder of an import or export removed when nobody fetches it any more."""
    due = work.now + timedelta(days=KEPT_DAYS)
    enqueue(work, TidyTransfer.type, {"transfer": transfer}, due=due)
